"""What the dashboard shows, put together for its template."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leadflow.insights import measures as m
from leadflow.insights import rollups
from leadflow.insights.figures import Figures
from leadflow.insights.formulas import ratio
from leadflow.insights.kpis import KPIS, Kpi
from leadflow.insights.ledger import in_scope
from leadflow.insights.measures import Rules
from leadflow.insights.reaching import STAGES
from leadflow.insights.state import State
from leadflow.insights.values import Value
from leadflow.insights.wording import Delta, delta, figure, note, spark
from leadflow.kit import days
from leadflow.kit.periods import Period, week
from leadflow.models import LeadStage
from leadflow.web.charts import Chart, Series
from leadflow.web.templatetags.formats import duration, number, percent

TILES = ("leads", "became_mql", "became_customer", "close_rate", "won_revenue", "speed")
MORE = (
    "visitor_rate",
    "sales_cycle", "cpl", "paid_cpl", "deal_size", "created_win_rate", "close_rate_by_value", "time_to_close",
    "acceptance", "period_conversion", "open_deals", "open_value", "weighted", "unattended",
)  # fmt: skip
PARTS = 12
WEEKS_FROM = 32  # days; a shorter range is drawn by day


@dataclass(frozen=True, slots=True)
class Tile:
    """A KPI as its tile shows it."""

    kpi: Kpi
    value: Value
    figure: str
    delta: Delta
    before: str
    note: str
    spark: str
    url: str
    is_current: bool

    @property
    def mature(self) -> int:
        """How many per cent of the cohort are old enough; 100 where that is no question."""
        maturity = self.value.maturity
        share = maturity.share if maturity else None
        return 100 if share is None else int(share * 100)


@dataclass(frozen=True, slots=True)
class Step:
    """A row of the funnel."""

    label: str
    count: int
    url: str
    of_last: str
    is_small: bool
    wait: str
    is_growing: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One factor of the velocity."""

    label: str
    figure: str
    note: str
    url: str
    sign: str


def rows_url(key: str, state: State, part: str = "", **more: Any) -> str:
    """The list behind a number, in the same scope."""
    query = state.scope
    for name, value in {"part": part, **more}.items():
        if value != "":
            query += f"{'&' if query else ''}{name}={value}"
    return reverse("insights:rows", args=[key]) + (f"?{query}" if query else "")


