"""The register of KPIs: what each means in words, what it is made of, and which rows stand behind it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from leadflow.insights import kpi_people, kpi_trade, kpi_visitors
from leadflow.insights import measures as m
from leadflow.insights.figures import Figures
from leadflow.insights.values import Value, Words
from leadflow.models import LeadStage

Rows = Callable[[Figures], QuerySet[Any]]

COHORT = _("Cohort: the leads of the range, and what became of exactly those.")
VISITORS = _(
    "Cohort: the visitors of the range by their first visit, and what became of exactly those."
)
PERIOD = _("Period: each by the day on which it happened.")
SNAPSHOT = _("Snapshot: as things stand now, whatever the range.")


@dataclass(frozen=True, slots=True)
class Kpi:
    """One number. `rows` gives, by part, the leads or deals that were counted; "" is the headline."""

    key: str
    label: Words
    definition: Words
    unit: str  # count, share, money, days, seconds, money_a_day
    basis: Words
    compute: Callable[[Figures], Value]
    numerator: Words = ""
    denominator: Words = ""
    entity: str = "lead"
    rows: Mapping[str, Rows] = field(default_factory=dict)
    part_labels: Mapping[str, Words] = field(default_factory=dict)
    rises_well: bool | None = True  # whether more is better; None where neither is
    is_credit: bool = False  # whether its rows are deals of which each counts with a share

    def rows_of(self, figures: Figures, part: str = "") -> QuerySet[Any]:
        """The rows behind the number or a part of it. KeyError for a part that it has not."""
        return self.rows[part](figures)


def _leads(*names: str) -> Rows:
    return lambda f: f.people.rows(*names)


def _ripe(stage: LeadStage) -> Rows:
    return lambda f: f.people.ripe_rows(stage)


def _undated_leads(figures: Figures) -> QuerySet[Any]:
    return figures.people.undated_rows()


def _deals(*names: str) -> Rows:
    return lambda f: f.trade.rows(*names)


def _won(condition: Q, *, year: bool = False) -> Rows:
    return lambda f: f.trade.rows(m.WON, period=f.trade.trailing if year else None, where=condition)


def _credited(figures: Figures) -> QuerySet[Any]:
    return figures.trade.rows(*m.CREDITS)


def _undated(*names: str) -> Rows:
    return lambda f: f.trade.undated_rows(*names)


def _open_unpriced(figures: Figures) -> QuerySet[Any]:
    return figures.trade.open_rows().filter(base_amount=None)


def _paid(figures: Figures) -> QuerySet[Any]:
    bought = [row.key for row in figures.spending.rows if row.is_paid]
    return figures.people.rows(m.LEAD, condition=Q(source__in=bought))


def _lost(figures: Figures) -> QuerySet[Any]:
    return figures.trade.rows(m.LOST, where=figures.trade.counting)


def _not_counted(figures: Figures) -> QuerySet[Any]:
    return figures.trade.rows(m.LOST, where=~figures.trade.counting)


def _closed(figures: Figures) -> QuerySet[Any]:
    return figures.trade.closed_rows()


def _opened(figures: Figures) -> QuerySet[Any]:
    return figures.trade.rows(m.OPENED, where=figures.trade.counting)


_TIMED = Q(seconds__isnull=False)
_all_leads = _leads(m.LEAD)
_all_won = _deals(m.WON)
_WON_LEFT: dict[str, Rows] = {
    "no_amount": _deals(m.WON_NO_AMOUNT),
    "no_rate": _deals(m.WON_NO_RATE),
    "for_nothing": _deals(m.WON_FREE),
    "undated_won": _undated(m.UNDATED_WON),
}

_ALL = [
    Kpi(
        "leads", _("Leads generated"),
        _("People who became a lead in the range, each once however often they come back."),
        "count", PERIOD, kpi_people.leads, numerator=_("leads"),
        rows={"": _all_leads, "undated": _undated_leads, LeadStage.LEAD: _all_leads}
        | {stage: _leads(measure) for stage, measure in m.REACHED.items()},
    ),
    Kpi(
        "visitor_rate", _("Visitors who became a lead"),
        _("Of the visitors who agreed to be known and came first in the range, the share that became a lead within 30 days of the first visit. A visitor is a browser, not a session."),
        "share", VISITORS, kpi_visitors.rate, _("became a lead in time"), _("visitors of the range"), entity="visitor",
        rows={
            "": kpi_visitors.became, "all": kpi_visitors.everybody, "mature": kpi_visitors.mature,
            "known": lambda f: kpi_visitors.known(f.ask), "unknown": lambda f: kpi_visitors.without_consent(f.ask),
        },
    ),
    Kpi(
        "became_mql", _("Became MQL within 30 days"),
        _("Of the leads created in the range, the share that became an MQL, or got further, within 30 days of their creation."),
        "share", COHORT, kpi_people.became_mql, _("became MQL in time"), _("leads created in the range"),
        rows={"": _leads(m.MQL_IN_TIME), "all": _all_leads, "mature": _ripe(LeadStage.MQL), "undated": _undated_leads},
    ),
    Kpi(
        "became_customer", _("Became customer within 90 days"),
        _("Of the leads created in the range, the share that became a customer within 90 days of their creation."),
        "share", COHORT, kpi_people.became_customer, _("customers"), _("leads created in the range"),
        rows={"": _leads(m.CUSTOMER_IN_TIME), "all": _all_leads, "mature": _ripe(LeadStage.CUSTOMER), "undated": _undated_leads},
    ),
    Kpi(
        "period_conversion", _("Customers to leads, period ratio"),
        _("People who became a customer in the range, divided by the leads created in it. They are different people: the ratio can exceed 100 %."),
        "share", PERIOD, kpi_people.period_conversion, _("customers won in the range"), _("leads created in the range"),
        rows={"": _leads(m.BOUGHT), "all": _all_leads},
    ),
    Kpi(
        "acceptance", _("MQLs accepted within 7 days"),
        _("Of the leads that became an MQL in the range and whose decision is due, the share that sales accepted within 7 days. No decision counts as not accepted."),
        "share", COHORT, kpi_people.acceptance, _("accepted in time"), _("MQLs whose decision is due"),
        rows={
            "": _leads(m.ACCEPTED),
            "all": lambda f: f.people.due_rows(),
            "waiting": lambda f: f.people.waiting_rows(),
        },
    ),
    Kpi(
        "speed", _("Speed to lead, median"),
        _("From the moment a qualified lead first had an owner to the first call, mail or meeting with them: the middle of the leads handed over in the range. Automatic mail is not a touch, and nights count."),
        "seconds", COHORT, kpi_people.speed_to_lead, _("touched"), rises_well=False,
        rows={
            "": _leads(m.TOUCHED), "all": _leads(m.ASKED), "fast": _leads(m.TOUCHED_FAST),
            "untouched": lambda f: f.people.untouched_rows(),
        },
    ),
    Kpi(
        "unattended", _("Unattended leads"),
        _("Open leads, from lead to SQL, that have no owner or nothing planned."),
        "count", SNAPSHOT, kpi_people.unattended, _("without owner or next step"), _("open leads"),
        rows={"": lambda f: f.people.unattended_rows, "all": lambda f: f.people.open_rows}, rises_well=False,
    ),
    Kpi(
        "cpl", _("Cost per lead, blended"),
        _("All marketing spend of the range, shared out by days, divided by all leads generated in it."),
        "money", PERIOD, kpi_people.blended_cpl, _("spend"), _("leads"), rows={"": _all_leads}, rises_well=False,
    ),
    Kpi(
        "paid_cpl", _("Cost per lead, paid"),
        _("Spend on bought media (search, social and display advertising) divided by the leads that came from there."),
        "money", PERIOD, kpi_people.paid_cpl, _("paid spend"), _("leads from bought media"),
        rows={"": _paid},
        rises_well=False,
    ),
    Kpi(
        "won_revenue", _("Won revenue"),
        _("The amounts of the deals won in the range, in the base currency at the rate of the day they were won. By owner and team: their shares of the revenue of each deal, and all of a deal that nobody shares."),
        "money", PERIOD, kpi_trade.won_revenue, _("won"), entity="deal", rows={"": _credited, **_WON_LEFT}, is_credit=True,
    ),
    Kpi(
        "won_deals", _("Won deals"), _("Deals won in the range. A deal that was won again counts at its last closing."),
        "count", PERIOD, kpi_trade.won_deals, _("won deals"), entity="deal", rows={"": _all_won, **_WON_LEFT},
    ),
    Kpi(
        "lost_deals", _("Lost deals"), _("Deals lost in the range for a reason that counts. Duplicates and bad data are nobody’s loss."),
        "count", PERIOD, kpi_trade.lost_deals, _("lost deals"), entity="deal", rises_well=False,
        rows={"": _lost, "all": _deals(m.LOST), "not_counted": _not_counted, "undated_lost": _undated(m.UNDATED_LOST)},
    ),
    Kpi(
        "deal_size", _("Average deal size"), _("The mean amount of the deals won in the range. Deals without an amount, or won at 0, are left out and counted."),
        "money", PERIOD, kpi_trade.deal_size, _("won"), _("won deals with an amount"), entity="deal",
        rows={"": _won(Q(amount__gt=0)), "all": _won(Q(amount__gt=0)), **_WON_LEFT},
    ),
    Kpi(
        "close_rate", _("Close rate"), _("Of the deals won or lost in the range, the share that was won. Losses for a reason that does not count are left out."),
        "share", PERIOD, kpi_trade.close_rate, _("won"), _("won or lost in the range"), "deal",
        rows={"": _all_won, "all": _closed, "not_counted": _not_counted, "undated_closed": _undated(m.UNDATED_WON, m.UNDATED_LOST)},
    ),
    Kpi(
        "close_rate_by_value", _("Close rate by value"), _("The amounts won in the range, divided by the amounts won or lost in it."),
        "share", PERIOD, kpi_trade.close_rate_by_value, _("won"), _("won or lost"), "deal",
        rows={"": _all_won, "all": _closed, **_WON_LEFT},
    ),
    Kpi(
        "created_win_rate", _("Created win rate"), _("Of the deals opened in the range, the share that is won by now. Open ones count as not won."),
        "share", COHORT, kpi_trade.created_win_rate, _("won by now"), _("opened in the range"), "deal",
        rows={"": _deals(m.OPENED_WON), "all": _opened, "undated": _undated(m.UNDATED_OPEN, m.UNDATED_WON, m.UNDATED_LOST)},
    ),
    Kpi(
        "sales_cycle", _("Sales cycle, median"), _("From the day a deal qualified, else from its opening, to the day it was won: the middle of the deals won in the range."),
        "days", PERIOD, kpi_trade.sales_cycle, _("won deals with both dates"), entity="deal", rises_well=False,
        rows={
            "": _won(_TIMED), "unqualified": _deals(m.WON_UNQUALIFIED), "open": lambda f: f.trade.open_rows(),
            "no_start": _deals(m.WON_NO_START), "backwards": _deals(m.WON_BACKWARDS), **_WON_LEFT,
        },
    ),
    Kpi(
        "time_to_close", _("Lead to customer, median"), _("From the day the person became a lead to the day the deal was won: the middle of the new business won in the range."),
        "days", PERIOD, kpi_trade.time_to_close, _("won deals with a person"), entity="deal", rises_well=False,
        rows={"": _deals(m.CLOSED_NEW), "nobody": _deals(m.NEW_NOBODY), "late_people": _deals(m.NEW_LATE)},
    ),
    Kpi(
        "velocity", _("Pipeline velocity"), _("Open deals × close rate × mean deal ÷ days of a cycle: the money a day that the pipeline yields. Open deals are averaged over the range, the rest is of the last 365 days."),
        "money_a_day", PERIOD, kpi_trade.pipeline_velocity, _("a day"), entity="deal",
        rows={
            "": lambda f: f.trade.open_in_window(), "velocity_open": lambda f: f.trade.open_in_window(), "undated_open": _undated(m.UNDATED_OPEN),
            "velocity_closed": lambda f: f.trade.closed_rows(f.trade.trailing), "velocity_won": _won(Q(amount__gt=0), year=True),
            "velocity_timed": _won(_TIMED, year=True),
        },
    ),
    Kpi(
        "realised_velocity", _("Realised velocity"), _("Won revenue of the range divided by its days: what velocity should be near when the pipeline is steady. By owner and team revenue is shared as it is there."),
        "money_a_day", PERIOD, kpi_trade.realised_velocity, _("won"), _("days"), "deal",
        rows={"": _credited, **_WON_LEFT}, is_credit=True,
    ),
    Kpi(
        "open_deals", _("Open deals"), _("Deals that are neither won nor lost now."),
        "count", SNAPSHOT, kpi_trade.open_deals, _("open deals"), entity="deal", rises_well=None,
        rows={"": lambda f: f.trade.open_rows(), "undated_open": _undated(m.UNDATED_OPEN)},
    ),
    Kpi(
        "open_value", _("Open pipeline"), _("The amounts of all open deals, in the base currency."),
        "money", SNAPSHOT, kpi_trade.open_value, _("open"), entity="deal",
        rows={"": lambda f: f.trade.open_rows(), "unpriced": _open_unpriced},
    ),
    Kpi(
        "weighted", _("Weighted pipeline"), _("The amount of each open deal times the probability that its pipeline counts: of its stage, of what came of the deals there, or typed by hand."),
        "money", SNAPSHOT, kpi_trade.weighted_pipeline, _("weighted"), entity="deal",
        rows={"": lambda f: f.trade.open_rows(), "unpriced": _open_unpriced},
    ),
]  # fmt: skip

KPIS: dict[str, Kpi] = {one.key: one for one in _ALL}


def compute(key: str, figures: Figures) -> Value:
    """The value of one KPI. KeyError for a name that the register does not know."""
    return KPIS[key].compute(figures)
