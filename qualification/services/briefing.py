"""BANT as a deal may begin with it: budget, authority, need and timing of the present cycle."""

from datetime import date, timedelta

from leadflow.models import BuyingRole, Lead, LeadCycle
from leadflow.services import briefing
from leadflow.services.briefing import Brief, Fact
from qualification.models import VALUES, BantAnswer, Letter, Timing
from qualification.services.showing import source_of

# The last day of what she said, counted from the day on which she said it.
_WITHIN = {Timing.NOW: 30, Timing.SOON: 90, Timing.QUARTER: 180, Timing.HALF_YEAR: 365}
_NEEDED = ("latent", "recognised", "urgent")


def of_lead(lead: Lead) -> Brief:
    """What her answers come to: the upper end of the budget, the last day of the timing."""
    cycle = LeadCycle.objects.filter(lead=lead).order_by("-number").first()
    rows = BantAnswer.objects.filter(lead=lead, cycle=cycle).exclude(value="unknown")
    known = {row.letter: row for row in rows.select_related("by")}
    facts = [_fact(known[letter]) for letter in Letter.values if letter in known]
    budget, authority = known.get(Letter.BUDGET), known.get(Letter.AUTHORITY)
    role = authority.value if authority else ""
    return Brief(
        amount=(budget.amount_max or budget.amount_min) if budget else None,
        currency=budget.currency if budget else "",
        close_on=_close_on(known.get(Letter.TIMING)),
        role=role if role in BuyingRole.values else "",
        need=_need(known.get(Letter.NEED)),
        facts=facts,
    )


def _fact(row: BantAnswer) -> Fact:
    words = str(VALUES[row.letter](row.value).label)
    if row.detail:
        words = f"{words}, {row.detail}"
    return Fact(row.letter, str(Letter(row.letter).label), words, source_of(row))


def _close_on(row: BantAnswer | None) -> date | None:
    if row is None:
        return None
    days = _WITHIN.get(Timing(row.value))
    return row.target_on or (row.at.date() + timedelta(days=days) if days else None)


def _need(row: BantAnswer | None) -> str:
    return row.detail if row and row.value in _NEEDED else ""


def install() -> None:
    """Let deals begin with it; called once by apps.py."""
    briefing.register(of_lead)
