"""What people say about how they heard of us, beside what was tracked of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from capture.rules.heard import AGREES, DIFFERS, UNCLEAR, UNTRACKED, verdict
from capture.selectors import heard
from leadflow.insights.asking import Ask
from leadflow.insights.values import Value, share
from leadflow.kit.periods import Period
from leadflow.models import Lead, Source

SILENT = "silent"
PARTS = (AGREES, DIFFERS, UNTRACKED, UNCLEAR, SILENT)
_TRACKED = "lead__source"


@dataclass(frozen=True, slots=True)
class Cell:
    """So many leads said this and were tracked so, by one form."""

    said: str
    source: int  # 0 where none was tracked
    form: int
    verdict: str
    n: int


@dataclass
class Line:
    """One answer with its counts by source; or one form, by verdict."""

    key: Any
    name: str
    counts: dict[Any, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Of the line."""
        return sum(self.counts.values())


class Heard:
    """The answers of one question of the reader: her window, her scope, a form where she names one."""

    def __init__(self, ask: Ask, form: int | None = None) -> None:
        self.ask, self.form = ask, form

    @cached_property
    def labels(self) -> dict[str, str]:
        """The words of each answer."""
        return heard.labels()

    @cached_property
    def sources(self) -> Mapping[int, tuple[str, str]]:
        """Name and channel of every source."""
        rows = Source.objects.values_list("pk", "name", "channel")
        return {pk: (name, channel) for pk, name, channel in rows}

    @cached_property
    def cells(self) -> list[Cell]:
        """All counts, in one statement."""
        rows = self.answers().order_by().values("said", "form", source=F(_TRACKED))
        found = rows.annotate(n=Count("pk"))
        return [
            Cell(
                row["said"] or "", row["source"] or 0, row["form"] or 0, self._judge(row), row["n"]
            )
            for row in found
        ]

    def _judge(self, row: Mapping[str, Any]) -> str:
        return self.judge(row["said"] or "", row["source"] or 0)

    def judge(self, said: str, source: int) -> str:
        """Whether an answer and a source mean the same."""
        name, channel = self.sources.get(source, ("", ""))
        return verdict(
            said, self.labels.get(said, ""), channel=channel, source=name, sources=self._names
        )

    @cached_property
    def _names(self) -> frozenset[str]:
        return heard.known_words()

    def answers(self) -> QuerySet[Any]:
        """What each of her leads said last in the window."""
        rows = heard.answers(self.ask.period.start, self.ask.period.end)
        rows = rows.filter(lead__in=self.ask.leads().order_by().values("pk"))
        return rows if self.form is None else rows.filter(form=self.form)

    def silent(self) -> QuerySet[Lead]:
        """Leads who sent a form that asks, and did not say."""
        sent = heard.asked(self.ask.period.start, self.ask.period.end)
        if self.form is not None:
            sent = sent.filter(form=self.form)
        said = heard.answers(self.ask.period.start, self.ask.period.end)
        rows = self.ask.leads().filter(pk__in=sent.order_by().values("lead"))
        return rows.exclude(pk__in=said.order_by().values("lead"))

    def rows(
        self, *, part: str = "", said: str | None = None, source: int | None = None
    ) -> QuerySet[Lead]:
        """The leads behind a number, with what each said and when."""
        if part == SILENT:
            return self.silent().annotate(said=Subquery(self.answers().none().values("said")))
        rows = self.answers()
        if said is not None:
            rows = rows.filter(said=said)
        if source is not None:
            rows = rows.filter(**{_TRACKED: source or None})
        if part:
            rows = rows.filter(self._having(part))
        newest = self.answers().filter(lead=OuterRef("pk"))
        leads = self.ask.leads().filter(pk__in=rows.order_by().values("lead"))
        return leads.annotate(
            said=Subquery(newest.values("said")[:1]),
            said_at=Subquery(newest.values("answered_at")[:1]),
        )

    def _having(self, part: str) -> Q:
        """Those pairs of answer and source on which the verdict is this one."""
        said: dict[int, list[str]] = {}
        for cell in self.cells:
            if cell.verdict == part:
                said.setdefault(cell.source, []).append(cell.said)
        condition = Q(pk__in=[])
        for source, words in said.items():
            condition |= Q(**{_TRACKED: source or None, "said__in": words})
        return condition

    # --- as the page shows it ---

    def count(self, *parts: str) -> int:
        """Leads with one of these verdicts."""
        return sum(cell.n for cell in self.cells if cell.verdict in parts)

    @property
    def total(self) -> int:
        """Leads who said it."""
        return sum(cell.n for cell in self.cells)

    @property
    def answered(self) -> Value:
        """Of those who were asked, how many said it."""
        asked = self.total + self.silent().count()
        return share(self.total, asked, why=_("Nobody was asked in these days."))

    @property
    def agreement(self) -> Value:
        """Of those where both say something that can be compared, how many say the same."""
        return _agreement(self.cells)

    def by_answer(self) -> list[Line]:
        """Each answer by what was tracked, the most given first."""
        found: dict[str, Line] = {}
        for cell in self.cells:
            label = self.labels.get(cell.said) or cell.said
            line = found.setdefault(cell.said, Line(cell.said, label))
            line.counts[cell.source] = line.counts.get(cell.source, 0) + cell.n
        return sorted(found.values(), key=lambda one: (-one.total, one.name))

    def columns(self) -> list[Line]:
        """The sources that were tracked, the most first, none last."""
        found: dict[int, Line] = {}
        for cell in self.cells:
            name = self.sources.get(cell.source, ("", ""))[0]
            line = found.setdefault(cell.source, Line(cell.source, name))
            line.counts[cell.said] = line.counts.get(cell.said, 0) + cell.n
        return sorted(found.values(), key=lambda one: (one.key == 0, -one.total, one.name))

    def by_form(self) -> list[tuple[int, str, int, Value]]:
        """Each form with how many said it and how far that agrees."""
        cells: dict[int, list[Cell]] = {}
        for cell in self.cells:
            cells.setdefault(cell.form, []).append(cell)
        called = heard.names(cells)
        lines = [
            (form, called.get(form, ""), sum(one.n for one in its), _agreement(its))
            for form, its in cells.items()
        ]
        return sorted(lines, key=lambda line: (-line[2], line[1]))


def _agreement(cells: Iterable[Cell]) -> Value:
    counts = {
        part: sum(one.n for one in cells if one.verdict == part) for part in (AGREES, DIFFERS)
    }
    return share(
        counts[AGREES], sum(counts.values()), why=_("Nothing here can be compared.")
    )  # fmt: skip


def before(ask: Ask, period: Period | None, form: int | None) -> Heard | None:
    """The same of the days before."""
    return Heard(ask.over(period), form) if period else None
