"""Planned work as the page of to-dos and the panels of records show it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from leadflow.errors import Invalid
from leadflow.kit import clock, ics
from leadflow.models import Activity, Company, Lead
from leadflow.models.activity import people_of
from leadflow.people.access import Scope, scope_of
from leadflow.people.models import User
from leadflow.services.todos import About
from leadflow.web.filters import Filter, FilterSet, Named, choices_of
from leadflow.web.tables import Column, Table
from pipeline import selectors as pipeline

LATE, TODAY, WEEK, LATER = "late", "today", "week", "later"
PARTS: dict[str, str | Promise] = {
    LATE: _("Overdue"), TODAY: _("Today"), WEEK: _("This week"), LATER: _("Later"),
}  # fmt: skip
TODOS = Table(
    "desk.todos",
    columns=[Column("due", _("Due"), sort="due_at", nullable=True, always=True)],
    default_sort="due",
)
# minutes that a calendar keeps free, where the plan does not say
LASTS = {Activity.Kind.MEETING: 60, Activity.Kind.DEMO: 60, Activity.Kind.DISCOVERY: 30}
_KIND = Filter("kind", _("Type"), "kind__in", lambda: Activity.Kind.choices, icon="checkbox")
_PRIORITY = Filter(
    "priority",
    _("Priority"),
    "priority__in",
    lambda: [(str(value), label) for value, label in Activity.Priority.choices],
    icon="flag",
)
FILTERS = FilterSet([_KIND, _PRIORITY])
TEAM_FILTERS = FilterSet(
    [_KIND, _PRIORITY, Filter("owner", _("Whose"), "owner__in", icon="user")],
    together=lambda: {"owner": choices_of(owner=Named(User.objects.active()))["owner"]},
)


@dataclass(frozen=True)
class Record:
    """What a to-do is about: its name, and its page where the reader may open it."""

    name: str = ""
    url: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Todo:
    """One line: the activity, when it is due (late, today, later), what it is about, who may act on it."""

    activity: Activity
    part: str
    record: Record
    may_work: bool

    @property
    def state(self) -> str:
        """As the sign of a next step is called."""
        return self.part if self.part in (LATE, TODAY) else LATER


@dataclass(frozen=True)
class Moments:
    """Where a person's days begin and end."""

    now: datetime
    tonight: datetime
    sunday: datetime

    @classmethod
    def at(cls, at: datetime) -> "Moments":
        """Read on the clock that is active."""
        morning = localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
        tonight = morning + timedelta(days=1)
        return cls(at, tonight, morning + timedelta(days=7 - morning.weekday()))

    def part_of(self, due: datetime | None) -> str:
        """Where something due then stands."""
        if due is None or due >= max(self.sunday, self.tonight):
            return LATER
        if due < self.now:
            return LATE
        return TODAY if due < self.tonight else WEEK

    def within(self, part: str) -> Q:
        """The condition for one part; nothing for any other word."""
        ends = max(self.sunday, self.tonight)
        return {
            LATE: Q(due_at__lt=self.now),
            TODAY: Q(due_at__gte=self.now, due_at__lt=self.tonight),
            WEEK: Q(due_at__gte=self.tonight, due_at__lt=ends),
            LATER: Q(due_at__gte=ends) | Q(due_at=None),
        }.get(part, Q())


def planned() -> QuerySet[Activity]:
    """Open work that is nobody's booking: what a visitor booked is not put off or passed on."""
    return Activity.objects.open().of_living().filter(booking=None)


def workable(user: User, ids: Iterable[int]) -> list[int]:
    """Of these activities, done or not, the ones that she may act on."""
    reach = Activity.objects.workable_by(user).filter(pk__in=ids)
    return list(reach.values_list("pk", flat=True))


def open_to(user: User) -> QuerySet[Activity]:
    """The open to-dos that she may act on; bookings have doors of their own."""
    return planned().filter(pk__in=Activity.objects.workable_by(user).values("pk"))


def colleagues() -> QuerySet[User]:
    """Who may be given a to-do."""
    people: QuerySet[User] = User.objects.active().order_by("name")
    return people


def todos_of(user: User, *, whose: str = "mine") -> QuerySet[Activity]:
    """Her own, or those of the people whom her role reaches."""
    rows = planned().select_related("lead", "company", "owner", "given_by")
    return rows.filter(owned_by(user, whose=whose))


def has_team(user: User) -> bool:
    """Whether she sees work of others."""
    return scope_of(user, "todo.edit") in (Scope.TEAM, Scope.ALL)


