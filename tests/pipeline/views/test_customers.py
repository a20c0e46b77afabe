"""The page of a customer and the list that leads to it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from leadflow.kit import clock
from leadflow.models import Customer
from pipeline.models import Order, Product, Subscription
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def buyer(bob):
    return make.customer(lead=make.lead(bob))


def test_an_order_and_a_subscription_are_written_down(as_, bob, buyer):
    client, today = as_(bob), timezone.localdate().isoformat()
    money = {"amount": "1200", "currency": "EUR", "on": today}

    client.post(
        f"{buyer.get_absolute_url()}orders/", {f"order-{k}": v for k, v in money.items()} | {"order-title": "Roof"}
    )  # fmt: skip
    client.post(
        f"{buyer.get_absolute_url()}subscriptions/",
        {f"sub-{k}": v for k, v in money.items()} | {"sub-title": "Care", "sub-interval": "year"},
    )
    page = client.get(buyer.get_absolute_url()).content.decode()

    assert (Order.objects.get().title, Subscription.objects.get().title) == ("Roof", "Care")
    assert "1,200" in page
    assert f"lead={buyer.lead_id}" in page


def test_what_was_typed_stays_where_something_is_missing(as_, bob, buyer):
    answer = as_(bob).post(f"{buyer.get_absolute_url()}orders/", {"order-title": "Half a roof"})

    assert answer.status_code == 422
    assert "Half a roof" in answer.content.decode()
    assert not Order.objects.exists()


def test_a_subscription_is_renewed_and_ended_from_the_page(as_, bob, buyer):
    row = make.subscribe(buyer)
    client = as_(bob)
    seen = row.renews_on

    client.post(f"/subscriptions/{row.pk}/renew/", {"seen": seen.isoformat()})
    again = client.post(f"/subscriptions/{row.pk}/renew/", {"seen": seen.isoformat()})
    row.refresh_from_db()
    renewed = row.renews_on
    client.post(f"/subscriptions/{row.pk}/end/")
    row.refresh_from_db()

    assert (renewed.year, again.status_code) == (seen.year + 1, 409)
    assert row.ended_on


def test_a_customer_leaves_with_a_reason_and_comes_back(as_, bob, buyer):
    client, url = as_(bob), buyer.get_absolute_url()

    refused = client.post(f"{url}left/", {})
    client.post(f"{url}left/", {"leave-reason": "Too dear"})
    page = client.get(url).content.decode()
    client.post(f"{url}back/")

    assert refused.status_code == 422
    assert "Too dear" in page
    assert Customer.objects.get().churned_at is None


def test_the_list_shows_value_and_renewal_and_leads_to_the_page(as_, bob, buyer):
    make.order(buyer, amount=Decimal(4321))
    make.subscribe(buyer, renews_on=clock.now().date() + timedelta(days=20))
    other = make.customer(lead=make.lead(bob, first_name="Nobody", last_name="Else"))

    client = as_(bob)
    page = client.get("/customers/").content.decode()
    ahead = client.get("/customers/?renews=90").content.decode()

    assert "4,321" in page
    assert buyer.get_absolute_url() in ahead
    assert other.get_absolute_url() in page
    assert other.get_absolute_url() not in ahead


def test_the_list_finds_whom_a_product_may_be_offered_to(as_, bob, buyer):
    product = Product.objects.create(name="Battery", created_at=clock.now())
    make.order(buyer, product=product)
    other = make.customer(lead=make.lead(bob))

    page = as_(bob).get(f"/customers/?lacks={product.pk}").content.decode()

    assert other.get_absolute_url() in page
    assert buyer.get_absolute_url() not in page


def test_an_order_is_cancelled_from_the_page_and_taken_back(as_, bob, buyer):
    row, client = make.order(buyer, amount=Decimal(900)), as_(bob)

    client.post(f"/orders/{row.pk}/cancel/")
    cancelled = client.get(buyer.get_absolute_url()).content.decode()
    client.post(f"/orders/{row.pk}/reinstate/")

    row.refresh_from_db()
    assert "cancelled" in cancelled
    assert "no orders yet" in cancelled
    assert row.cancelled_at is None


def test_the_upsell_list_leaves_out_who_left_and_with_whom_a_deal_is_open(as_, bob, buyer):
    busy = make.customer(company=make.company("Busy"))
    make.deal(owner=bob, company=busy.company)
    gone = make.customer(lead=make.lead(bob))
    Customer.objects.filter(pk=gone.pk).update(churned_at=clock.now())

    page = as_(bob).get("/customers/?state=active&deal=none").content.decode()

    assert buyer.get_absolute_url() in page
    assert busy.get_absolute_url() not in page
    assert "Busy" not in page
    assert gone.get_absolute_url() not in page


def test_abuse_E02_no_door_of_another_teams_customer_opens(as_, buyer, carl):
    row, client, url = make.subscribe(buyer), as_(carl), buyer.get_absolute_url()
    order = make.order(buyer)
    doors = [url, *(f"{url}{name}/" for name in ("orders", "subscriptions", "left", "back"))]
    doors += [f"/subscriptions/{row.pk}/{verb}/" for verb in ("renew", "end")]
    doors += [f"/orders/{order.pk}/{verb}/" for verb in ("cancel", "reinstate")]

    for door in doors:
        answers = {client.get(door).status_code, client.post(door).status_code}
        assert answers <= {404, 405}, door


def test_abuse_E04_the_list_does_not_name_another_teams_customer(as_, buyer, carl):
    page = as_(carl).get("/customers/?renews=90").content.decode()

    assert buyer.get_absolute_url() not in page
