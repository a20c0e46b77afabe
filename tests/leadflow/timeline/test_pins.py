"""What is kept at the top of the story of a lead: by whom, how much, and who sees it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadflow.errors import Conflict
from leadflow.events.models import Event
from leadflow.models import Lead, Pin
from leadflow.services import activities, merging, notes, pins, privacy
from leadflow.timeline.selectors import for_lead
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(bob):
    return a_lead("ada@north.example", owner=bob, first_name="Ada")


@pytest.fixture
def as_bob(client, bob):
    client.force_login(bob)
    return client


def a_note(lead, by, text="Budget is set", **fields):
    row = notes.add(text=text, lead=lead, by=by, **fields)
    return Event.objects.get(kind="note.added", data__note=row.pk)


def press(client, event, pinned="1", lead=None):
    lead_id = lead.pk if lead else event.lead_id
    return client.post(f"/leads/{lead_id}/timeline/{event.pk}/pin/", {"pinned": pinned})


def top(lead, user):
    return [
        (entry.shown.quote, entry.pinned_by)
        for entry in for_lead(Lead.objects.get(pk=lead.pk), user).pinned
    ]


def test_a_note_is_pinned_to_the_top_with_who_did_it(ada, as_bob, bob):
    event = a_note(ada, bob)

    assert press(as_bob, event).status_code == 303

    assert top(ada, bob) == [("Budget is set", "Bob Berg")]
    page = as_bob.get(f"/leads/{ada.pk}/timeline/").content.decode()
    assert "Pinned by Bob Berg" in page
    assert "pinned an entry to the top" in page


def test_it_is_unpinned_again_and_both_stand_in_the_log(ada, as_bob, bob):
    event = a_note(ada, bob)
    press(as_bob, event)
    press(as_bob, event)
    press(as_bob, event, "0")

    assert top(ada, bob) == []
    told = Event.objects.filter(kind="entry.pinned").order_by("pk")
    assert [(one.actor_id, one.data["pinned"]) for one in told] == [(bob.pk, True), (bob.pk, False)]


def test_calls_are_pinned_and_changes_are_not(ada, as_bob, bob):
    activities.log(kind="call", subject="First call", lead=ada, by=bob)
    call, change = (
        Event.objects.filter(kind=kind).last() for kind in ("activity.logged", "lead.assigned")
    )

    assert press(as_bob, call).status_code == 303
    assert press(as_bob, change).status_code == 404
    assert len(top(ada, bob)) == 1


def test_the_last_pinned_stands_first_and_a_sixth_is_refused(ada, bob):
    events = [a_note(ada, bob, f"Note {n}") for n in range(6)]
    for event in events[:5]:
        pins.pin(lead=ada, event=event, by=bob)

    with pytest.raises(Conflict, match="Unpin one first"):
        pins.pin(lead=ada, event=events[5], by=bob)

    assert [quote for quote, _by in top(ada, bob)] == [f"Note {n}" for n in (4, 3, 2, 1, 0)]


def test_only_the_whole_story_has_its_pins_on_top(ada, bob):
    pins.pin(lead=ada, event=a_note(ada, bob), by=bob)

    assert for_lead(ada, bob, group="notes").pinned == []
    assert [entry.pinned_by for entry in for_lead(ada, bob, group="notes").entries] == ["Bob Berg"]


def test_abuse_E04_a_private_note_that_is_pinned_is_for_its_writer_only(ada, bob, mia):
    event = a_note(ada, bob, "Rude on the phone", is_private=True)
    pins.pin(lead=ada, event=event, by=bob)

    assert len(top(ada, bob)) == 1
    assert top(ada, mia) == []


def test_abuse_E04_nobody_pins_the_private_note_of_another(ada, bob, client, mia):
    event = a_note(ada, bob, is_private=True)
    client.force_login(mia)

    assert press(client, event).status_code == 404


def test_abuse_E02_nothing_of_a_lead_out_of_reach_is_pinned(ada, bob, client, carl):
    event, own = a_note(ada, bob), a_lead(owner=carl)
    client.force_login(carl)

    assert press(client, event).status_code == 404
    assert press(client, event, lead=own).status_code == 404
    assert not Pin.objects.exists()


def test_abuse_E01_a_viewer_sees_what_is_pinned_and_pins_nothing(ada, bob, client, vera):
    event = a_note(ada, bob)
    pins.pin(lead=ada, event=event, by=bob)
    client.force_login(vera)

    assert press(client, event, "0").status_code == 403
    page = client.get(f"/leads/{ada.pk}/timeline/")
    if page.status_code == 200:
        assert "/pin/" not in page.content.decode()


def test_pins_follow_a_merged_lead(ada, bob, alice):
    double = a_lead("ada@old.example", owner=bob)
    event = a_note(double, bob, "From before")
    pins.pin(lead=double, event=event, by=bob)

    kept = merging.merge(survivor=ada, loser=double, by=alice)

    assert top(kept, bob) == [("From before", "Bob Berg")]


def test_pins_go_with_a_person_who_is_erased(ada, bob, alice):
    pins.pin(lead=ada, event=a_note(ada, bob), by=bob)

    privacy.erase(lead=ada, by=alice)

    assert not Pin.objects.exists()


def test_five_pins_cost_as_many_queries_as_one(ada, bob):
    events = [a_note(ada, bob, f"Note {n}") for n in range(5)]

    def cost():
        with CaptureQueriesContext(connection) as told:
            for_lead(ada, bob)
        return len(told)

    pins.pin(lead=ada, event=events[0], by=bob)
    one = cost()
    for event in events[1:]:
        pins.pin(lead=ada, event=event, by=bob)

    assert cost() == one
