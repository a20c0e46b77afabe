"""Missed opportunities: people who wanted something of us and were left waiting, kind by kind.

A kind is a question of the package that has its facts; here each is narrowed to what is asked, counted,
and set beside the time before. A row is missed once its time to be answered is over, so that an old
window was judged as a new one is; `still` are those to whom nobody has reached out to this day.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from capture.selectors import missed as capture
from distribution import selectors as distribution
from leadflow.calendars import selectors as calendars
from leadflow.handover.models import Handover
from leadflow.insights.asking import NOBODY, Ask
from leadflow.insights.people import in_parts
from leadflow.kit.periods import Period
from leadflow.mail import selectors as mail
from leadflow.models import Activity, Source
from leadflow.people.access import allowed, within
from pipeline.selectors import deals_of, quotes

Words = str | Promise
PARTS = 12  # of the line that shows the shape of a window


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A way to miss somebody. `at` is the path of its moment, `lead` that of the person; "" for nobody."""

    key: str
    label: Words
    definition: Words
    todo: Words  # what a to-do about it says
    rows: Callable[[datetime], QuerySet[Any]]
    at: str
    lead: str = "lead"
    owned: str = ""  # the path of what has owner and team, where that is not the person
    related: tuple[str, ...] = ()
    permission: str = "lead.view"

    @property
    def holder(self) -> str:
        """The path of whoever it belongs to, in front of `owner` and `team`."""
        return f"{self.owned or self.lead}__"

    def path(self, name: str) -> str:
        """The path of the owner, team or source of a row."""
        return f"{self.lead}__source" if name == "source" else f"{self.holder}{name}"


_ALL = (
    Kind(
        key="forms", label=_("Forms begun and not sent"), todo="", at="started_at", lead="",
        definition=_("Somebody answered a question of a form and sent nothing within the hour. Who it was is not recorded."),
        rows=capture.forms_left, permission="answer.view", related=("form",),
    ),
    Kind(
        key="known", label=_("Forms left by people we know"), todo=_("Ask whether the form gave trouble"), at="occurred_at",
        definition=_("The same by leads who agreed to be recognised: the last time each began a form and did not send it."),
        rows=capture.left_by_known,
    ),
    Kind(
        key="clocks", label=_("Leads answered late or never"), todo=_("Reach out: they still wait for a first answer"), at="due_at",
        definition=_("The response clock ran out before anybody called, wrote or met them."),
        rows=distribution.missed_clocks,
    ),
    Kind(
        key="mail", label=_("Mail nobody answered within a day"), todo=_("Answer their mail"), at="received_at",
        definition=_("A letter or a reply of a lead, and no call, mail or meeting with them in the day after it."),
        rows=mail.unanswered, permission="inbound.view",
    ),
    Kind(
        key="handovers", label=_("Hand-overs that lapsed"), todo=_("Decide about this lead"), at="decided_at",
        definition=_("Marketing offered the lead, and nobody took or returned it in time."),
        rows=lambda _at: Handover.objects.lapsed(),
    ),
    Kind(
        key="quarantine", label=_("Real answers found in the quarantine too late"), todo=_("Say sorry and answer what they asked"), at="processed_at",
        definition=_("An answer was set aside as spam and came back a day after it was sent, or later."),
        rows=lambda _at: capture.restored_late(), permission="answer.view", related=("form",),
    ),
    Kind(
        key="quotes", label=_("Quotes nobody followed up"), todo=_("Follow up on the quote"), at="sent_at",
        definition=_("A quote was sent, has no answer, and nobody reached out in the week after it. Whether it was opened is not recorded."),
        rows=quotes.left_alone, lead="quote__deal__lead", owned="quote__deal", related=("quote__deal__company",),
        permission="deal.view",
    ),
    Kind(
        key="bookings", label=_("Meetings missed and not booked anew"), todo=_("Offer another time"), at="starts_at",
        definition=_("The visitor did not come to the meeting that was booked, and no later one is booked."),
        rows=calendars.not_made_up, related=("meeting_type",), permission="meeting.view",
    ),
)  # fmt: skip
KINDS: Mapping[str, Kind] = {one.key: one for one in _ALL}


def kinds_for(ask: Ask) -> list[Kind]:
    """Those that she may look into; what belongs to nobody is told of the whole alone."""
    split = ask.owner is not None or ask.team is not None or ask.source is not None
    return [one for one in _ALL if allowed(ask.user, one.permission) and (one.lead or not split)]


