"""Pausing the walk of a person by hand, and letting it go on."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from leadflow.events.kinds import Kind
from leadflow.kit import clock
from leadflow.mail import services as mail
from leadflow.people.models import User
from nurturing import rules
from nurturing.models import Enrolment, StepDone
from nurturing.services import paused_mail
from nurturing.services.enrolment import tell

State = Enrolment.State
_WAITS = ("wait", "wait_until")


@transaction.atomic
def pause_many(
    *,
    enrolments: Iterable[Enrolment],
    by: User | None,
    reason: str = "",
    at: datetime | None = None,
) -> int:
    """Let these people rest where they are; how many were on their way. A mail that waits in the ledger
    is taken out of it and asked for again when they go on; one that was tried already waits in it."""
    at = at or clock.now()
    rows = _locked(enrolments, rows=Enrolment.objects.moving())
    for row in rows:
        _take_back(row, at)
        row.state = State.PAUSED
    fields = ["state", "step", "due_at", "retraces"]
    Enrolment.objects.bulk_update(rows, fields, batch_size=1_000)
    paused_mail.hold_walks(rows)
    tell(Kind.ENROLMENT_PAUSED, rows, by, at, reason[:200])
    return len(rows)


@transaction.atomic
def resume_many(
    *, enrolments: Iterable[Enrolment], by: User | None, at: datetime | None = None
) -> int:
    """Let them go on; how many were paused. A wait that is over by now is over."""
    at = at or clock.now()
    rows = _locked(enrolments, rows=Enrolment.objects.filter(state=State.PAUSED))
    for row in rows:
        row.due_at = max(row.due_at or at, at)
        row.state = State.WAITING if row.due_at > at else State.ACTIVE
    Enrolment.objects.bulk_update(rows, ["state", "due_at"], batch_size=1_000)
    paused_mail.go_on([row.key_start for row in rows], at=at)
    tell(Kind.ENROLMENT_RESUMED, rows, by, at, "")
    return len(rows)


def _locked(enrolments: Iterable[Enrolment], *, rows: QuerySet[Enrolment]) -> list[Enrolment]:
    found = rows.select_for_update(of=("self",)).filter(pk__in=[one.pk for one in enrolments])
    return list(found.select_related("sequence", "version").order_by("pk"))


def _take_back(row: Enrolment, at: datetime) -> None:
    """Put her back to the first mail of hers that nobody has tried to send yet; waits behind it begin
    anew, whatever else was done stays done."""
    held = mail.hold_untried(key_start=f"{row.key_start}:step:")
    first = StepDone.objects.filter(enrolment=row, delivery__in=held).order_by("id").first()
    if first is None:
        return
    steps = rules.all_steps(row.document["steps"])
    waits = [str(step["id"]) for step in steps if step["type"] in _WAITS]
    since = StepDone.objects.filter(enrolment=row, pk__gte=first.pk)
    since.filter(delivery__in=held).delete()
    since.filter(step__in=waits).delete()
    mail.forget_untried(held)
    row.step, row.due_at, row.retraces = first.step, at, True
