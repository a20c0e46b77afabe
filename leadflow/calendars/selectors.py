"""Whose hours count: a person's own, else the organisation's."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from leadflow.calendars.hours import Hours
from leadflow.calendars.models import Holiday, Leave, WorkingHours
from leadflow.models import Organisation
from leadflow.people.models import User


def organisation_hours() -> Hours:
    """The opening hours of the organisation, its holidays taken out."""
    organisation = Organisation.current()
    closed = frozenset(Holiday.objects.values_list("on", flat=True))
    return Hours(organisation.working_hours, organisation.time_zone, closed)


def hours_of(users: Iterable[User], *, at: datetime) -> dict[int, Hours]:
    """The hours of each user by id, with holidays and her leave of the coming weeks taken out."""
    people = list(users)
    office = organisation_hours()
    own = {row.user_id: row for row in WorkingHours.objects.filter(user__in=people)}
    away = _days_away(people, at)
    return {user.pk: _hours(user, own.get(user.pk), office, away[user.pk]) for user in people}


def _hours(user: User, own: WorkingHours | None, office: Hours, away: set[date]) -> Hours:
    week = own.week if own else office.week
    zone = (own.time_zone if own else "") or user.time_zone or office.zone
    return Hours(week, zone, office.closed | away)


def _days_away(people: list[User], at: datetime) -> dict[int, set[date]]:
    first, last = at.date() - timedelta(days=2), at.date() + timedelta(days=60)
    days: dict[int, set[date]] = defaultdict(set)
    for leave in Leave.objects.filter(user__in=people, ends_on__gte=first, starts_on__lte=last):
        span = (min(leave.ends_on, last) - max(leave.starts_on, first)).days + 1
        days[leave.user_id] |= {
            max(leave.starts_on, first) + timedelta(days=n) for n in range(span)
        }
    return days
