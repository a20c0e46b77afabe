"""Whose hours count (a person's own, else the organisation's), and when she can be met in them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils.timezone import localtime

from leadflow.calendars.hours import Hours
from leadflow.calendars.models import Booking, Holiday, Leave, MeetingType, WorkingHours
from leadflow.calendars.slots import Span, Terms, free
from leadflow.history import availability
from leadflow.kit import clock
from leadflow.kit.remembering import remembered
from leadflow.models import Activity, Organisation
from leadflow.people.models import User


@remembered
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


def own_week(user: User) -> list[list[str]] | None:
    """The weekly hours that a person set for herself; None where the organisation's count."""
    return WorkingHours.objects.filter(user=user).values_list("week", flat=True).first()


def _hours(user: User, own: WorkingHours | None, office: Hours, away: set[date]) -> Hours:
    week = own.week if own else office.week
    zone = (own.time_zone if own else "") or user.time_zone or office.zone
    return Hours(week, zone, office.closed | away)


def _days_away(people: list[User], at: datetime) -> dict[int, set[date]]:
    first, last = at.date() - timedelta(days=2), at.date() + timedelta(days=62)
    days: dict[int, set[date]] = defaultdict(set)
    for leave in Leave.objects.filter(user__in=people, ends_on__gte=first, starts_on__lte=last):
        span = (min(leave.ends_on, last) - max(leave.starts_on, first)).days + 1
        days[leave.user_id] |= {
            max(leave.starts_on, first) + timedelta(days=n) for n in range(span)
        }
    return days


def not_made_up(at: datetime) -> QuerySet[Booking]:
    """Meetings to which the visitor did not come, and that nobody booked anew."""
    anew = Booking.objects.filter(
        lead=OuterRef("lead"), starts_at__gt=OuterRef("starts_at"), state=Booking.State.BOOKED
    )
    missed = Booking.objects.filter(state=Booking.State.MISSED, starts_at__lt=at)
    return missed.exclude(Exists(anew))


# --- what can be booked ------------------------------------------------------------------------

WITH_OTHERS = (
    Activity.Kind.CALL, Activity.Kind.MEETING, Activity.Kind.DEMO, Activity.Kind.DISCOVERY,
)  # fmt: skip
_USUAL = timedelta(minutes=30)  # how long an activity takes of which nobody said
_LONGEST = timedelta(hours=24)
FAIR_DAYS = 30
NEAR = timedelta(days=14)


def terms_of(meeting: MeetingType) -> Terms:
    """Its settings as the arithmetic of slots takes them."""
    return Terms(
        length=meeting.length,
        step=timedelta(minutes=meeting.step),
        before=timedelta(minutes=meeting.before),
        after=timedelta(minutes=meeting.after),
        notice=timedelta(hours=meeting.notice_hours),
        ahead=timedelta(days=meeting.days_ahead),
        per_day=meeting.per_day,
    )


def bookable(slug: str) -> MeetingType | None:
    """The meeting type whose page visitors may open."""
    return MeetingType.objects.open_to_visitors().filter(slug=slug).first()


def hosts_of(meeting: MeetingType, *, at: datetime) -> list[User]:
    """Who can be met: active, and not marked as away."""
    people = list(meeting.hosts.filter(is_active=True).order_by("pk"))
    gone = availability.away([one.pk for one in people], at)
    return [one for one in people if one.pk not in gone]


def free_slots(
    meeting: MeetingType,
    window: Span,
    *,
    at: datetime,
    hosts: Sequence[User] | None = None,
    besides: Booking | None = None,
) -> dict[datetime, list[int]]:
    """Start -> ids of the hosts who are free then, in order of time. `besides` is about to move."""
    people = hosts_of(meeting, at=at) if hosts is None else list(hosts)
    terms = terms_of(meeting)
    hours = hours_of(people, at=at)
    busy, met = _diaries(meeting, people, window, besides)
    found: dict[datetime, list[int]] = defaultdict(list)
    for one in people:
        for start in free(hours[one.pk], terms, busy[one.pk], met[one.pk], window, now=at):
            found[start].append(one.pk)
    return dict(sorted(found.items()))


def free_times(booking: Booking, *, at: datetime | None = None) -> dict[date, list[datetime]]:
    """Where a booking can move to in the next two weeks: the free times by day, as the host reads them."""
    at = at or clock.now()
    window = (at, at + NEAR)
    found = free_slots(booking.meeting_type, window, at=at, besides=booking)
    starts = (localtime(start) for start in found if start != booking.starts_at)
    return {day: list(some) for day, some in groupby(starts, key=lambda start: start.date())}


def is_free(meeting: MeetingType, start: datetime, *, at: datetime) -> bool:
    """Whether anybody can be met at exactly this time."""
    return start in free_slots(meeting, around(start), at=at)


def around(start: datetime) -> Span:
    """The window that holds one start and no other."""
    return start, start + timedelta(microseconds=1)


def fairest(meeting: MeetingType, host_ids: Collection[int], *, at: datetime) -> int:
    """Of these hosts the one whom fewest people booked lately; of equals always the same one."""
    lately = Booking.objects.exclude(state=Booking.State.CANCELLED).filter(
        meeting_type=meeting, host__in=host_ids, starts_at__gte=at - timedelta(days=FAIR_DAYS)
    )
    rows = lately.order_by().values_list("host").annotate(n=Count("pk"))
    counts: dict[int, int] = dict(rows)
    return min(host_ids, key=lambda pk: (counts.get(pk, 0), pk))


def _diaries(
    meeting: MeetingType, people: Sequence[User], window: Span, besides: Booking | None
) -> tuple[dict[int, list[Span]], dict[int, list[datetime]]]:
    """What each does around the window, and when each is met for this meeting on its days."""
    busy: dict[int, list[Span]] = defaultdict(list)
    met: dict[int, list[datetime]] = defaultdict(list)
    first, last = window[0] - _LONGEST, window[1] + _LONGEST
    booked = Booking.objects.standing().filter(
        host__in=people, starts_at__lt=last, ends_at__gt=first
    )
    for row in booked.exclude(pk=besides.pk) if besides else booked:
        busy[row.host_id].append((row.blocked_from, row.blocked_until))
        if row.meeting_type_id == meeting.pk:
            met[row.host_id].append(row.starts_at)
    planned = Activity.objects.open().filter(
        owner__in=people, kind__in=WITH_OTHERS, due_at__lt=last, due_at__gt=first, booking=None
    )
    for one in planned.only("owner_id", "due_at", "minutes"):
        length = timedelta(minutes=one.minutes) if one.minutes else _USUAL
        if one.owner_id and one.due_at:
            busy[one.owner_id].append((one.due_at, one.due_at + length))
    return busy, met