def rows_of(kind: Kind, ask: Ask, period: Period) -> QuerySet[Any]:
    """What was missed in these days, as far as she sees it; each is marked where it still waits."""
    when = Q(**{f"{kind.at}__gte": period.start, f"{kind.at}__lt": period.end})
    rows = kind.rows(ask.at).filter(when)
    if not kind.lead:
        return rows
    reach = within(
        ask.user, "insights.view", owner=f"{kind.holder}owner", team=f"{kind.holder}team"
    )
    living = Q(**{f"{kind.lead}__deleted_at": None, f"{kind.lead}__merged_into": None})
    answered = Activity.objects.touches().filter(lead=OuterRef(kind.lead)).after(kind.at)
    rows = rows.filter(reach, living, _narrow(kind, ask))
    found: QuerySet[Any] = rows.annotate(is_still=~Exists(answered))
    return found


def _narrow(kind: Kind, ask: Ask) -> Q:
    wishes = {"owner": ask.owner, "team": ask.team, "source": ask.source}
    condition = Q()
    for name, wish in wishes.items():
        if wish is not None:
            condition &= Q(**{kind.path(name): None if wish == NOBODY else wish})
    return condition


def source_name(pk: int) -> str:
    """What a source is called; nothing for none."""
    return Source.objects.filter(pk=pk).values_list("name", flat=True).first() or ""


@dataclass(frozen=True)
class Line:
    """A kind in the report."""

    kind: Kind
    count: int
    before: int | None
    still: int | None  # nothing is known of who has no name
    deals: int
    worth: Decimal
    shape: list[int]

    @property
    def trend(self) -> str:
        """Whether more or fewer is more than chance makes of counts like these; "" where none is to say."""
        if self.before is None or self.count == self.before:
            return ""
        # the spread of the difference of two counts: 1.96 squared times their sum
        if (self.count - self.before) ** 2 < 3.84 * (self.count + self.before):
            return "chance"
        return "bad" if self.count > self.before else "good"


def report(ask: Ask, before: Period | None) -> list[Line]:
    """Every kind with its figures: three statements for each, however many rows there are."""
    return [_line(kind, ask, before) for kind in kinds_for(ask)]


def _line(kind: Kind, ask: Ask, before: Period | None) -> Line:
    rows = rows_of(kind, ask, ask.period)
    days = _by_day(kind, rows, ask.period)
    still = rows.filter(is_still=True).count() if kind.lead else None
    deals, worth = _worth(kind, ask, rows) if kind.lead else (0, Decimal(0))
    return Line(
        kind, sum(days.values()),
        rows_of(kind, ask, before).count() if before else None,
        still, deals, worth, in_parts(ask.period, PARTS, days.items()),
    )  # fmt: skip


def _by_day(kind: Kind, rows: QuerySet[Any], period: Period) -> dict[date, int]:
    daily = rows.order_by().annotate(day=TruncDate(kind.at, tzinfo=period.zone)).values("day")
    return {row["day"]: row["n"] for row in daily.annotate(n=Count("pk"))}


def _worth(kind: Kind, ask: Ask, rows: QuerySet[Any]) -> tuple[int, Decimal]:
    """The open deals of the people who were missed, each once."""
    if not allowed(ask.user, "deal.view"):
        return 0, Decimal(0)
    theirs = Q(pk__in=rows.order_by().values(kind.owned)) if kind.owned else Q(
        lead__in=rows.order_by().values(kind.lead)
    )  # fmt: skip
    deals = deals_of(ask.user).filter(theirs, status="open")
    found = deals.aggregate(n=Count("pk"), sum=Sum("base_amount"))
    return found["n"], found["sum"] or Decimal(0)


@dataclass(frozen=True)
class Share:
    """What one owner or one source missed: the counts stand in the order of the kinds."""

    pk: int  # NOBODY for rows without one
    name: str
    counts: list[int]

    @property
    def total(self) -> int:
        """Of all kinds."""
        return sum(self.counts)


def split(ask: Ask, kinds: list[Kind], by: str) -> list[Share]:
    """The same counts by owner or source, the most missed first; one statement for each kind."""
    found: dict[tuple[int, str], list[int]] = {}
    for place, kind in enumerate(kinds):
        path = kind.path(by)
        grouped = rows_of(kind, ask, ask.period).order_by().values(path, f"{path}__name")
        for row in grouped.annotate(n=Count("pk")):
            key = (row[path] or NOBODY, row[f"{path}__name"] or "")
            found.setdefault(key, [0] * len(kinds))[place] = row["n"]
    shares = [Share(pk, name, counts) for (pk, name), counts in found.items()]
    return sorted(shares, key=lambda one: (-one.total, one.name))
