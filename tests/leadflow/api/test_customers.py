"""Customers, orders and subscriptions by key: what its owner may see and change, once per id of the source."""

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings

from leadflow.api import auth
from leadflow.events.models import Event
from leadflow.integrations import services
from leadflow.kit import clock
from leadflow.models import Customer
from leadflow.services import customers as core
from pipeline.models import Order, Product, Subscription
from tests.factories import pipeline as make
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db
SCOPES = ["customers:read", "purchases:write"]
BOUGHT = {"amount": "9500.00", "on": "2026-11-02", "title": "Roof"}


@pytest.fixture
def buyer(bob):
    return make.customer(lead=make.lead(bob))


@pytest.fixture
def call(client):
    keys = {}

    def called(user, path, body=None, *, method="", scopes=SCOPES, **headers):
        known = (user.pk, tuple(scopes))
        keys[known] = keys.get(known) or services.create(name="T", owner=user, scopes=scopes)[1]
        headers = {"Authorization": f"Bearer {keys[known]}", **headers}
        way = getattr(client, method or ("get" if body is None else "post"))
        data = {} if body is None else {"data": body, "content_type": "application/json"}
        return way(f"/api/v1/{path}", headers=headers, **data)

    return called


def test_customers_are_read_with_their_value_and_next_renewal(call, bob, buyer):
    make.order(buyer, amount=Decimal(900))
    make.subscribe(buyer, renews_on=date(2027, 5, 1))

    (row,) = call(bob, "customers/").json()["results"]

    assert (row["id"], row["name"], row["value"], row["renews_on"]) == (
        buyer.pk, buyer.who.name, "900.0000", "2027-05-01",
    )  # fmt: skip


def test_customers_are_asked_for_by_state(call, bob, buyer):
    core.leave(buyer, reason="Price", by=bob)

    assert call(bob, "customers/?state=active").json()["results"] == []
    assert call(bob, "customers/?state=left").json()["results"][0]["churn_reason"] == "Price"
    assert call(bob, "customers/?state=gone").status_code == 400


def test_lists_go_by_key(call, bob, buyer):
    orders = [make.order(buyer) for _ in range(3)]

    first = call(bob, "orders/?page_size=2").json()
    second = call(bob, "orders/?" + first["next"].partition("?")[2]).json()

    got = [row["id"] for row in first["results"] + second["results"]]
    assert got == [row.pk for row in reversed(orders)]


def test_a_list_has_a_budget_of_queries(call, bob, buyer, django_assert_max_num_queries):
    call(bob, "customers/")
    for _ in range(6):
        make.order(buyer)

    for path in ("customers/", "orders/", "subscriptions/"):
        with django_assert_max_num_queries(16):
            call(bob, path)


def test_an_order_is_written_down_with_its_fact(call, bob, buyer):
    product = Product.objects.create(name="Panel", sku="P-1", created_at=clock.now())
    body = {"customer": buyer.pk, "product": "P-1", "currency": "EUR", **BOUGHT}

    answer = call(bob, "orders/", body)

    row = Order.objects.get()
    assert (answer.status_code, answer.json()["id"]) == (201, row.pk)
    assert (row.product, row.amount, row.on, row.origin) == (
        product, Decimal(9500), date(2026, 11, 2), "api",
    )  # fmt: skip
    fact = Event.objects.get(kind="customer.ordered")
    assert (fact.actor_id, fact.origin, fact.data["purchase"]) == (bob.pk, "api", row.pk)


def test_an_order_told_twice_by_its_source_is_one(call, bob, buyer):
    body = {"customer": buyer.pk, "source": "shop", "external_id": "A-1", **BOUGHT}

    answers = [call(bob, "orders/", body) for _ in range(2)]

    assert [(one.status_code, one.json()["created"]) for one in answers] == [
        (201, True),
        (200, False),
    ]
    assert Order.objects.count() == 1


def test_the_same_idempotency_key_writes_one_order_without_an_id(call, bob, buyer):
    body = {"customer": buyer.pk, **BOUGHT}

    for _ in range(2):
        call(bob, "orders/", body, **{"Idempotency-Key": "once"})

    assert Order.objects.count() == 1


def test_a_known_person_who_buys_first_becomes_a_customer(call, bob):
    lead = a_lead("ann@gmail.com", owner=bob)

    call(bob, "orders/", {"email": "Ann@gmail.com", **BOUGHT})

    assert Customer.objects.get().lead == lead
    assert Event.objects.filter(kind="customer.won", origin="api").count() == 1


