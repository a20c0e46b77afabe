"""What a conversion carries from the lead: budget, timing, need and authority; and what keeps it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from leadflow.errors import Conflict
from leadflow.kit import clock
from leadflow.services import briefing, duplicates, leads
from pipeline import selectors
from pipeline.models import DealPerson
from pipeline.services import converting, deals, purchases, quotes, roles, unconverting
from qualification.services import bant
from tests.factories import pipeline as make
from tests.factories import quotes as quoting

pytestmark = pytest.mark.django_db


def opening(**fields):
    return deals.Opening(name="Roof", amount=Decimal(100), stage=make.stage(), **fields)


def converted(lead, by, **choice):
    return converting.convert(lead, choice=converting.Choice(**choice), by=by)


# --- what is known ---


def test_what_was_learned_in_talks_is_what_a_deal_can_begin_with(bob):
    lead = make.lead(bob)
    money = {"amount_max": Decimal(50_000), "currency": "EUR", "detail": "for roof and storage"}
    bant.answer(lead=lead, letter="budget", value="planned", details=money, by=bob)
    bant.answer(
        lead=lead, letter="timing", value="soon", details={"target_on": date(2099, 5, 1)}, by=bob
    )
    bant.answer(
        lead=lead, letter="need", value="urgent", details={"detail": "Power is dear"}, by=bob
    )
    bant.answer(lead=lead, letter="authority", value="champion", by=bob)

    brief = briefing.brief_of(lead)

    assert (brief.amount, brief.currency, brief.close_on) == (50_000, "EUR", date(2099, 5, 1))
    assert (brief.need, brief.role) == ("Power is dear", "champion")
    assert brief.about("budget").words == "Planned, for roof and storage"
    assert brief.about("budget").source == bob.name


def test_a_time_without_a_day_is_its_last_day(bob):
    lead, now = make.lead(bob), clock.now()
    bant.answer(lead=lead, letter="timing", value="quarter", by=bob, at=now)

    assert briefing.brief_of(lead).close_on == now.date() + timedelta(days=180)


def test_of_somebody_whom_nobody_asked_nothing_is_known(bob):
    assert briefing.brief_of(make.lead(bob)) == briefing.NOTHING


# --- the role ---


def test_the_person_has_her_role_in_the_new_deal(bob):
    made = converted(make.lead(bob), bob, opening=opening(), role="champion")

    row = DealPerson.objects.get()
    assert (row.deal, row.lead, row.role) == (made.deal, made.lead, "champion")


def test_the_role_in_a_deal_that_she_joined_goes_with_the_conversion(bob):
    made = converted(
        make.lead(bob), bob, deal=make.deal(bob), role="champion", need="Power is dear"
    )
    made.deal.refresh_from_db()
    assert made.deal.need == "Power is dear"

    unconverting.unconvert(made, by=bob)

    made.deal.refresh_from_db()
    assert not DealPerson.objects.exists()
    assert made.deal.need == ""


def test_a_role_that_was_changed_since_stays(bob, alice):
    made = converted(make.lead(bob), bob, deal=make.deal(bob), role="champion")
    roles.give(deal=made.deal, lead=made.lead, role="blocker", by=alice)

    unconverting.unconvert(made, by=bob)

    assert DealPerson.objects.get().role == "blocker"


# --- what keeps a conversion ---


@pytest.mark.parametrize("bought", ["order", "subscription", "quote"])
def test_what_was_bought_by_the_deal_keeps_the_conversion_and_says_so(bob, bought):
    made = converted(make.lead(bob), bob, opening=opening(), company_name="Brandt AG")
    customer = make.customer(company=made.company)
    if bought == "order":
        make.order(customer, deal=made.deal)
    elif bought == "subscription":
        make.subscribe(customer, deal=made.deal)
    else:
        deals.set_lines(made.deal, lines=[quoting.line()], by=bob)
        quoting.accept(quotes.send(quotes.start(deal=made.deal, by=bob), by=bob))

    with pytest.raises(Conflict, match=bought):
        unconverting.unconvert(made, by=bob)


def test_an_order_that_was_cancelled_keeps_nothing(bob):
    made = converted(make.lead(bob), bob, opening=opening(), company_name="Brandt AG")
    row = make.order(make.customer(company=made.company), deal=made.deal)
    row.cancelled_at = clock.now()
    row.save(update_fields=["cancelled_at"])

    undone, _seen = unconverting.unconvert(made, by=bob)

    assert undone.undone_at


# --- which companies, and who else ---


def test_companies_are_offered_by_mail_domain_and_typed_name(bob):
    lead = make.lead(bob, email="anna@gmail.com")
    there = make.company("Oakridge Cold Stores")
    assert lead.company is None

    assert list(selectors.companies_like(bob, lead)) == []
    assert list(selectors.companies_like(bob, lead, "oakr")) == [there]


def test_the_company_of_her_mail_domain_is_offered_where_she_has_none(bob):
    lead = make.lead(bob, email="anna@oakridge.example")
    there = lead.company
    lead = leads.update(lead, values={"company": None}, by=bob)

    assert there in selectors.companies_like(bob, lead)


def test_who_may_be_the_same_person_is_shown_unless_told_apart(bob):
    company = make.company("Oakridge")
    names = {"first_name": "Anna", "last_name": "Brandt", "company": company}
    one, two = (make.lead(bob, email=f"anna{n}@gmail.com", **names) for n in (1, 2))

    assert duplicates.alike(one, bob) == [two]


def test_subscriptions_that_a_win_began_leave_with_it_and_free_the_conversion(bob):
    made = converted(make.lead(bob), bob, opening=opening(), company_name="Brandt AG")
    line = deals.LineIn(text="Care", price=Decimal(5), billing="year", term_months=12)
    deal = deals.set_lines(made.deal, lines=[line], by=bob)
    won = deals.win(deal, amount=deal.amount, by=bob)
    assert purchases.Subscription.objects.exists()

    deals.reopen(won, by=bob)
    made.refresh_from_db()

    assert unconverting.may_unconvert(made) == ""
