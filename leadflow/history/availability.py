"""Who takes new leads, now and then."""

from collections.abc import Iterable
from datetime import datetime

from leadflow.history.models import Availability
from leadflow.kit import clock
from leadflow.people.models import User


def change(
    user: User,
    *,
    is_available: bool,
    by: User | None,
    capacity: int | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> Availability:
    """From `at` on the person takes new leads, or does not."""
    return Availability.objects.create(
        user=user,
        is_available=is_available,
        capacity=capacity,
        reason=reason,
        since=at or clock.now(),
        by_id=by.pk if by else None,
    )


def away(user_ids: Iterable[int], at: datetime | None = None) -> set[int]:
    """Those of these people who take no new leads at `at`."""
    rows = Availability.objects.filter(user_id__in=list(user_ids)).at(at or clock.now())
    return {row.user_id for row in rows if not row.is_available}


def capacities(user_ids: Iterable[int], at: datetime | None = None) -> dict[int, int]:
    """How many open leads each may hold at `at`; who is missing has no limit."""
    rows = Availability.objects.filter(user_id__in=list(user_ids)).at(at or clock.now())
    return {row.user_id: row.capacity for row in rows if row.capacity is not None}
