"""Winning, losing and opening again."""

from datetime import timedelta
from decimal import Decimal

import pytest

from leadflow.errors import Invalid, InvalidTransition, StaleVersion
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.models import Activity, Customer, ExchangeRate, LeadStage
from leadflow.services import leads, returning
from pipeline.models import Deal, StageCheck
from pipeline.services import deals, returns
from pipeline.services.deals import gating
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


def test_winning_makes_the_company_a_customer_and_the_person_with_it(bob, recorded):
    company, lead = make.company(), make.lead(bob)
    deal = make.deal(bob, company=company, lead=lead)

    won = deals.win(deal, amount=Decimal(900), by=bob)

    lead.refresh_from_db()
    assert (won.status, won.amount, won.stage.name) == ("won", Decimal(900), "Won")
    assert Customer.objects.get().company == company
    assert lead.stage == LeadStage.CUSTOMER
    assert recorded()[-3:] == ["lead.advanced", "customer.won", "deal.won"]


def test_a_deal_of_nobody_is_won_without_a_customer(bob):
    won = deals.win(make.deal(bob), amount=Decimal(1), by=bob)

    assert won.status == "won"
    assert not Customer.objects.exists()


def test_the_fact_of_a_backdated_win_carries_the_day_it_happened(bob):
    earlier = clock.now() - timedelta(days=3)
    deal = make.deal(bob, at=earlier - timedelta(days=9))

    won = deals.win(deal, amount=Decimal(1), won_at=earlier, by=bob)

    event = Event.objects.get(kind="deal.won")
    assert won.won_at == won.first_closed_at == event.occurred_at == earlier
    assert event.recorded_at > earlier


def test_winning_prices_a_foreign_amount_at_the_rate_of_the_day_it_was_won(bob):
    now = clock.now()
    for days, rate in ((30, "0.5"), (5, "0.8")):
        ExchangeRate.objects.create(
            currency="USD", on=(now - timedelta(days=days)).date(), rate=rate
        )
    deal = make.deal(bob, amount=Decimal(100), currency="USD", at=now - timedelta(days=20))
    assert deal.base_amount == Decimal(50)

    won = deals.win(deal, amount=Decimal(100), by=bob)

    assert (won.rate, won.base_amount) == (Decimal("0.8"), Decimal(80))


@pytest.mark.parametrize(
    ("amount", "days"), [(None, 0), (Decimal(-1), 0), (Decimal(1), 1), (Decimal(1), -99)]
)
def test_a_win_needs_an_amount_and_a_day_that_can_be(bob, amount, days):
    deal = make.deal(bob)

    with pytest.raises(Invalid):
        deals.win(deal, amount=amount, won_at=clock.now() + timedelta(days=days), by=bob)

    assert Deal.objects.get().status == "open"


def test_a_loss_needs_a_reason(bob):
    with pytest.raises(Invalid) as caught:
        deals.lose(make.deal(bob), reason=None, by=bob)

    assert "reason" in caught.value.fields


def test_a_loss_to_a_competitor_names_the_competitor(bob):
    deal = make.deal(bob)

    with pytest.raises(Invalid) as caught:
        deals.lose(deal, reason=make.reason("Competitor"), by=bob)
    lost = deals.lose(deal, reason=make.reason("Competitor"), competitor=" Rival  AG ", by=bob)

    assert "competitor" in caught.value.fields
    assert lost.competitor == "Rival AG"


def test_a_loss_tells_when_to_come_back(bob):
    day = (clock.now() + timedelta(days=90)).date()

    lost = deals.lose(make.deal(bob), reason=make.reason("Timing"), return_on=day, by=bob)

    data = Event.objects.get(kind="deal.lost").data
    assert (lost.return_on, data["return_on"], data["reason"]) == (day, day.isoformat(), "Timing")


def test_a_closed_deal_is_not_closed_again(bob):
    deal = make.deal(bob)
    deals.win(deal, amount=Decimal(1), by=bob)

    with pytest.raises(InvalidTransition):
        deals.lose(deal, reason=make.reason(), by=bob)


def test_a_stale_win_is_refused_with_the_name_of_who_was_faster(bob, mia):
    deal = make.deal(bob)
    deals.lose(deal, reason=make.reason(), by=mia)

    with pytest.raises(StaleVersion, match="Mia closed this deal as lost"):
        deals.win(deal, amount=Decimal(1), version=deal.version, by=bob)


def test_opening_again_goes_back_to_the_stage_and_keeps_the_first_closing(bob, recorded):
    deal = make.deal(bob, stage=make.stage("Negotiation"))
    lost = deals.lose(deal, reason=make.reason(), by=bob)

    back = deals.reopen(lost, by=bob)

    assert (back.status, back.stage.name, back.lost_reason, back.lost_at) == (
        "open", "Negotiation", None, None,
    )  # fmt: skip
    assert back.first_closed_at == lost.first_closed_at
    assert recorded()[-1] == "deal.reopened"


