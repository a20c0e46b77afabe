"""Product events from another server: appended once, for people that the key may see, unknown ones named."""

from datetime import timedelta

import pytest

from leadflow.kit import clock
from leadflow.models import Engagement, Lead
from leadflow.services import leads
from tests.leadflow.api.test_api_v1 import call

pytestmark = pytest.mark.django_db
SCOPES = ["events:write"]


def told(client, user, *events, scopes=SCOPES):
    return call(client, user, "/api/v1/events/", scopes, {"events": list(events)})


def event(number=1, **more):
    return {"id": f"e-{number}", "name": "export made", "email": "ann@a.example"} | more


@pytest.fixture
def ann(db):
    return leads.create_or_merge(email="ann@a.example", fields={}, at=clock.now()).lead


def test_an_event_of_a_known_person_is_appended_once(client, alice, ann, drain_events):
    at = clock.now() - timedelta(hours=2)
    for _again in range(2):
        answer = told(client, alice, event(value="9.50", at=at.isoformat()))

    fact = Engagement.objects.get()
    assert answer.json() == {"taken": 1, "new": 0, "unknown": []}
    assert (fact.lead, fact.kind, fact.label, fact.topic) == (
        ann, "product.used", "export made", "export made",
    )  # fmt: skip
    assert (str(fact.value), fact.occurred_at, fact.origin) == ("9.50", at, "api")


def test_a_trial_that_the_product_tells_of_is_a_fact_of_its_own(client, alice, ann, drain_events):
    told(client, alice, event(1, name="trial.begun"))
    drain_events()

    fact = Engagement.objects.get()
    assert (fact.kind, fact.label, fact.origin) == ("trial.begun", "", "api")


def test_a_batch_asks_for_its_people_once(client, alice, ann, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        answer = told(client, alice, *[event(n) for n in range(200)])

    assert answer.json()["new"] == 200


def test_who_is_not_known_is_named_and_not_made(client, alice, ann):
    answer = told(client, alice, event(1), event(2, email="nobody@b.example"), event(3, email="x"))

    assert answer.json() == {"taken": 1, "new": 1, "unknown": ["e-2", "e-3"]}
    assert Lead.objects.count() == 1


def test_a_lead_out_of_the_owners_reach_is_unknown(client, bob, carl, ann):
    leads.assign(ann, owner=carl, by=None)

    answer = told(client, bob, event(1), {"id": "e-2", "name": "x", "lead": ann.pk})

    assert answer.json()["unknown"] == ["e-1", "e-2"]
    assert not Engagement.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "<script>"}, {"name": ""}, {"id": ""}, {"id": "x" * 61}, {"lead": 1}, {"email": None},
        {"at": "2001-01-01T00:00:00Z"}, {"at": "2999-01-01T00:00:00Z"}, {"value": "NaN"},
        {"value": 10**15}, {"owner": 1},
    ],
)  # fmt: skip
def test_an_event_of_the_wrong_shape_is_refused_and_nothing_is_written(client, alice, ann, wrong):
    answer = told(client, alice, event(1), event(2) | wrong)

    assert answer.status_code == 400
    assert not Engagement.objects.exists()


@pytest.mark.parametrize("body", [{}, {"events": []}, {"events": "x"}, {"events": [1]}, []])
def test_a_body_without_events_is_refused(client, alice, body):
    assert call(client, alice, "/api/v1/events/", SCOPES, body).status_code == 400


def test_more_than_five_hundred_are_refused(client, alice, ann):
    assert told(client, alice, *[event(n) for n in range(501)]).status_code == 400


def test_the_key_needs_its_scope(client, alice, ann):
    assert told(client, alice, event(), scopes=["leads:read"]).status_code == 403
