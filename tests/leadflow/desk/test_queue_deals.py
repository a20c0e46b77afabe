"""Deals in my day: offers that end, deals without a next step, plans that are about no person."""

from datetime import timedelta

import pytest

from leadflow.desk import queue
from leadflow.desk.queue import Group
from leadflow.kit import clock
from leadflow.models import Activity
from leadflow.offers.models import Offer
from leadflow.services import activities
from pipeline.models import DealOffer
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def as_bob(client, bob):
    client.force_login(bob)
    return client


def rows_of(user):
    return {row.key: row for row in queue.build(user).rows}


def offered(deal, *, left, state="given"):
    at = clock.now()
    offer = Offer.objects.create(name="Spring", ends_at=at + left)
    return DealOffer.objects.create(deal=deal, offer=offer, state=state, at=at)


def test_an_offer_on_a_deal_of_hers_that_ends_soon_is_a_reason_to_call(bob):
    roof = make.deal(bob, lead=make.lead(bob), name="Roof")
    soon = offered(roof, left=timedelta(hours=1))

    row = rows_of(bob)[f"offer:{soon.pk}"]

    assert (row.reason, row.group, row.act) == ("Offer ends", Group.NOW, "call")
    assert row.why == "Spring on Roof"


@pytest.mark.parametrize(
    ("left", "state"),
    [(timedelta(days=9), "given"), (-timedelta(hours=1), "given"), (timedelta(hours=1), "waiting")],
)
def test_an_offer_that_is_over_far_off_or_not_given_is_no_work_of_today(bob, left, state):
    offered(make.deal(bob), left=left, state=state)

    assert not [key for key in rows_of(bob) if key.startswith("offer:")]


def test_a_deal_without_a_next_step_stands_at_the_end_the_largest_first(bob):
    small, large = make.deal(bob, amount=10), make.deal(bob, amount=9_000)

    rows = queue.build(bob).rows

    assert [row.key for row in rows] == [f"deal:{large.pk}", f"deal:{small.pk}"]
    assert {row.group for row in rows} == {Group.IDLE}


def test_the_deal_of_a_person_who_has_a_row_is_named_once(bob):
    lead = make.lead(bob)
    make.deal(bob, lead=lead)
    activities.plan(
        kind="call", subject="Ring", lead=lead, owner=bob, by=bob,
        due_at=clock.now() - timedelta(hours=1),
    )  # fmt: skip

    assert [*rows_of(bob)] == [f"activity:{Activity.objects.get().pk}"]


def test_the_next_step_of_a_deal_without_a_person_is_planned_in_place(as_bob, bob):
    roof = make.deal(bob)
    opened = as_bob.get(f"/my-day/deal:{roof.pk}/", **HTMX).content.decode()
    assert f"/my-day/deal:{roof.pk}/plan/" in opened

    body = {
        "activity-kind": "todo", "activity-subject": "Send the plan",
        "activity-due_at": "2031-01-01T10:00",
    }  # fmt: skip
    as_bob.post(f"/my-day/deal:{roof.pk}/plan/", body, **HTMX)

    assert Activity.objects.get().subject_ref == f"deal:{roof.pk}"
    assert f"deal:{roof.pk}" not in rows_of(bob)


def test_bad_input_for_the_next_step_of_a_deal_says_so_and_keeps_what_was_typed(as_bob, bob):
    roof = make.deal(bob)
    body = {"activity-kind": "todo", "activity-subject": "Send", "activity-due_at": "never"}

    answer = as_bob.post(f"/my-day/deal:{roof.pk}/plan/", body, **HTMX)

    assert answer.status_code == 422
    assert 'value="Send"' in answer.content.decode()
    assert not Activity.objects.exists()


def test_a_plan_about_a_deal_or_nobody_opens_in_place_and_names_its_page(as_bob, bob):
    roof, due = make.deal(bob), clock.now() - timedelta(hours=1)
    about = activities.plan(
        kind="todo", subject="Measure", subject_ref=f"deal:{roof.pk}", owner=bob, by=bob, due_at=due
    )
    own = activities.plan(kind="todo", subject="Read", owner=bob, by=bob, due_at=due)

    rows = rows_of(bob)

    assert rows[f"activity:{about.pk}"].url == roof.get_absolute_url()
    assert rows[f"activity:{own.pk}"].url == "/todos/"
    page = as_bob.get(f"/my-day/activity:{about.pk}/", **HTMX).content.decode()
    assert roof.get_absolute_url() in page
    assert 'data-key="D"' in page
