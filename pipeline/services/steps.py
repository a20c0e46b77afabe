"""The next step and the last touch of a deal, kept on it because boards sort and warn by them."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from leadflow.models import Activity, Note
from pipeline.models import Deal
from pipeline.services.deals.locking import raise_boards


def deals_of(refs: Iterable[str], lead_ids: Iterable[int]) -> set[int]:
    """The open deals that work on these refs ("deal:12") or with these people is about."""
    ids = {int(ref.removeprefix("deal:")) for ref in refs if ref.startswith("deal:")}
    found = Deal.objects.living().open().filter(Q(pk__in=ids) | Q(lead__in=set(lead_ids)))
    return set(found.values_list("pk", flat=True))


@transaction.atomic(savepoint=False)
def refresh(deal_ids: Iterable[int]) -> int:
    """Read next step and last touch of these deals anew; returns how many differed."""
    ids = set(deal_ids)
    boards = set(Deal.objects.filter(pk__in=ids).values_list("pipeline_id", flat=True))
    raise_boards(boards)
    deals = list(Deal.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
    steps, touches = _next_steps(deals), _last_touches(deals)
    changed = []
    for deal in deals:
        due, kind = steps.get(deal.pk, (None, ""))
        touched = touches.get(deal.pk)
        if (due, kind, touched) != (deal.next_step_at, deal.next_step_kind, deal.last_touch_at):
            deal.next_step_at, deal.next_step_kind, deal.last_touch_at = due, kind, touched
            changed.append(deal)
    Deal.objects.bulk_update(changed, ["next_step_at", "next_step_kind", "last_touch_at"])
    return len(changed)


def _about(deals: list[Deal]) -> Q:
    leads = [deal.lead_id for deal in deals if deal.lead_id]
    return Q(subject_ref__in=[deal.ref for deal in deals]) | Q(lead__in=leads, subject_ref="")


def _of(deal: Deal, ref: str, lead_id: int | None) -> bool:
    return ref == deal.ref or (not ref and lead_id is not None and lead_id == deal.lead_id)


def _next_steps(deals: list[Deal]) -> dict[int, tuple[datetime | None, str]]:
    rows = (
        Activity.objects.open()
        .filter(_about(deals), due_at__isnull=False)
        .order_by("-due_at")
        .values_list("subject_ref", "lead_id", "due_at", "kind")
    )
    found: dict[int, tuple[datetime | None, str]] = {}
    for ref, lead_id, due_at, kind in rows:
        found |= {deal.pk: (due_at, kind) for deal in deals if _of(deal, ref, lead_id)}
    return found


def _last_touches(deals: list[Deal]) -> dict[int, datetime]:
    """Calls, mails and meetings that took place, and notes that a person wrote."""
    about = _about(deals)
    done = Activity.objects.filter(about, done_at__isnull=False).exclude(kind=Activity.Kind.TODO)
    notes = Note.objects.filter(about, by__isnull=False)
    rows = [
        *done.order_by("done_at").values_list("subject_ref", "lead_id", "done_at"),
        *notes.order_by("created_at").values_list("subject_ref", "lead_id", "created_at"),
    ]
    found: dict[int, datetime] = {}
    for ref, lead_id, at in rows:
        for deal in deals:
            if _of(deal, ref, lead_id) and at:
                found[deal.pk] = max(found.get(deal.pk, at), at)
    return found
