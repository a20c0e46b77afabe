"""Asking for a yes, and giving or refusing it."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from leadflow.approvals.models import Approval
from leadflow.errors import Conflict, Invalid, NotAllowed
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock, text
from leadflow.models import Organisation, Origin
from leadflow.notifications.models import Notice
from leadflow.notifications.services import Told, tell, tell_many
from leadflow.people.access import reaches
from leadflow.people.models import Role, Team, User

WAITS = timedelta(days=14)
TWICE = timedelta(minutes=2)  # the same within it is one click too many


@transaction.atomic
def ask(
    *,
    kind: Approval.Kind,
    reference: str,
    url: str,
    sentence: str,
    amount: Decimal,
    limit: Decimal,
    owner: User | None,
    team: Team | None,
    by: User,
    reason: str = "",
    content: str = "",
    decider: User | None = None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Approval:
    """Ask for a yes; whoever may give it is told. What waits already is given back as it is now asked.

    `content` is the hash of what it is about, where a yes holds for that alone; `decider` the one who is
    to decide, where it is somebody in particular (an admin may always).
    """
    at = at or clock.now()
    asked = {
        "url": url, "sentence": text.truncate(text.one_line(sentence), 300), "amount": amount,
        "limit": limit, "reason": text.clean(reason).strip()[:2000], "asked_by": by,
        "owner": owner, "team": team, "asked_at": at, "expires_at": at + WAITS, "origin": origin,
        "content": content, "decider": decider,
    }  # fmt: skip
    waiting = Approval.objects.select_for_update().filter(
        kind=kind, reference=reference, state=Approval.State.ASKED
    )
    row, _made = waiting.update_or_create(
        defaults=asked, kind=kind, reference=reference, state=Approval.State.ASKED
    )
    people = User.objects.active().filter(role__in=[Role.ADMIN, Role.MANAGER])
    deciders = [user for user in people if may_decide(row, user)]
    tell_many([_asked(row, user) for user in deciders])
    return row


@transaction.atomic
def restate(
    *, kind: Approval.Kind, reference: str, sentence: str, amount: Decimal, at: datetime
) -> Approval | None:
    """Say of what waits that it is about another amount by now; nobody is told again. None where nothing
    waits."""
    rows = Approval.objects.select_for_update().waiting(at)
    row = rows.filter(kind=kind, reference=reference).first()
    if row is None:
        return None
    row.sentence, row.amount = text.truncate(text.one_line(sentence), 300), amount
    row.save(update_fields=["sentence", "amount"])
    return row


def withdraw(reference: str, *, at: datetime) -> int:
    """Nobody needs it any more: what waits for this record runs out now; how many."""
    waiting = Approval.objects.filter(reference=reference, state=Approval.State.ASKED)
    return waiting.filter(expires_at__gt=at).update(expires_at=at)


def _asked(row: Approval, user: User) -> Told:
    return Told(
        user=user,
        key=f"approval:{row.pk}:{row.asked_at.timestamp():.0f}",
        kind=Notice.APPROVAL,
        sentence=row.sentence,
        url=f"/approvals/{row.pk}/",
        at=row.asked_at,
        origin=row.origin,
    )


def may_decide(row: Approval, user: User) -> bool:
    """Whether she may say yes: her role reaches the record, and she does not ask herself, unless
    the organisation lets her."""
    if not reaches(user, "approval.decide", row):
        return False
    if row.decider_id not in (None, user.pk) and not user.is_admin:
        return False
    return row.asked_by_id != user.pk or Organisation.current().approves_own


@transaction.atomic
def decide(
    approval: Approval,
    *,
    is_approved: bool,
    words: str = "",
    by: User,
    at: datetime | None = None,
) -> Approval:
    """Say yes or no; whoever asked is told. Records `approval.decided`. Saying the same again is nothing.

    Raises NotAllowed for one's own request, Conflict for what is decided or has run out, Invalid for a no
    without a reason.
    """
    at = at or clock.now()
    row = Approval.objects.select_for_update(of=("self",)).get(pk=approval.pk)
    if not may_decide(row, by):
        raise NotAllowed(_("Somebody else has to decide what you asked for."))
    wanted = Approval.State.APPROVED if is_approved else Approval.State.REFUSED
    if row.state == wanted and row.decided_by_id == by.pk:
        return row  # a second click
    if row.state != Approval.State.ASKED:
        raise Conflict(_("This was decided already."))
    if row.expires_at <= at:
        raise Conflict(_("This request has run out. Whoever needs it asks again."))
    if not is_approved and not words.strip():
        raise Invalid(_("Say why not."), {"words": [_("Say why not.")]})
    row.state = wanted
    row.decided_by, row.decided_at, row.words = by, at, text.clean(words).strip()[:2000]
    row.save(update_fields=["state", "decided_by", "decided_at", "words"])
    data = {
        "approval": row.pk, "kind": row.kind, "reference": row.reference, "title": row.sentence,
        "state": row.state, "reason": row.words[:200],
    }  # fmt: skip
    record(Kind.APPROVAL_DECIDED, by=by, subject=row, data=data, at=at, origin=row.origin)
    _answer(row)
    return row


def _answer(row: Approval) -> None:
    is_yes = row.state == Approval.State.APPROVED
    with override(row.asked_by.language):
        sentence = _("Approved: %s") if is_yes else _("Refused: %s")
        told = sentence % row.sentence
    tell(
        row.asked_by,
        f"approval:{row.pk}:{row.state}",
        kind=Notice.APPROVAL,
        sentence=f"{told} ({row.words})" if row.words else told,
        url=row.url,
        at=row.decided_at,
        origin=row.origin,
    )
