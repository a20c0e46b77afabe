"""How many may enter a sequence by themselves: more than the limit of the settings within a day wait for a yes.

By themselves come those of a form, a segment, an automation, and whom somebody puts in by hand. A yes adds
its number to what may enter that day. Who waits stands under the sequence with that reason (a `Refusal`);
nobody is lost, and whoever decides sees the people. Letters of owners are no mail to many.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from leadflow.approvals import services as approvals
from leadflow.approvals.models import Approval
from leadflow.kit import figures
from leadflow.models import Organisation, Origin
from leadflow.people.models import Role, User
from leadflow.rulesets.models import RuleVersion
from leadflow.runs.models import Run
from nurturing.models import Enrolment, MailPolicy, Reason, Refusal, Sequence
from nurturing.services import documents
from nurturing.services.eligibility import Verdict

WINDOW = timedelta(hours=24)
PUBLISHING = (
    "publishing"  # the cause of those who are let in with a publishing, by a yes of its own
)
KIND = "sequence-admit"  # the run that lets people in after a yes
LEFT = "left"  # in its result: how many it did not come to, as the sequence was paused
_TAIL = ":entries"


def reference_of(sequence: Sequence) -> str:
    """What the request for a yes is about."""
    return f"sequence:{sequence.pk}{_TAIL}"


def named_by(reference: str) -> int | None:
    """The sequence of such a request; None where it is about something else."""
    kind, _colon, rest = reference.partition(":")
    told = rest.removesuffix(_TAIL)
    if kind != "sequence" or not rest.endswith(_TAIL) or not told.isdigit():
        return None
    return int(told)


def room(sequence: Sequence, version: RuleVersion, at: datetime) -> int | None:
    """How many more may enter by themselves now; None where so many need nobody's yes."""
    limit = MailPolicy.current().free_send
    if limit is None or documents.is_sales(version.document):
        return None
    entered = Enrolment.objects.filter(sequence=sequence, enrolled_at__gt=at - WINDOW)
    entered = entered.exclude(cause=PUBLISHING).exclude(state=Enrolment.State.HELD_BACK)
    given = Approval.objects.approved().filter(
        reference=reference_of(sequence), decided_at__gt=at - WINDOW
    )
    allowed = limit + int(given.aggregate(n=Sum("amount"))["n"] or 0)
    return max(allowed - entered.count(), 0)


def one_at_a_time(sequence: Sequence) -> None:
    """Whoever lets people in where a limit holds waits for whoever does so now: two at once would both find
    the same room. Taken before any lead is locked, so that nobody waits for somebody who waits for them."""
    if MailPolicy.current().free_send is not None:
        with connection.cursor() as cursor:
            name = f"leadflow.nurturing.entries.{sequence.pk}"
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])


def over(sequence: Sequence, version: RuleVersion, verdict: Verdict, at: datetime) -> set[int]:
    """Those who could enter and are more than may: the last by their ids. Who is held back gets no mail."""
    left = room(sequence, version, at)
    if left is None:
        return set()
    return set(sorted(set(verdict.runs) - verdict.held)[left:])


def waiting(sequence: Sequence) -> QuerySet[Refusal]:
    """Who waits for a yes, the longest first."""
    return Refusal.objects.filter(sequence=sequence, reason=Reason.AWAITS).order_by("at", "id")


def no_longer_wait(sequence: Sequence, lead_ids: Collection[int]) -> None:
    """These entered after all."""
    waiting(sequence).filter(lead__in=lead_ids).delete()


def key_of(sequence: Sequence) -> str:
    """What the run that lets people in is called, so that there is one at a time."""
    return f"{KIND}:{sequence.pk}"


def left_by_pause(sequence: Sequence) -> int:
    """How many have the yes, and wait for the sequence to go on."""
    newest = Run.objects.filter(key=key_of(sequence)).order_by("-pk").first()
    return int(newest.result.get(LEFT, 0)) if newest and newest.state == Run.State.DONE else 0


def refuse(sequence: Sequence) -> int:
    """The answer was no: whoever waits does not enter, and that is why; how many."""
    return waiting(sequence).update(reason=Reason.NOT_APPROVED)


@dataclass(frozen=True)
class Asked:
    """How a sequence stands with those who wait: how many, the request that is open, if one is, and how
    many of them have the yes already and wait for the sequence to go on."""

    people: int
    limit: int | None
    request: Approval | None
    let_in_later: int


def standing(sequence: Sequence, at: datetime) -> Asked:
    """Who waits, and for whose answer."""
    rows = Approval.objects.waiting(at).filter(reference=reference_of(sequence))
    request = rows.select_related("decider").first()
    limit = MailPolicy.current().free_send
    return Asked(waiting(sequence).count(), limit, request, left_by_pause(sequence))


def ask(
    sequence: Sequence,
    version: RuleVersion,
    *,
    by: User | None,
    at: datetime,
    origin: str = Origin.LIVE,
) -> Approval | None:
    """Ask for the yes to let those in who wait, in the name of whoever put them in, published the sequence
    or owns it. A request that is open is told the new number, and nobody is told twice. None where there
    is nobody in whose name to ask."""
    policy, people = MailPolicy.current(), waiting(sequence).count()
    asker = by or version.published_by or sequence.owner or sequence.created_by or _an_admin()
    if policy.free_send is None or not people or asker is None:
        return None
    told = {"name": sequence.name, "n": figures.whole(people, Organisation.current().number_format)}
    sentence = _("“%(name)s”: %(n)s more people than go free want to enter") % told
    kind, reference, amount = Approval.Kind.SEND, reference_of(sequence), Decimal(people)
    known = approvals.restate(
        kind=kind, reference=reference, sentence=sentence, amount=amount, at=at
    )
    if known is not None:
        return known
    return approvals.ask(
        kind=kind, reference=reference, url=f"{sequence.get_absolute_url()}people/?view=waiting",
        sentence=sentence, amount=amount, limit=Decimal(policy.free_send), owner=None, team=None,
        by=asker, reason=_("They came by themselves: by a form, a segment, an automation or by hand."),
        content=version.hash, decider=policy.approver, at=at, origin=origin,
    )  # fmt: skip


def _an_admin() -> User | None:
    found: User | None = User.objects.active().filter(role=Role.ADMIN).order_by("pk").first()
    return found
