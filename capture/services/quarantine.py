"""What was set aside before it became a lead: back into the flow, or away for good."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from capture.models import Submission, SubmissionQuerySet, VisitorPolicy
from capture.services import submissions
from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.people.models import User

BATCH = 500


def restore_many(rows: SubmissionQuerySet, *, ids: Sequence[int], by: User | None) -> int:
    """Make leads of answers that were set aside by mistake; returns how many it did.

    Each stands for itself: one that fails waits like any other answer and is listed as such.
    """
    done = 0
    for pk in sorted(set(ids)):
        with transaction.atomic():
            held = rows.filter(state=Submission.State.QUARANTINED)
            row = held.select_for_update(of=("self",)).filter(pk=pk).first()
            if row is None:
                continue
            _note(Kind.SUBMISSION_RESTORED, [row], by)
            done += submissions.reprocess(submission=row, by=by).state == Submission.State.PROCESSED
    return done


@transaction.atomic
def delete_many(rows: SubmissionQuerySet, *, ids: Sequence[int], by: User | None) -> int:
    """Delete answers that are what they were taken for; returns how many went."""
    held = rows.filter(state=Submission.State.QUARANTINED, pk__in=list(ids))
    found = list(held.select_for_update(of=("self",)))
    if not found:
        raise Conflict(_("Nothing of this is in the quarantine any more."))
    _delete(found, by)
    return len(found)


def expire(at: datetime | None = None) -> int:
    """Delete what nobody restored in the days that the policy gives; the tick does it."""
    at = at or clock.now()
    before = at - timedelta(days=VisitorPolicy.current().quarantine_days)
    with transaction.atomic():
        old = Submission.objects.filter(
            state=Submission.State.QUARANTINED, received_at__lt=before, lead=None
        )
        found = list(old.order_by("received_at").select_for_update(skip_locked=True)[:BATCH])
        if found:
            _delete(found, None)
    return len(found)


def _delete(found: list[Submission], by: User | None) -> None:
    _note(Kind.SUBMISSION_DELETED, found, by)
    Submission.objects.filter(pk__in=[row.pk for row in found]).delete()


def _note(kind: Kind, found: Sequence[Submission], by: User | None) -> None:
    """On record: which form, how many, why they were held; nothing of what they said."""
    forms = {row.form_id: row.form for row in found}
    for pk, form in forms.items():
        held = [row for row in found if row.form_id == pk]
        reasons = sorted({reason for row in held for reason in row.reason.split(",") if reason})
        data = {"name": form.name, "count": len(held), "reasons": reasons}
        record(kind, by=by, subject=form, data=data)