def test_opening_a_won_deal_again_takes_the_customer_and_the_stage_back(bob):
    lead = make.lead(bob)
    deal = make.deal(bob, lead=lead)
    deals.win(deal, amount=Decimal(1), by=bob)

    deals.reopen(deal, by=bob)

    lead.refresh_from_db()
    assert Customer.objects.get().reverted_at
    assert lead.stage == LeadStage.OPPORTUNITY


def test_a_customer_with_another_won_deal_stays_one(bob):
    company = make.company()
    first, second = (make.deal(bob, company=company) for _each in range(2))
    for deal in (first, second):
        deals.win(deal, amount=Decimal(1), by=bob)

    deals.reopen(first, by=bob)

    customer = Customer.objects.get()
    assert customer.reverted_at is None
    assert customer.won_by == second.ref
    assert second.kind == Deal.Kind.NEW


def test_the_next_deal_of_a_customer_is_an_expansion(bob):
    company = make.company()
    deals.win(make.deal(bob, company=company), amount=Decimal(1), by=bob)

    assert make.deal(bob, company=company).kind == Deal.Kind.EXPANSION


def test_winning_asks_its_checklist_once_and_keeps_who_ticked_it(bob, mia):
    deal = make.deal(bob)
    won = deal.pipeline.stages.get(kind="won")
    gating.set_checklist(won, lines=["The contract is signed", "The start is agreed"])
    first, second = StageCheck.objects.filter(stage=won)

    with pytest.raises(Invalid) as refused:
        deals.win(deal, amount=Decimal(9), checks=[first], by=bob)
    closed = deals.win(deal, amount=Decimal(9), checks=[first, second], by=bob)
    deals.win(deals.reopen(closed, by=mia), amount=Decimal(9), by=mia)

    assert refused.value.fields == {f"check_{second.pk}": ["Not done yet."]}
    assert set(deal.ticks.values_list("check_line", "by")) == {
        (first.pk, bob.pk),
        (second.pk, bob.pk),
    }


def test_a_deal_lost_until_a_day_recycles_its_person_who_comes_back_once_with_a_to_do(bob):
    now, lead = clock.now(), make.lead(bob, first_name="Ann")
    deal = make.deal(bob, lead=lead)
    leads.advance(lead, to=LeadStage.OPPORTUNITY, by=bob)
    day = (now + timedelta(days=30)).date()

    deals.lose(deal, reason=make.reason("Timing"), return_on=day, by=bob)
    lead.refresh_from_db()
    away = (lead.disposition, lead.cycles.get().return_on, lead.cycles.get().reason)
    early = returning.bring_back_due(at=now + timedelta(days=28))
    back = [returning.bring_back_due(at=now + timedelta(days=31)) for _twice in range(2)]
    asked = returns.ask_again_due(at=now + timedelta(days=31))
    lead.refresh_from_db()

    assert away == ("recycled", day, "Timing")
    assert (early, back, asked) == (0, [1, 0], 0)
    assert (lead.disposition, lead.stage, lead.cycles.count()) == ("", LeadStage.LEAD, 2)
    todo = Activity.objects.get()
    assert (todo.owner, todo.lead) == (bob, lead)
    assert "Ann" in todo.subject


def test_opening_a_lost_deal_again_takes_the_return_of_its_person_back(bob):
    lead = make.lead(bob)
    deal = make.deal(bob, lead=lead)
    leads.advance(lead, to=LeadStage.OPPORTUNITY, by=bob)
    day = (clock.now() + timedelta(days=30)).date()

    lost = deals.lose(deal, reason=make.reason("Timing"), return_on=day, by=bob)
    reopened = deals.reopen(lost, by=bob)
    lead.refresh_from_db()

    cycle = lead.cycles.get()
    assert (lead.disposition, lead.stage) == ("", LeadStage.OPPORTUNITY)
    assert (cycle.return_on, cycle.recycled_at, reopened.return_on) == (None, None, None)


def test_a_lost_deal_without_a_recycled_person_asks_its_owner_once_on_its_day(bob):
    now, lead = clock.now(), make.lead(bob)
    plain, kept = make.deal(bob, company=make.company()), make.deal(bob, lead=lead)
    make.deal(bob, lead=lead)  # another is open, so she stays
    day = (now + timedelta(days=3)).date()
    for deal in (plain, kept):
        deals.lose(deal, reason=make.reason("Timing"), return_on=day, by=bob)

    asked = [returns.ask_again_due(at=now + timedelta(days=days)) for days in (1, 4, 4)]

    lead.refresh_from_db()
    assert (asked, lead.disposition) == ([0, 2, 0], "")
    assert set(Activity.objects.values_list("subject_ref", "owner")) == {
        (plain.ref, bob.pk),
        (kept.ref, bob.pk),
    }
