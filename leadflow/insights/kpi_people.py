"""The KPIs about people: how each is computed, and why it may have no number."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from leadflow.insights.figures import Figures
from leadflow.insights.formulas import ratio
from leadflow.insights.measures import (
    ACCEPTANCE,
    ASKED,
    BOUGHT,
    HORIZONS,
    TOUCHED,
    TOUCHED_FAST,
)
from leadflow.insights.spend import Total
from leadflow.insights.values import Fact, LeftOut, Maturity, Value, Words, share
from leadflow.models import LeadStage

NO_LEADS = _("No lead was generated in this range.")
NOBODY_ASKED = _("No qualified lead was handed to anybody in this range.")
NOBODY_TOUCHED = _("Nobody has reached out to the leads of this range yet.")


def _undated(figures: Figures) -> list[LeftOut]:
    return [LeftOut(_("imported without a date"), figures.people.undated, "undated")]


def leads(figures: Figures) -> Value:
    count = figures.people.counts[LeadStage.LEAD]
    undated = [one for one in _undated(figures) if one.count]
    return Value(count, n=count, numerator=count, left_out=tuple(undated))


def _cohort(figures: Figures, stage: LeadStage) -> Value:
    whole, cohort = figures.people.counts[LeadStage.LEAD], figures.people.cohort(stage)
    maturity = Maturity(HORIZONS[stage], cohort.ripe, whole, cohort.ripe_in_time)
    return share(
        cohort.in_time, whole, why=NO_LEADS, maturity=maturity, left_out=_undated(figures)
    )  # fmt: skip


def became_mql(figures: Figures) -> Value:
    return _cohort(figures, LeadStage.MQL)


def became_customer(figures: Figures) -> Value:
    return _cohort(figures, LeadStage.CUSTOMER)


def period_conversion(figures: Figures) -> Value:
    count, whole = figures.people.total(BOUGHT).n, figures.people.counts[LeadStage.LEAD]
    number = ratio(count, whole)
    return Value(number, n=whole, numerator=count, denominator=whole, why="" if whole else NO_LEADS)


def acceptance(figures: Figures) -> Value:
    counts = figures.people.acceptance
    waiting = counts["n"] - counts["due"]
    return share(
        counts["accepted"],
        counts["due"],
        why=_("No MQL of this range is due for a decision yet.") if counts["n"] else _("No lead became an MQL in this range."),
        facts=(Fact("waiting", _("decision not due yet"), waiting, part="waiting"),),
        left_out=[LeftOut(_("not due for %(days)d days yet") % {"days": ACCEPTANCE}, waiting, "waiting")],
    )  # fmt: skip


def unattended(figures: Figures) -> Value:
    part, whole = figures.people.standing["unattended"], figures.people.standing["open"]
    return Value(
        part, n=whole, numerator=part, denominator=whole,
        facts=(Fact("share", _("of open leads"), ratio(part, whole), "share"),),
    )  # fmt: skip


def speed_to_lead(figures: Figures) -> Value:
    people = figures.people
    asked, touched = people.total(ASKED).n, people.total(TOUCHED).n
    took = figures.ledger.timing(people.period, TOUCHED)
    fast = ratio(people.total(TOUCHED_FAST).n, asked)
    facts = (
        Fact("mean", _("mean"), seconds(took.mean), "seconds"),
        Fact("p90", _("nine of ten took at most"), seconds(took.p90), "seconds"),
        Fact("fast", _("touched within 5 minutes"), fast, "share", "fast"),
        Fact("untouched", _("not touched yet"), asked - touched, part="untouched"),
    )
    return Value(
        seconds(took.median), n=touched, numerator=touched, facts=facts,
        why="" if touched else NOBODY_TOUCHED if asked else NOBODY_ASKED,
    )  # fmt: skip


def seconds(value: float | None) -> Decimal | None:
    """A duration as a number of its own; None where there is none."""
    return None if value is None else Decimal(str(value))


def _cpl(figures: Figures, total: Total, nothing: Words) -> Value:
    left = []
    if total.blind:
        left.append(LeftOut(_("sources with leads but no spend entered"), total.blind))
    if figures.spending.no_rate:
        left.append(LeftOut(_("spend entries without an exchange rate"), figures.spending.no_rate))
    return Value(
        total.cpl,
        n=total.leads,
        numerator=total.spend,
        denominator=total.leads,
        why=_cpl_why(total, nothing) if total.cpl is None else "",
        left_out=tuple(left),
    )


def _cpl_why(total: Total, nothing: Words) -> Words:
    if total.spend is None:
        return _("No spend is entered for this range.")
    return nothing


def blended_cpl(figures: Figures) -> Value:
    if not figures.ask.is_whole:
        return _not_split()
    return _cpl(figures, figures.spending.blended, _("Spend without leads."))


def paid_cpl(figures: Figures) -> Value:
    if not figures.ask.is_whole:
        return _not_split()
    return _cpl(figures, figures.spending.paid, _("Spend without leads from bought media."))


def _not_split() -> Value:
    return Value(None, why=_("Spend belongs to sources. It cannot be told apart by owner or team."))