def test_who_is_not_known_buys_nothing(call, bob):
    answer = call(bob, "orders/", {"email": "nobody@gmail.com", **BOUGHT})

    assert answer.status_code == 404
    assert not Order.objects.exists()
    assert not Customer.objects.exists()


def test_a_subscription_renews_after_its_interval(call, bob, buyer):
    body = {"customer": buyer.pk, "interval": "month", **BOUGHT}

    call(bob, "subscriptions/", body)

    row = Subscription.objects.get()
    assert (row.interval, row.renews_on) == ("month", date(2026, 12, 2))


def test_a_subscription_is_put_right_and_ended(call, bob, buyer):
    row = make.subscribe(buyer, on=date(2026, 1, 1))
    path = f"subscriptions/{row.pk}/"

    changed = call(bob, path, {"amount": "55.00", "renews_on": "2027-02-01"}, method="patch").json()
    ended = [call(bob, path, {"ended_on": "2026-12-31"}, method="patch") for _ in range(2)]

    assert (changed["amount"], changed["renews_on"]) == ("55.0000", "2027-02-01")
    assert [one.json()["ended_on"] for one in ended] == ["2026-12-31"] * 2
    kinds = ["purchase.changed", "customer.unsubscribed"]
    assert [Event.objects.filter(kind=kind).count() for kind in kinds] == [1, 1]


def test_what_is_over_is_not_changed(call, bob, buyer):
    row = make.subscribe(buyer, on=date(2026, 1, 1))
    call(bob, f"subscriptions/{row.pk}/", {"ended_on": "2026-12-31"}, method="patch")

    answer = call(bob, f"subscriptions/{row.pk}/", {"amount": "1"}, method="patch")

    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"


def test_it_cannot_end_before_it_started(call, bob, buyer):
    row = make.subscribe(buyer, on=date(2026, 6, 1))

    answer = call(bob, f"subscriptions/{row.pk}/", {"ended_on": "2026-05-01"}, method="patch")

    assert answer.status_code == 422


def test_an_order_is_cancelled_and_stands_again(call, bob, buyer):
    row = make.order(buyer)
    path = f"orders/{row.pk}/"

    gone = [call(bob, path, {"cancelled": True}, method="patch") for _ in range(2)]
    back = call(bob, path, {"cancelled": False}, method="patch")

    assert [bool(one.json()["cancelled_at"]) for one in gone] == [True, True]
    assert back.json()["cancelled_at"] is None
    kinds = ["order.cancelled", "order.reinstated"]
    assert [Event.objects.filter(kind=kind).count() for kind in kinds] == [1, 1]


def test_a_product_that_nobody_knows_is_named(call, bob, buyer):
    answer = call(bob, "orders/", {"customer": buyer.pk, "product": "P-9", **BOUGHT})

    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"product"})


@pytest.mark.parametrize(
    "more",
    [
        {}, {"customer": 1, "email": "a@b.example"}, {"customer": 1, "external_id": "A"},
        {"customer": "x"}, {"customer": 1, "amount": "-1"}, {"customer": 1, "amount": "NaN"},
        {"customer": 1, "on": "soon"}, {"customer": 1, "currency": "euro"},
        {"customer": [1]}, {"customer": {"id": 1}}, {"customer": 1, "title": {"a": 1}},
        {"customer": 2**80},
    ],
)  # fmt: skip
def test_abuse_E06_bad_values_are_a_400_and_leave_nothing(call, bob, more):
    answer = call(bob, "orders/", {**BOUGHT, **more})

    assert answer.status_code == 400
    assert not Order.objects.exists()


@pytest.mark.parametrize("path", ["orders", "subscriptions"])
def test_abuse_E06_what_is_not_theirs_to_say_is_refused_by_name(call, bob, buyer, path):
    inner = {"base_amount": "1", "origin": "live", "created_at": "2020-01-01", "deal": 1}
    row = make.order(buyer) if path == "orders" else make.subscribe(buyer)

    new = call(bob, f"{path}/", {"customer": buyer.pk, **BOUGHT, **inner})
    old = call(bob, f"{path}/{row.pk}/", {**inner, "customer": 1}, method="patch")

    assert set(new.json()["errors"]) == set(inner)
    assert set(old.json()["errors"]) == {*inner, "customer"}


