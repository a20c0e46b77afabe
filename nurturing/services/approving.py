"""Mail to many: above the limit of the settings it waits for a yes, which holds for that content and number."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.approvals import services as approvals
from leadflow.approvals.models import Approval
from leadflow.errors import Conflict
from leadflow.kit import clock, figures
from leadflow.models import Organisation, Origin
from leadflow.people.access import allowed
from leadflow.people.models import User
from leadflow.rulesets.models import RuleVersion
from leadflow.rulesets.services import digest
from nurturing.models import Broadcast, MailPolicy, Sequence


@dataclass(frozen=True)
class Asked:
    """What somebody wants to send: the record, the hash of what it says, to how many."""

    reference: str
    content: str
    people: int
    name: str
    url: str


@dataclass(frozen=True)
class Standing:
    """Where the yes stands for it; no `limit` means that none is needed, whoever it goes to."""

    asked: Asked
    limit: int | None
    approver: User | None
    last: Approval | None
    at: datetime
    is_free: bool = False  # she may say yes to herself

    @property
    def is_over(self) -> bool:
        """Whether so many need a yes."""
        return self.limit is not None and self.asked.people > self.limit and not self.is_free

    @property
    def is_same(self) -> bool:
        """Whether the last request was about this content."""
        return self.last is not None and self.last.content == self.asked.content

    @property
    def approved(self) -> Approval | None:
        """The yes that covers it: to this content, and to as many people or more."""
        one = self.last
        if one is None or not self.is_same or one.state != Approval.State.APPROVED:
            return None
        return one if one.amount >= self.asked.people else None

    @property
    def waiting(self) -> Approval | None:
        """A request for exactly this that nobody decided yet."""
        one = self.last
        if one is None or not self.is_same or one.amount < self.asked.people:
            return None
        return one if one.state == Approval.State.ASKED and one.expires_at > self.at else None

    @property
    def refused(self) -> Approval | None:
        """The no to exactly this."""
        one = self.last
        refused = one is not None and self.is_same and one.state == Approval.State.REFUSED
        return one if refused else None

    @property
    def is_open(self) -> bool:
        """Whether it may go."""
        return not self.is_over or self.approved is not None


def of_sequence(sequence: Sequence, version: RuleVersion, people: int) -> Asked:
    """Letting so many in who match already, by this version."""
    url = f"{sequence.get_absolute_url()}check/"
    return Asked(f"sequence:{sequence.pk}", version.hash, people, sequence.name, url)


def of_broadcast(broadcast: Broadcast, programs: dict[str, Any], people: int) -> Asked:
    """Sending a broadcast with these words to so many."""
    said: dict[str, Any] = {
        "programs": programs,
        "sender": broadcast.sender_id,
        "offer": broadcast.offer_id,
        "include": sorted(broadcast.include.values_list("pk", flat=True)),
        "exclude": sorted(broadcast.exclude.values_list("pk", flat=True)),
        "when": [
            broadcast.timing,
            str(broadcast.send_on),
            str(broadcast.send_time),
            broadcast.zone,
        ],
        "purpose": broadcast.purpose,
    }
    if broadcast.is_tested:
        said["subjects"] = [one["program"] for one in broadcast.other_subjects]
        said["test"] = [broadcast.sample_share, broadcast.decide_by, broadcast.decide_after]
    url = f"{broadcast.get_absolute_url()}review/"
    return Asked(f"broadcast:{broadcast.pk}", digest(said), people, broadcast.name, url)


def standing(asked: Asked, *, by: User | None, at: datetime | None = None) -> Standing:
    """Where the yes stands."""
    policy = MailPolicy.current()
    rows = Approval.objects.filter(kind=Approval.Kind.SEND, reference=asked.reference)
    last = (
        rows.select_related("asked_by", "decided_by", "decider")
        .order_by("-asked_at", "-pk")
        .first()
    )
    return Standing(
        asked, policy.free_send, policy.approver, last, at or clock.now(), is_free=_is_free(by, policy)
    )  # fmt: skip


def _is_free(by: User | None, policy: MailPolicy) -> bool:
    """Whether she would only ask herself, and the organisation lets her decide that."""
    if by is None or not Organisation.current().approves_own:
        return False
    decides = allowed(by, "approval.decide")
    return decides and (by.is_admin or policy.approver_id in (None, by.pk))


def may_decide_alone(by: User | None) -> bool:
    """Whether she needs to ask nobody."""
    return _is_free(by, MailPolicy.current())


def refuse_unapproved(asked: Asked, *, by: User | None, at: datetime | None = None) -> None:
    """Raise Conflict where more people would get it than the limit, or than anybody approved."""
    one = standing(asked, by=by, at=at)
    if not one.is_open:
        told = {"n": figures.whole(asked.people), "limit": figures.whole(one.limit or 0)}
        sentence = _("%(n)s people are more than %(limit)s: it needs approval. Ask for it first.")
        raise Conflict(sentence % told)


@transaction.atomic
def ask(
    asked: Asked,
    *,
    by: User,
    reason: str = "",
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Approval:
    """Ask for the yes. Raises Conflict where none is needed, or where exactly this waits already."""
    one = standing(asked, by=by, at=at)
    if one.is_open or one.limit is None:
        raise Conflict(_("This needs no approval."))
    if one.waiting is not None:
        raise Conflict(_("It was asked for already."))
    n = figures.whole(asked.people, Organisation.current().number_format)
    return approvals.ask(
        kind=Approval.Kind.SEND,
        reference=asked.reference,
        url=asked.url,
        sentence=_("“%(name)s” to %(n)s people") % {"name": asked.name, "n": n},
        amount=Decimal(asked.people),
        limit=Decimal(one.limit),
        owner=None,
        team=None,
        by=by,
        reason=reason,
        content=asked.content,
        decider=one.approver,
        at=at,
        origin=origin,
    )
