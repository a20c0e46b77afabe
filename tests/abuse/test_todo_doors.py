"""Attacks on to-dos; the catalogue numbers stand in the names."""

from datetime import timedelta

import pytest
from django.test import Client

from leadflow.kit import clock
from leadflow.models import Activity
from leadflow.people.models import Role
from leadflow.services import activities, todos
from tests.factories.core import a_lead
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


def as_(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def bob_client(bob):
    return as_(bob)


@pytest.fixture
def mia_client(mia):
    return as_(mia)


@pytest.fixture
def theirs():
    """A to-do of a rep of another team, on her lead."""
    stranger = UserFactory(role=Role.REP)
    return activities.plan(
        kind="todo", subject="Qxother work", lead=a_lead(owner=stranger, last_name="Qxother"),
        owner=stranger, due_at=clock.now() + timedelta(hours=1), by=stranger,
    )  # fmt: skip


def state(row):
    return Activity.objects.filter(pk=row.pk).values().get()


@pytest.mark.parametrize("door", ["done", "later", "give"])
def test_abuse_E02_to_dos_of_another_team_are_not_changed_by_number(bob_client, bob, theirs, door):
    before = state(theirs)

    data = {"ids": theirs.pk, "until": "week", "to": bob.pk, "words": "Mine"}
    answer = bob_client.post(f"/todos/{door}/", data)

    assert answer.status_code == 422
    assert state(theirs) == before


def test_abuse_E02_what_is_done_of_another_team_is_not_opened_again(bob_client, bob, theirs):
    activities.complete(theirs, by=None)

    for memory in (todos.memory_of_done([theirs], bob), "eyJieSI6MX0:x:y", ""):
        assert bob_client.post(f"/todos/undo/?memory={memory}").status_code == 422
    assert state(theirs)["done_at"]


def test_abuse_E02_a_forged_list_changes_ones_own_alone(bob_client, bob, theirs):
    own = activities.plan(
        kind="todo", subject="Own", owner=bob, due_at=clock.now() + timedelta(hours=1), by=bob
    )

    bob_client.post("/todos/done/", {"ids": [own.pk, theirs.pk]})

    assert (bool(state(own)["done_at"]), bool(state(theirs)["done_at"])) == (True, False)


def test_abuse_E02_no_to_do_is_planned_on_a_record_out_of_reach(bob_client, bob, theirs):
    data = {
        "kind": "todo",
        "subject": "x",
        "due_at": "2031-01-01T10:00",
        "priority": "2",
        "owner": bob.pk,
    }

    for query in (f"lead={theirs.lead_id}", "lead=x", "deal=999999", "lead=" + "9" * 30):
        assert bob_client.post(f"/todos/new/?{query}", data).status_code == 404
    assert Activity.objects.count() == 1


@pytest.mark.parametrize("query", ["?who=team", "?owner={owner}", "?who=team&owner={owner}"])
def test_abuse_E04_no_filter_names_another_teams_work(bob_client, mia_client, theirs, query):
    for client in (bob_client, mia_client):
        body = client.get("/todos/" + query.format(owner=theirs.owner_id)).content.decode()
        assert "Qxother" not in body


def test_abuse_E04_a_panel_of_a_record_out_of_reach_is_not_there(bob_client, theirs):
    assert bob_client.get(f"/todos/of/lead/{theirs.lead_id}/").status_code == 404


def test_abuse_E04_a_given_to_do_does_not_carry_a_lead_out_of_its_team(bob_client, bob, north):
    mate = UserFactory(role=Role.REP)
    row = activities.plan(
        kind="todo", subject="x", lead=a_lead(owner=bob), owner=bob,
        due_at=clock.now() + timedelta(hours=1), by=bob,
    )  # fmt: skip

    assert bob_client.post("/todos/give/", {"ids": row.pk, "to": mate.pk}).status_code == 422
    assert state(row)["owner_id"] == bob.pk


@pytest.mark.parametrize("next_url", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_abuse_D08_after_a_to_do_one_stays_here(bob_client, bob, next_url):
    answer = bob_client.post("/todos/quick/", {"words": "Call tomorrow", "next": next_url})

    assert answer.headers.get("Location", "/todos/").startswith("/todos/")


def test_abuse_E09_nonsense_for_a_place_in_the_list_is_the_first_page(bob_client):
    for query in ("?after=%00", "?due='--", "?priority=1;drop", "?kind[]=x", "?owner=' or 1=1"):
        assert bob_client.get(f"/todos/{query}").status_code == 200