def owned_by(user: User, *, whose: str) -> Q:
    """The condition on an activity to be hers, or for `team` of those whom her role reaches."""
    if whose != "team" or not has_team(user):
        return Q(owner=user)
    if scope_of(user, "todo.edit") == Scope.ALL:
        return Q()
    return Q(owner=user) | Q(owner__in=people_of(user))


def lines(rows: Sequence[Activity], user: User, *, at: datetime | None = None) -> list[Todo]:
    """The rows with what they are about, in three queries however many there are."""
    moments = Moments.at(at or clock.now())
    deals = pipeline.deals_of(user).in_bulk({n for row in rows if (n := deal_number(row))})
    ids = {row.pk for row in rows}
    work = set(Activity.objects.workable_by(user).filter(pk__in=ids).values_list("pk", flat=True))
    people = {row.lead_id for row in rows if row.lead_id}
    seen = set(
        Lead.objects.visible_to(user).filter(pk__in=people).values_list("pk", flat=True)
    )  # fmt: skip
    return [
        Todo(row, moments.part_of(row.due_at), _record(row, deals, seen), row.pk in work)
        for row in rows
    ]


def _record(row: Activity, deals: Mapping[int, Any], seen: set[int]) -> Record:
    if deal := deals.get(deal_number(row) or 0):
        return Record(deal.name, deal.get_absolute_url(), "layout-kanban")
    if row.lead:
        url = row.lead.get_absolute_url() if row.lead_id in seen else ""
        return Record(row.lead.name, url, "user")
    if row.company:
        return Record(row.company.name, row.company.get_absolute_url(), "building")
    return Record()


def deal_number(row: Activity) -> int | None:
    """The deal that it is about."""
    kind, _sep, number = row.subject_ref.partition(":")
    return int(number) if kind == "deal" and number.isdecimal() else None


def calendar_file(row: Activity, *, about: str, link: str) -> bytes:
    """A planned one with its time, for a calendar; loaded again after a change it replaces the one before.

    ValueError where no time is planned.
    """
    if row.due_at is None:
        raise ValueError("no time is planned")
    now = clock.now()
    event = ics.Event(
        uid=f"todo-{row.pk}-{row.created_at:%Y%m%d%H%M%S}@leadflow", starts_at=row.due_at,
        ends_at=row.due_at + timedelta(minutes=row.minutes or LASTS.get(Activity.Kind(row.kind), 15)),
        summary=f"{row.subject} · {about}" if about and about not in row.subject else row.subject,
        description="\n\n".join(filter(None, [row.body, link])), url=link, stamp=now,
        sequence=int((now - row.created_at).total_seconds()) // 60,
    )  # fmt: skip
    return ics.calendar(event)


def grouped(todos: Iterable[Todo]) -> list[tuple[str | Promise, list[Todo]]]:
    """Under their headings, in the order that they have."""
    return [(PARTS[part], list(rows)) for part, rows in groupby(todos, lambda one: one.part)]


def find_record(user: User, kind: str, pk: int) -> tuple[About, Record] | None:
    """The lead, company or deal that somebody may see; None where there is none."""
    if kind == "lead":
        lead = Lead.objects.visible_to(user).filter(pk=pk).first()
        return (About(lead=lead), Record(lead.name, lead.get_absolute_url())) if lead else None
    if kind == "company":
        firm = Company.objects.visible_to(user).filter(pk=pk).first()
        return (About(company=firm), Record(firm.name, firm.get_absolute_url())) if firm else None
    deal = pipeline.deals_of(user).filter(pk=pk).first() if kind == "deal" else None
    if deal is None:
        return None
    about = About(lead=deal.lead, company=deal.company, subject_ref=deal.ref)
    return about, Record(deal.name, deal.get_absolute_url())


def of_record(about: About) -> QuerySet[Activity]:
    """What is planned with a record: with a deal also what is planned with its person and nothing else."""
    if about.subject_ref:
        which = Q(subject_ref=about.subject_ref) | Q(lead=about.lead or 0, subject_ref="")
    elif about.lead:
        which = Q(lead=about.lead)
    else:
        which = Q(company=about.company)
    rows = planned().filter(which).select_related("lead", "company", "owner", "given_by")
    return rows.order_by("due_at", "pk")


def check_colleague(rows: Iterable[Activity | About], to: User) -> None:
    """Raises Invalid where the colleague would get work on a record that she may not see."""
    leads = {row.lead.pk: row.lead for row in rows if row.lead}
    seen = Lead.objects.visible_to(to).filter(pk__in=leads).values_list("pk", flat=True)
    if hidden := sorted(set(leads) - set(seen)):
        words = _("%(who)s may not see %(name)s. Assign the lead, or choose somebody who may.")
        names = {"who": to.name, "name": leads[hidden[0]].name}
        raise Invalid(str(words) % names, {"owner": [str(words) % names]})
