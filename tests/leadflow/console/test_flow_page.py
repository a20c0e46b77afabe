import pytest
from django.urls import reverse

from leadflow.events import relay
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.events.models import EventFailure
from leadflow.events.registry import history_safe, reacting

state = {"broken": False}


@history_safe
def on_noted(events):
    """Adds what was noted to the sums."""
    if state["broken"]:
        raise ValueError("the sums are closed")


@pytest.fixture(autouse=True)
def reactions():
    with reacting({Kind.NOTE_ADDED: [on_noted]}):
        yield


@pytest.fixture
def failure(db, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setitem(state, "broken", True)
        record(Kind.NOTE_ADDED, lead_id=4, data={"note": 1})
        relay.run()
    return EventFailure.objects.get()


def test_the_flow_page_shows_reactions_with_counts_of_the_day(client, alice):
    record(Kind.NOTE_ADDED, lead_id=4, data={"note": 1})
    client.force_login(alice)

    body = client.get(reverse("flow:flow")).content.decode()

    assert "note.added" in body
    assert "Adds what was noted to the sums." in body
    assert "imports too" in body
    assert "lead.merged" not in body
    assert "lead.merged" in client.get(reverse("flow:flow"), {"show": "all"}).content.decode()


def test_a_failure_is_listed_and_goes_through_on_retry(client, alice, failure):
    client.force_login(alice)
    body = client.get(reverse("flow:flow")).content.decode()
    assert "the sums are closed" in body

    client.post(reverse("flow:retry"), {"failure": failure.pk})

    failure.refresh_from_db()
    assert failure.state == "solved"
    assert "1 went through" in client.get(reverse("flow:flow")).content.decode()


def test_all_failures_are_tried_again_at_once(client, alice, failure):
    client.force_login(alice)
    client.post(reverse("flow:retry"))

    failure.refresh_from_db()
    assert failure.state == "solved"


@pytest.mark.parametrize("wish", ["x", "99999999999999999999999", "-1"])
def test_a_made_up_failure_is_no_crash(client, alice, wish):
    client.force_login(alice)

    assert client.post(reverse("flow:retry"), {"failure": wish}).status_code == 303


def test_only_an_admin_sees_the_flow(client, mia, failure):
    client.force_login(mia)

    assert client.get(reverse("flow:flow")).status_code == 403
    assert client.post(reverse("flow:retry")).status_code == 403
    failure.refresh_from_db()
    assert failure.state == "open"
