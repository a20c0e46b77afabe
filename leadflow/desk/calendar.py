"""The calendar of a rep: planned and finished work on its days, and the closes of deals."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber, TruncDate
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from leadflow.desk.todos import has_team, owned_by, workable
from leadflow.kit.periods import Period
from leadflow.models import Activity
from leadflow.people.access import allowed
from leadflow.people.models import User
from leadflow.web import months
from leadflow.web.months import Calendar, Entry, Span
from leadflow.web.templatetags.formats import money_short
from pipeline.selectors.closes import Close, closes

WORK, CLOSES = "work", "closes"
# of a day in a month, and in a week: work, closes
EACH = {False: (4, 2), True: (40, 20)}
ICONS = {
    Activity.Kind.CALL: "phone", Activity.Kind.EMAIL: "mail", Activity.Kind.TODO: "checkbox",
    Activity.Kind.SOCIAL: "message-circle",
}  # fmt: skip


@dataclass(frozen=True)
class Ask:
    """Whose days, and what of them; `at` is now."""

    user: User
    span: Span
    zone: ZoneInfo
    at: datetime
    whose: str = "mine"
    kinds: Sequence[str] = (WORK, CLOSES)

    @property
    def is_team(self) -> bool:
        """Whether the days of her team are asked for, and she may see them."""
        return self.whose == "team" and has_team(self.user)


@dataclass
class _Left:
    """What found no room on its day."""

    by_day: dict[date, int] = field(default_factory=dict)

    def count(self, on: date, of_day: int, shown: int) -> None:
        self.by_day[on] = self.by_day.get(on, 0) + max(of_day - shown, 0)


def calendar(ask: Ask) -> Calendar:
    """The days with their entries, in three queries however full they are."""
    period = Period(ask.span.start, ask.span.end, ask.zone)
    left = _Left()
    entries: list[Entry] = []
    if WORK in ask.kinds:
        entries += _work(ask, period, left)
    if CLOSES in ask.kinds and allowed(ask.user, "deal.view"):
        entries += _closes(ask, period, left)
    today = localtime(ask.at, ask.zone).date()
    return months.filled(ask.span, entries, today=today, more=left.by_day)


def _work(ask: Ask, period: Period, left: _Left) -> Iterator[Entry]:
    each = EACH[ask.span.is_week][0]
    hers = owned_by(ask.user, whose=ask.whose)
    rows: QuerySet[Any] = Activity.objects.of_living().filter(
        hers, due_at__gte=period.start, due_at__lt=period.end
    )
    rows = rows.annotate(on=TruncDate("due_at", tzinfo=ask.zone)).annotate(
        place=Window(RowNumber(), partition_by="on", order_by=[F("due_at").asc(), "pk"]),
        of_day=Window(Count("pk"), partition_by="on"),
    )
    shown = rows.filter(place__lte=each).select_related("lead", "company", "owner", "booking")
    found = list(shown.order_by("on", "place"))
    workables = set(workable(ask.user, [row.pk for row in found]))
    for row in found:
        if row.place == 1:
            left.count(row.on, row.of_day, each)
        yield _entry(row, ask, may_work=row.pk in workables and not row.done_at)


def _entry(row: Activity, ask: Ask, *, may_work: bool) -> Entry:
    about = row.lead or row.company
    is_booked = hasattr(row, "booking")
    url = about.get_absolute_url() if about else ""
    if may_work and not is_booked:
        url = reverse("desk:todo", args=[row.pk])
    due = localtime(row.due_at, ask.zone)
    is_late = row.done_at is None and row.due_at is not None and row.due_at < ask.at
    return Entry(
        on=due.date(),
        icon=ICONS.get(Activity.Kind(row.kind), "calendar-event"),
        words=f"{row.subject}, {about.name}" if about else row.subject,
        url=url,
        tone="done" if row.done_at else "late" if is_late else "",
        time=f"{due:%H:%M}",
        who=row.owner if ask.is_team else None,
        move=reverse("desk:todos-later") if may_work and not is_booked else "",
        fields=json.dumps({"one": row.pk, "until": "at", "seen": _iso(row.due_at)}),
    )


def _iso(due: datetime | None) -> str:
    return due.isoformat() if due else ""


def _closes(ask: Ask, period: Period, left: _Left) -> Iterator[Entry]:
    each = EACH[ask.span.is_week][1]
    owner = None if ask.is_team else ask.user
    may_edit = allowed(ask.user, "deal.edit")
    seen: set[date] = set()
    for one in closes(ask.user, period, zone=ask.zone, each=each, owner=owner):
        if one.on not in seen:
            left.count(one.on, one.of_day, each)
            seen.add(one.on)
        yield _close(one, ask, may_edit=may_edit)


def _close(one: Close, ask: Ask, *, may_edit: bool) -> Entry:
    deal = one.deal
    is_late = deal.is_open and one.on < localtime(ask.at, ask.zone).date()
    sum_words = money_short(deal.amount, deal.currency) if deal.amount is not None else ""
    words = _("%(deal)s closes") if deal.is_open else _("%(deal)s won")
    return Entry(
        on=one.on,
        icon="layout-kanban" if deal.is_open else "trophy",
        words=" ".join(filter(None, [sum_words, words % {"deal": deal.name}])),
        url=deal.get_absolute_url(),
        tone="late" if is_late else "",
        who=deal.owner if ask.is_team else None,
        move=reverse("pipeline:deal-closes", args=[deal.pk]) if deal.is_open and may_edit else "",
        fields=json.dumps({"version": deal.version}),
    )