class Dashboard:
    """The figures of the range and of the one before, and the cards made of them."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.before: Figures | None = None
        if state.before:
            self.now, self.before = Figures.beside(state.ask, state.before)
        else:
            self.now = Figures(state.ask)
        self.currency = self.now.currency

    @property
    def is_empty(self) -> bool:
        """Nothing to count at all, in any range."""
        ask = self.state.ask
        return not (self._kept.has_any or ask.leads().exists() or ask.deals().exists())

    @property
    def is_counting(self) -> bool:
        """Whether the sums are being made by the rules of today."""
        return not self._kept.is_ready

    @cached_property
    def _kept(self) -> rollups.Kept:
        ask = self.state.ask
        return rollups.kept(in_scope(ask), Rules.of(ask.organisation))

    def tiles(self) -> list[Tile]:
        """The six on top."""
        shapes = self.shapes()
        return [self.tile(key, shapes.get(key, "")) for key in TILES]

    def more(self) -> list[Tile]:
        """The other numbers, as a list."""
        return [self.tile(key) for key in MORE]

    def tile(self, key: str, line: str = "") -> Tile:
        kpi = KPIS[key]
        value = kpi.compute(self.now)
        before = kpi.compute(self.before) if self.before and kpi.basis != _SNAPSHOT else None
        return Tile(
            kpi=kpi,
            value=value,
            figure=figure(value.number, kpi.unit, self.currency, short=True),
            delta=delta(kpi, value, before),
            before=figure(before.number, kpi.unit, self.currency, short=True) if before else "",
            note=note(kpi, value, self.currency),
            spark=line if value.number is not None else "",
            url=self.state.url(kpi=key) + "#definition",
            is_current=self.state.kpi is kpi,
        )

    def shapes(self) -> dict[str, str]:
        """The little lines of the tiles."""
        people, trade = self.now.people, self.now.trade.shape(PARTS)
        leads = people.shape(m.LEAD, PARTS)
        closed = [row["won"] + row["lost"] for row in trade]
        mql, bought = (people.shape(name, PARTS) for name in (m.MQL_IN_TIME, m.CUSTOMER_IN_TIME))
        speed = self.now.ledger.medians(people.period, m.TOUCHED, PARTS)
        return {
            "leads": spark(leads),
            "became_mql": spark([ratio(*pair) for pair in zip(mql, leads, strict=True)]),
            "became_customer": spark([ratio(*pair) for pair in zip(bought, leads, strict=True)]),
            "close_rate": spark(
                [ratio(row["won"], n) for row, n in zip(trade, closed, strict=True)]
            ),
            "won_revenue": spark([row["revenue"] for row in trade]),
            "speed": spark(speed),
        }

    def funnel(self) -> list[Step]:
        """The cohort of the range through the stages, each row counted once."""
        counts, organisation = self.now.people.counts, self.state.ask.organisation
        stages = [s for s in STAGES if not (organisation.hide_sal and s == LeadStage.SAL)]
        steps: list[Step] = []
        last = 0
        for stage in stages:
            count = counts[stage]
            share = ratio(count, last) if steps else None
            steps.append(
                Step(
                    label=organisation.stage_label(stage),
                    count=count,
                    url=rows_url("leads", self.state, part=stage),
                    of_last=percent(share) if share is not None else "",
                    is_small=bool(steps) and last < 30,
                    wait=_wait(self.now.people.wait(stage)) if steps and count else "",
                    is_growing=bool(count) and bool(steps) and self._is_growing(stage),
                )
            )
            last = count
        return steps

    def _is_growing(self, stage: str) -> bool:
        late = stage in (LeadStage.OPPORTUNITY, LeadStage.CUSTOMER)
        key = LeadStage.CUSTOMER if late else LeadStage.MQL
        return self.now.people.cohort(key).ripe < self.now.people.counts[LeadStage.LEAD]

    def velocity(self) -> dict[str, Any]:
        """The velocity with its four parts and what was really won."""
        value = KPIS["velocity"].compute(self.now)
        realised = KPIS["realised_velocity"].compute(self.now)
        apart = (
            ratio(Decimal(realised.number) - Decimal(value.number), Decimal(value.number))
            if value.number and realised.number is not None
            else None
        )
        return {
            "value": value,
            "figure": figure(value.number, "money", self.currency),
            "url": self.state.url(kpi="velocity") + "#definition",
            "parts": self._parts(value),
            "realised": figure(realised.number, "money", self.currency),
            "realised_url": rows_url("realised_velocity", self.state),
            "apart": percent(abs(apart), 0) if apart is not None else "",
            "is_below": apart is not None and apart < 0,
        }

    def _parts(self, value: Value) -> list[Part]:
        year = self.now.trade.last_year
        notes = {
            "open": _("mean over the range"),
            "rate": f"n = {number(year.won + year.lost)}",
            "size": f"n = {number(year.priced)}",
            "cycle": _("median"),
        }
        signs = {"open": "×", "rate": "×", "size": "÷", "cycle": ""}
        return [
            Part(
                str(one.label),
                figure(one.number, one.unit, self.currency),
                notes[one.key],
                rows_url("velocity", self.state, part=one.part),
                signs[one.key],
            )
            for one in value.facts
        ]

    def reasons(self) -> tuple[list[dict[str, Any]], int]:
        """Why deals were lost, and the longest bar."""
        found = self.now.trade.reasons()
        whole = sum(n for _pk, _name, n in found)
        rows = [
            {
                "label": name or _("No reason given"),
                "value": n,
                "text": f"{number(n)}, {percent(ratio(n, whole), 0)}",
                "href": rows_url("lost_deals", self.state, part=f"reason-{pk}"),
            }
            for pk, name, n in found
        ]
        return rows, max((n for _pk, _name, n in found), default=0)

    def chart(self) -> Chart:
        """Leads by week, or by day for a short range, now against before."""
        first_day = self.state.ask.organisation.week_start - 1
        spans = _spans(self.now.ask.period, first_day)
        series = [Series(_("This range"), _sums(self.now.people.by_day(), spans))]
        if self.before:
            earlier = _spans(self.before.ask.period, first_day)
            values: list[int | None] = [*_sums(self.before.people.by_day(), earlier)]
            padded = (values + [None] * len(spans))[: len(spans)]
            series.append(Series(_("Before"), padded, colour="c5", style="dashed"))
        by_day = spans[0][1] - spans[0][0] == timedelta(days=1) and len(spans) < WEEKS_FROM
        return Chart(
            [str(date_format(start, days.short())) for start, _end in spans],
            series,
            x_label=_("Day") if by_day else _("Week from"),
        )

    def drawer(self) -> dict[str, Any] | None:
        """The definition that is open."""
        kpi = self.state.kpi
        if kpi is None:
            return None
        value = kpi.compute(self.now)
        maturity = value.maturity
        return {
            "kpi": kpi,
            "value": value,
            "figure": figure(value.number, kpi.unit, self.currency),
            "numerator": self._amount(kpi, value.numerator, top=True),
            "denominator": self._amount(kpi, value.denominator, top=False),
            "note": note(kpi, value, self.currency),
            "maturity": maturity,
            "mature_figure": percent(maturity.rate) if maturity and maturity.mature else "",
            "ripe_on": self._ripe_on(value),
            "left_out": [(left, self._left_url(kpi, left.part)) for left in value.left_out],
            "facts": [
                (one, figure(one.number, one.unit, self.currency), self._left_url(kpi, one.part))
                for one in value.facts
            ],
            "url": rows_url(kpi.key, self.state) if "" in kpi.rows else "",
            "all_url": rows_url(kpi.key, self.state, part="all") if "all" in kpi.rows else "",
            "rows": kpi.rows_of(self.now).count() if "" in kpi.rows else 0,
            "all": kpi.rows_of(self.now, "all").count() if "all" in kpi.rows else 0,
            "close_url": self.state.url(kpi=None),
            "twin": self._twin(kpi),
        }

    def _left_url(self, kpi: Kpi, part: str) -> str:
        return rows_url(kpi.key, self.state, part=part) if part in kpi.rows and part else ""

    def _amount(self, kpi: Kpi, amount: Any, *, top: bool) -> str:
        if amount is None:
            return ""
        is_money = isinstance(amount, Decimal) and kpi.unit != "count"
        if kpi.unit in ("money", "money_a_day") and top:
            is_money = True
        return figure(amount, "money" if is_money else "count", self.currency)

    def _ripe_on(self, value: Value) -> date | None:
        if not value.is_growing or value.maturity is None:
            return None
        last = self.now.people.last_born
        return last + timedelta(days=value.maturity.horizon + 1) if last else None

    def _twin(self, kpi: Kpi) -> list[tuple[str, str, bool]]:
        """The cohort and the period form of the lead conversion, to switch between."""
        pair = (("became_customer", _("Cohort")), ("period_conversion", _("Period")))
        if kpi.key not in dict(pair):
            return []
        return [
            (label, self.state.url(kpi=key) + "#definition", key == kpi.key) for key, label in pair
        ]

    def sources(self) -> dict[str, Any]:
        """Leads and what they cost, by source."""
        return source_table(self.now, self.state)


def source_table(figures: Figures, state: State) -> dict[str, Any]:
    """Rows and totals of the sources; spend only where the whole organisation is looked at."""
    spending, currency = figures.spending, figures.currency
    is_whole = state.ask.is_whole
    rows = [
        {
            "name": row.name or _("No source"),
            "key": row.key,
            "state": row.state,
            "spend": figure(row.spend, "money", currency),
            "cpl": figure(row.cpl, "money", currency) if row.cpl is not None else "",
            "leads": row.leads,
            "customers": row.customers,
            "mql": percent(row.mql_share) if row.leads >= 30 else "",
            "mql_count": row.mql,
            "url": rows_url("leads", state, source=row.key),
            "mql_url": rows_url("leads", state, part=LeadStage.MQL, source=row.key),
            "won_url": rows_url("leads", state, part=LeadStage.CUSTOMER, source=row.key),
        }
        for row in spending.shown
    ]
    return {"rows": rows, "is_whole": is_whole, "totals": _totals(figures, state)}


def _totals(figures: Figures, state: State) -> dict[str, Any]:
    spending, currency = figures.spending, figures.currency
    blended, paid, counts = spending.blended, spending.paid, figures.people.counts
    return {
        "spend": figure(blended.spend, "money", currency),
        "leads": blended.leads,
        "cpl": figure(blended.cpl, "money", currency),
        "mql": percent(ratio(counts[LeadStage.MQL], blended.leads)),
        "customers": counts[LeadStage.CUSTOMER],
        "paid_spend": figure(paid.spend, "money", currency),
        "paid_leads": paid.leads,
        "paid_cpl": figure(paid.cpl, "money", currency),
        "paid_url": rows_url("paid_cpl", state),
        "url": rows_url("leads", state),
        "mql_url": rows_url("leads", state, part=LeadStage.MQL),
        "won_url": rows_url("leads", state, part=LeadStage.CUSTOMER),
        "blind": blended.blind,
        "no_rate": spending.no_rate,
    }


def _wait(seconds: float | None) -> str:
    """How long a step took; under a minute is said so."""
    return _("< 1 min") if seconds is not None and seconds < 60 else duration(seconds)


_SNAPSHOT = KPIS["open_deals"].basis


def _spans(period: Period, first_day: int) -> list[tuple[date, date]]:
    """The weeks of a range, cut to it; its days where it is short."""
    if period.days < WEEKS_FROM:
        return [(day, day + timedelta(days=1)) for day in period.dates()]
    spans, start = [], period.start_on
    while start < period.end_on:
        end = min(week(start, first_day)[1], period.end_on)
        spans.append((start, end))
        start = end
    return spans


def _sums(days: dict[date, int], spans: Sequence[tuple[date, date]]) -> list[int]:
    return [sum(n for day, n in days.items() if start <= day < end) for start, end in spans]
