"""Orders, subscriptions, renewals and the reminder before each."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from leadflow.errors import Conflict, Invalid
from leadflow.kit import clock
from leadflow.models import Activity, Organisation
from leadflow.services import customers
from pipeline.models import Order
from pipeline.services import purchases
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer(bob):
    return make.customer(lead=make.lead(bob))


def test_an_order_of_another_system_is_taken_in_once(buyer):
    bought = purchases.Bought(
        customer=buyer, title="Roof", amount=Decimal(9), on=date(2026, 1, 5), external=("erp", "7")
    )

    first, is_new = purchases.order(bought, by=None)
    again, is_new_again = purchases.order(bought, by=None)

    assert (first, is_new, is_new_again) == (again, True, False)
    assert Order.objects.get().base_amount == 9


def test_a_negative_amount_is_refused_and_leaves_nothing(buyer):
    with pytest.raises(Invalid):
        make.order(buyer, amount=Decimal(-1))

    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("day", "interval", "then"),
    [
        (date(2026, 1, 31), "month", date(2026, 2, 28)),
        (date(2026, 11, 30), "quarter", date(2027, 2, 28)),
        (date(2024, 2, 29), "year", date(2025, 2, 28)),
    ],
)
def test_it_renews_on_the_same_day_or_the_last_of_the_month(day, interval, then):
    assert purchases.later(day, interval) == then


def test_a_subscription_goes_on_for_one_interval_at_a_time(buyer):
    row = make.subscribe(buyer, on=date(2026, 3, 1))

    renewed = purchases.renew(row, seen="2027-03-01", by=None)

    assert renewed.renews_on == date(2028, 3, 1)
    with pytest.raises(Conflict, match="meanwhile"):
        purchases.renew(row, seen="2027-03-01", by=None)


def test_one_that_ended_does_not_renew(buyer):
    row = purchases.end(make.subscribe(buyer), on=clock.now().date(), by=None)

    with pytest.raises(Conflict, match="ended"):
        purchases.renew(row, by=None)


def test_the_owner_is_reminded_once_of_each_renewal(bob, buyer):
    soon = clock.now().date() + timedelta(days=30)
    row = make.subscribe(buyer, renews_on=soon)
    make.subscribe(buyer, renews_on=soon + timedelta(days=90))

    assert [purchases.remind_renewals(), purchases.remind_renewals()] == [1, 0]
    todo = Activity.objects.get()
    assert (todo.owner, todo.lead, todo.subject_ref) == (bob, buyer.lead, buyer.ref)

    purchases.renew(row, by=None)
    assert purchases.remind_renewals(at=clock.now() + timedelta(days=365)) == 1


def test_how_long_before_is_a_setting(buyer):
    make.subscribe(buyer, renews_on=clock.now().date() + timedelta(days=30))
    Organisation.current()
    Organisation.objects.update(renewal_days=20)

    assert purchases.remind_renewals() == 0


def test_nobody_is_reminded_of_a_customer_who_left(buyer, bob):
    make.subscribe(buyer, renews_on=clock.now().date() + timedelta(days=30))
    customers.leave(buyer, reason="Went bankrupt", by=bob)

    assert purchases.remind_renewals() == 0
