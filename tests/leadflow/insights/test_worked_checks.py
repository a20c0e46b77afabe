"""The worked checks of the KPI definitions, by hand."""

from datetime import date
from decimal import Decimal

import pytest

from leadflow.insights import formulas
from leadflow.insights.kpis import KPIS, compute
from leadflow.insights.people import STAGES
from leadflow.insights.values import interval
from leadflow.kit.periods import Period
from leadflow.models import SpendEntry
from leadflow.services import leads
from pipeline.models import StageKind
from tests.factories.core import a_lead, a_source
from tests.leadflow.insights.conftest import asked, bring, days

pytestmark = pytest.mark.django_db


def test_velocity_of_40_open_deals_is_2777_78_a_day():
    found = formulas.velocity(Decimal(40), Decimal("0.25"), Decimal(25_000), Decimal(90))

    assert round(found, 2) == Decimal("2777.78")


def test_velocity_of_18_open_deals_is_2326_15_a_day():
    found = formulas.velocity(Decimal(18), Decimal("0.24"), Decimal(42_000), Decimal(78))

    assert round(found, 2) == Decimal("2326.15")


def test_velocity_without_one_part_has_no_number_and_a_cycle_is_a_day_at_least():
    assert formulas.velocity(Decimal(18), None, Decimal(42_000), Decimal(78)) is None
    assert formulas.velocity(Decimal(1), Decimal(1), Decimal(7), Decimal("0.01")) == 7


def test_spend_without_leads_is_no_data_and_says_so():
    ads = a_source("Ads", channel="paid_search")
    SpendEntry.objects.create(
        source=ads, starts_on=date(2026, 5, 1), ends_on=date(2026, 5, 31),
        amount=Decimal(1000), currency="EUR",
    )  # fmt: skip

    found = compute("cpl", asked())

    assert found.number is None
    assert found.numerator == 1000
    assert str(found.why) == "Spend without leads."


def test_a_hundred_created_three_won_seven_lost_is_30_percent_closed_and_3_percent_created():
    for n in range(100):
        kind = StageKind.WON if n < 3 else StageKind.LOST if n < 10 else StageKind.OPEN
        bring(kind, opened=days(n % 30), closed=days(40) if n < 10 else None)
    figures = asked()

    assert compute("close_rate", figures).number == Decimal("0.3")
    assert compute("created_win_rate", figures).number == Decimal("0.03")


def test_lifetime_value_without_churn_is_capped_at_sixty_months():
    assert formulas.lifetime_value(Decimal(100), Decimal("0.8"), Decimal(0)) == 4800


def test_a_row_that_jumps_and_comes_back_has_reached_each_stage_once():
    assert formulas.reached([1, 4, 2]) == {1, 2, 3, 4}

    lead = a_lead(at=days(1))
    for stage in ("opportunity", "sal", "opportunity", "sql"):
        lead = leads.advance(lead, to=stage, by=None, at=days(2))
    counts = asked().people.counts

    assert [counts[stage] for stage in STAGES] == [1, 1, 1, 1, 1, 0]


def test_no_rows_is_no_data_with_a_reason_for_every_rate_and_mean():
    figures = asked()
    for kpi in KPIS.values():
        found = kpi.compute(figures)
        if kpi.unit != "count" and kpi.key != "realised_velocity":
            assert found.number is None, kpi.key
            assert found.why, kpi.key


def test_none_of_many_is_zero_with_an_upper_bound():
    assert interval(0, 60) == (0.0, 0.05)


def test_a_cohort_says_how_much_of_it_is_old_enough():
    for day in (0, 10, 20, 80):
        leads.advance(a_lead(at=days(day)), to="mql", by=None, at=days(day + 5))

    found = compute("became_mql", asked(at=days(55)))

    assert (found.numerator, found.denominator) == (3, 3) or found.denominator == 4
    assert found.maturity.mature == 3
    assert found.is_growing


def test_a_lead_that_takes_longer_than_the_horizon_does_not_count():
    leads.advance(a_lead(at=days(0)), to="mql", by=None, at=days(30))
    leads.advance(a_lead(at=days(0)), to="mql", by=None, at=days(30, hours=1))

    assert compute("became_mql", asked()).numerator == 1


def test_two_windows_that_meet_share_no_row():
    a_lead(at=days(30, hours=-12))
    april, may = (
        Period(date(2026, 4, 1), date(2026, 5, 1)),
        Period(date(2026, 5, 1), date(2026, 6, 1)),
    )

    assert compute("leads", asked(period=april)).number == 0
    assert compute("leads", asked(period=may)).number == 1


def test_a_merged_person_counts_once_at_the_earlier_time():
    from leadflow.services import merging

    first, second = a_lead(at=days(-10)), a_lead(at=days(5))
    merging.merge(survivor=second, loser=first, by=None)

    assert compute("leads", asked()).number == 0


def test_our_own_staff_and_the_trash_do_not_count_but_the_erased_do(alice):
    from leadflow.services import privacy

    a_lead("alice@crm.example", at=days(1))
    leads.trash_many(lead_ids=[a_lead(at=days(1)).pk], by=None)
    privacy.erase(lead=a_lead(at=days(1)), by=None)

    assert compute("leads", asked()).number == 1


def test_spend_cannot_be_told_apart_by_owner(bob):
    assert "told apart by owner" in str(compute("cpl", asked(bob)).why)
