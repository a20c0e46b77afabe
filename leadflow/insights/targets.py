"""Targets of people, and the pace at which a month goes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import takewhile

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from leadflow.calendars import hours
from leadflow.calendars.models import Booking
from leadflow.calendars.selectors import hours_of
from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.insights.asking import ask, calendar
from leadflow.insights.figures import Figures
from leadflow.insights.formulas import ratio
from leadflow.insights.models import Target
from leadflow.kit.periods import Period, add_months
from leadflow.models import Activity, Organisation
from leadflow.people.access import Scope, scope_of, team_ids
from leadflow.people.models import User

_MEETINGS = (Activity.Kind.MEETING, Activity.Kind.DEMO, Activity.Kind.DISCOVERY)
FIELDS = ("amount", "calls", "mails", "meetings")


def month_of(at: datetime) -> Period:
    """The month that `at` lies in, in the organisation's zone."""
    zone = calendar(Organisation.current()).zone
    first = at.astimezone(zone).date().replace(day=1)
    return Period(first, add_months(first, 1), zone)


@dataclass(frozen=True)
class Done:
    """How much of one kind of work was done today, and how much was planned (0: nothing was)."""

    label: str
    done: int
    plan: int


@dataclass(frozen=True)
class Pace:
    """Where a person stands in her month. `due` is the share of the target that its working time calls for."""

    month: Period
    won: Decimal
    target: Decimal | None
    due: Decimal | None
    days_left: int
    today: list[Done]

    @property
    def ahead(self) -> Decimal | None:
        """How much she is ahead of (below 0: behind) what the working days gone by call for."""
        return None if self.due is None else self.won - self.due

    @property
    def left(self) -> Decimal | None:
        """What is missing to the target; never below 0."""
        return None if self.target is None else max(self.target - self.won, Decimal(0))

    @property
    def percent(self) -> int:
        """How much of the target is won, for a bar that ends at a hundred."""
        return min(int(100 * (ratio(self.won, self.target) or 0)), 100) if self.target else 0


def pace(user: User, *, at: datetime) -> Pace:
    """The month of one person: what she is credited with of the deals won in it."""
    month = month_of(at)
    row = Target.objects.filter(user=user, month=month.start_on).first()
    sums = Figures(ask(user, month, owner=user.pk)).trade.closing
    target = row.amount if row else None
    mine = hours_of([user], at=at)[user.pk]
    share = ratio(
        Decimal(hours.between(mine, month.start, at).total_seconds()),
        Decimal(hours.between(mine, month.start, month.end).total_seconds()),
    )
    return Pace(
        month=month,
        won=sums.revenue or Decimal(0),
        target=target,
        due=None if target is None or share is None else target * share,
        days_left=_openings_left(mine, at, month.end),
        today=_today(user, row, at),
    )


def _openings_left(mine: hours.Hours, at: datetime, end: datetime) -> int:
    return sum(1 for _day in takewhile(lambda opening: opening[0] < end, hours.openings(mine, at)))


def _today(user: User, row: Target | None, at: datetime) -> list[Done]:
    morning = localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    done = Activity.objects.filter(
        owner=user, done_at__gte=morning, done_at__lt=morning + timedelta(days=1)
    ).aggregate(
        calls=Count("pk", filter=Q(kind=Activity.Kind.CALL)),
        mails=Count("pk", filter=Q(kind=Activity.Kind.EMAIL)),
        meetings=Count("pk", filter=Q(kind__in=_MEETINGS) & ~Q(outcome=Booking.State.MISSED)),
    )
    names = {"calls": _("Calls"), "mails": _("Mails"), "meetings": _("Meetings")}
    return [Done(names[key], done[key], getattr(row, key, 0)) for key in names]


def people_of(user: User) -> QuerySet[User]:
    """Those whose targets she sets: everybody, or the people of the teams that she manages."""
    people: QuerySet[User] = User.objects.can_own().order_by("name")
    if scope_of(user, "target.edit") == Scope.ALL:
        return people
    return people.filter(memberships__team__in=team_ids(user)).distinct()


@dataclass(frozen=True)
class Line:
    """A person and her target of a month; `target` is empty where nobody set one."""

    user: User
    target: Target


def of_month(user: User, month: date) -> list[Line]:
    """Everybody whose target she sets, with what stands there."""
    rows = {row.user_id: row for row in Target.objects.filter(month=month)}
    return [Line(one, rows.get(one.pk) or Target(user=one, month=month)) for one in people_of(user)]


@transaction.atomic
def set_many(*, rows: Iterable[Target], by: User) -> int:
    """Keep what was entered for people of hers; returns how many changed. Raises Invalid for a stranger."""
    rows = list(rows)
    mine = set(people_of(by).values_list("pk", flat=True))
    if any(row.user_id not in mine for row in rows):
        raise Invalid(_("You set targets for your own people only."))
    before = {
        (one.user_id, one.month): one
        for one in Target.objects.select_for_update().filter(user__in=mine).order_by("pk")
    }
    changed = [row for row in rows if _differs(before.get((row.user_id, row.month)), row)]
    for row in changed:
        values = {name: getattr(row, name) for name in FIELDS}
        Target.objects.update_or_create(user=row.user, month=row.month, defaults=values)
        record(
            Kind.SETTING_CHANGED,
            by=by,
            data={
                "name": f"target {row.month:%Y-%m}: {row.user.name}",
                "to": None if row.amount is None else str(row.amount),
            },
        )
    return len(changed)


def _differs(old: Target | None, new: Target) -> bool:
    blank = Target(user=new.user, month=new.month)
    return any(getattr(old or blank, name) != getattr(new, name) for name in FIELDS)