def test_abuse_E02_nothing_of_another_teams_customer_is_read_or_changed(call, carl, buyer):
    order, sub = make.order(buyer), make.subscribe(buyer)

    for path in (f"customers/{buyer.pk}/", f"orders/{order.pk}/", f"subscriptions/{sub.pk}/"):
        assert call(carl, path).status_code == 404
    for path in (f"orders/{order.pk}/", f"subscriptions/{sub.pk}/"):
        assert call(carl, path, {"amount": "1"}, method="patch").status_code == 404
    for path in ("customers/", "orders/", "subscriptions/", f"orders/?customer={buyer.pk}"):
        assert call(carl, path).json()["results"] == []
    assert call(carl, "orders/", {"customer": buyer.pk, **BOUGHT}).status_code == 404
    order.refresh_from_db()
    assert order.amount == 900


def test_abuse_E02_an_id_that_another_team_has_taken_tells_nothing_of_it(call, bob, carl, buyer):
    mine = make.customer(lead=make.lead(carl))
    body = {"source": "shop", "external_id": "A-1", **BOUGHT}
    call(bob, "orders/", {"customer": buyer.pk, **body})

    answer = call(carl, "orders/", {"customer": mine.pk, **body})

    assert answer.status_code == 409
    assert str(buyer.pk) not in json.dumps(answer.json()).replace("409", "")


def test_abuse_E02_a_person_out_of_reach_is_not_made_a_customer(call, bob, carl):
    a_lead("ann@gmail.com", owner=carl)

    assert call(bob, "orders/", {"email": "ann@gmail.com", **BOUGHT}).status_code == 404
    assert not Customer.objects.exists()


def test_abuse_E01_a_viewer_reads_and_writes_nothing(call, vera, buyer):
    row = make.order(buyer)

    assert call(vera, "orders/").status_code == 200
    assert call(vera, "orders/", {"customer": buyer.pk, **BOUGHT}).status_code == 403
    assert call(vera, f"orders/{row.pk}/", {"amount": "1"}, method="patch").status_code == 403


def test_abuse_D09_each_scope_opens_its_doors_alone(call, bob, buyer):
    body = {"customer": buyer.pk, **BOUGHT}

    assert call(bob, "orders/", scopes=["purchases:write"]).status_code == 403
    assert call(bob, "orders/", body, scopes=["customers:read"]).status_code == 403
    assert call(bob, "customers/", scopes=["deals:read"]).status_code == 403


@pytest.mark.parametrize("method", ["put", "delete"])
def test_abuse_E02_no_other_method_is_taken(call, bob, buyer, method):
    row = make.order(buyer)

    assert call(bob, f"orders/{row.pk}/", {}, method=method).status_code in {403, 405}
    assert Order.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("probe", ["1' OR 1=1--", "1;SELECT 1", "٣", "-1", "1" * 40])
def test_abuse_E09_a_customer_that_is_no_number_is_a_400(call, bob, probe):

    assert call(bob, f"orders/?customer={quote(probe)}").status_code in {200, 400}


def test_a_key_that_calls_too_often_is_told_when_to_come_again(call, bob, monkeypatch):
    monkeypatch.setattr(auth, "CALLS_PER_MINUTE", 2)

    codes = [call(bob, "customers/") for _ in range(4)]

    assert 429 in {one.status_code for one in codes}
    assert codes[-1]["Retry-After"] == "60"


# the examples of the guide


def examples():
    guide = (Path(settings.BASE_DIR) / "docs/guides/api.md").read_text()
    shape = r"curl -X (\w+) https://crm\.example\.com/api/v1/(\S+) .*?-d '([^']+)'"
    return re.findall(shape, guide, re.DOTALL)


def test_every_example_of_the_guide_does_what_it_says(call, alice):
    a_lead("ann@a.example", company=None)

    answers = []
    for method, path, body in examples():
        made = {"orders": Order, "subscriptions": Subscription}[path.split("/")[0]]
        found = made.objects.first()
        place = path.replace("ID", str(found.pk)) if found else path
        answers.append(call(alice, place, json.loads(body), method=method.lower()))

    assert [one.status_code for one in answers] == [201, 201, 200, 200]
    assert Subscription.objects.get().amount == 55
    assert Order.objects.get().cancelled_at
