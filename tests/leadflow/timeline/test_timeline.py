from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from leadflow.calendars import bookings
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.events.models import Event
from leadflow.history import changes
from leadflow.models import Activity, Lead, Note
from leadflow.services import activities, notes
from leadflow.timeline import selectors
from leadflow.timeline.selectors import for_lead
from tests.factories import pipeline as make
from tests.factories.calendars import MONDAY_TEN, a_booking, a_meeting
from tests.factories.core import NOON, a_lead

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def anneke(db, bob, north):
    return Lead.objects.create(
        first_name="Anneke", last_name="de Vries", owner=bob, team=north, assigned_at=START,
        created_at=START, stage_since=START,
    )  # fmt: skip


def note(lead, by, text="Budget is set", private=False, hours=0):
    at = START + timedelta(hours=hours)
    row = Note.objects.create(lead=lead, text=text, by=by, is_private=private, created_at=at)
    return record(
        Kind.NOTE_ADDED, lead_id=lead.pk, by=by, subject=row, data={"note": row.pk}, at=at
    )


def told(lead, user, **more):
    return [(e.shown.who, e.shown.text) for e in selectors.for_lead(lead, user, **more).entries]


def test_the_story_is_told_newest_first(anneke, bob):
    record(Kind.LEAD_CAPTURED, lead_id=anneke.pk, data={"created": True, "via": "form"})
    record(Kind.LEAD_ASSIGNED, lead_id=anneke.pk, data={"from": None, "to": bob.pk})

    assert told(anneke, bob) == [
        ("LeadFlow", "gave the lead to Bob Berg"),
        ("Anneke de Vries", "filled in a form"),
    ]


def test_pages_follow_one_another_without_gap_or_repeat(anneke, bob):
    events = [note(anneke, bob, hours=n).pk for n in range(7)]
    seen, before = [], None
    while True:
        page = selectors.for_lead(anneke, bob, before=before, size=3)
        seen += [entry.event.pk for entry in page.entries]
        before = page.before
        if before is None:
            break

    assert seen == events[::-1]


def test_what_led_to_an_entry_is_named(anneke, bob):
    cause = note(anneke, bob)
    Event.objects.create(
        kind="lead.tagged", lead_id=anneke.pk, cause_id=cause.pk, data={"fields": ["vip"]},
        occurred_at=START, recorded_at=START,
    )  # fmt: skip

    assert selectors.for_lead(anneke, bob).entries[0].because == "Bob Berg wrote a note"


def test_a_private_note_is_for_its_writer_only(anneke, bob, mia):
    note(anneke, bob, text="Rude on the phone", private=True)

    assert selectors.for_lead(anneke, bob).entries[0].shown.quote == "Rude on the phone"
    assert selectors.for_lead(anneke, mia).entries == []


def test_a_group_lets_its_kinds_through_only(anneke, bob):
    note(anneke, bob)
    call = Activity.objects.create(
        kind="call", subject="First call", lead=anneke, owner=bob, created_at=START
    )
    data = {"activity": call.pk, "kind": "call"}
    record(Kind.ACTIVITY_LOGGED, lead_id=anneke.pk, by=bob, data=data)

    assert told(anneke, bob, group="calls") == [("Bob Berg", "logged a call “First call”")]
    assert told(anneke, bob, group="notes") == [("Bob Berg", "wrote a note")]


def test_meetings_and_deals_are_groups_of_their_own(anneke, bob):
    for kind in ("call", "meeting"):
        row = Activity.objects.create(
            kind=kind, subject=f"A {kind}", lead=anneke, owner=bob, created_at=START
        )
        record(
            Kind.ACTIVITY_LOGGED, lead_id=anneke.pk, by=bob, data={"activity": row.pk, "kind": kind}
        )
    make.deal(bob, lead=anneke, name="Roof")

    def kinds(group):
        return [one.event.kind for one in selectors.for_lead(anneke, bob, group=group).entries]

    assert told(anneke, bob, group="meetings") == [("Bob Berg", "logged a meeting “A meeting”")]
    assert [text for _who, text in told(anneke, bob, group="calls")] == ["logged a call “A call”"]
    assert kinds("deals") == ["deal.opened"]


def test_an_email_is_called_by_its_article(anneke, bob):
    activities.log(kind="email", subject="The offer", lead=anneke, by=bob)

    assert told(anneke, bob)[0] == ("Bob Berg", "logged an email “The offer”")


def test_the_story_of_a_merged_person_goes_on_with_the_survivor(anneke, bob):
    double = Lead.objects.create(created_at=START, stage_since=START, merged_into=anneke)
    note(double, bob)

    assert told(anneke, bob) == [("Bob Berg", "wrote a note")]


def test_an_edit_shows_what_it_changed(anneke, bob):
    changes.record(anneke, {"job_title": ""}, {"job_title": "CFO"}, by=bob, at=START)
    data = {"fields": ["job_title"]}
    record(Kind.LEAD_CHANGED, lead_id=anneke.pk, by=bob, data=data, at=START)

    (entry,) = selectors.for_lead(anneke, bob).entries
    assert entry.shown.text == "changed job title"
    assert entry.shown.facts == [("job title", "– → CFO")]


def test_the_number_of_queries_does_not_grow_with_the_story(anneke, bob, django_assert_num_queries):
    for hours in range(25):
        note(anneke, bob, hours=hours)
        record(Kind.LEAD_ASSIGNED, lead_id=anneke.pk, by=bob, data={"from": None, "to": bob.pk})

    with django_assert_num_queries(8):  # one for the files of the notes, one for what is pinned
        selectors.for_lead(anneke, bob)


def test_the_fragment_shows_the_story_and_the_way_to_what_was_before(client, anneke, bob):
    for hours in range(31):
        note(anneke, bob, hours=hours)
    client.force_login(bob)

    page = client.get(reverse("timeline:lead", args=[anneke.pk]), HTTP_HX_REQUEST="true")

    body = page.content.decode()
    assert body.count("lf-timeline-entry") == 30
    assert body.count("?group=&amp;before=") == 2
    assert "<html" not in body


def test_the_story_of_a_lead_out_of_sight_is_not_found(client, anneke, carl):
    client.force_login(carl)

    assert client.get(reverse("timeline:lead", args=[anneke.pk])).status_code == 404


def test_words_are_found_in_notes_activities_and_facts(bob):
    lead = a_lead(owner=bob)
    notes.add(text="She asked about batteries", lead=lead, by=bob)
    activities.log(kind="call", subject="Talked of panels", lead=lead, by=bob)

    def found(words):
        return [entry.event.kind for entry in for_lead(lead, bob, words=words).entries]

    assert found("batteries ASKED") == ["note.added"]
    assert found("panels") == ["activity.logged"]
    assert found("batteries panels") == []
    record(Kind.LEAD_CHANGED, lead_id=lead.pk, data={"fields": ["city"]})
    assert found("city") == ["lead.changed"]


def test_words_of_a_private_note_of_another_are_not_found(bob, alice):
    lead = a_lead(owner=bob)
    notes.add(text="Secret plan", lead=lead, by=alice, is_private=True)

    assert for_lead(lead, bob, words="secret").entries == []
    assert len(for_lead(lead, alice, words="secret").entries) == 1


def test_who_may_not_see_addresses_finds_nothing_by_them(bob, vera):
    lead = a_lead(owner=bob)

    assert for_lead(lead, vera, words=lead.email).entries == []


def test_the_story_ends_where_it_is_asked_to(client, alice):
    lead = a_lead(at=NOON)
    notes.add(text="Later on", lead=lead, by=alice, at=NOON + timedelta(days=3))
    client.force_login(alice)
    address = f"/leads/{lead.pk}/timeline/"

    told = client.get(address, {"until": (NOON + timedelta(days=1)).isoformat()})

    assert b"Later on" in client.get(address, {"until": "nonsense"}).content
    assert b"Later on" not in told.content


def test_what_was_recorded_later_but_happened_before_stands_before(anneke, bob):
    for days in (0, 3, 1, 2):
        note(anneke, bob, text=f"day {days}", hours=24 * days)

    pages, before = [], None
    for _ in range(4):
        page = for_lead(anneke, bob, before=before, size=1)
        pages += [entry.day.day for entry in page.entries]
        before = page.before

    assert pages == [4, 3, 2, 1]
    assert before is None


@pytest.mark.parametrize(
    ("after", "lines"),
    [
        (None, ["booked a demo"]),
        ("moved", ["moved the demo", "booked a demo"]),
        ("missed", ["did not come to the demo", "booked a demo"]),
        ("held", ["did a demo", "booked a demo"]),
    ],
)
def test_a_booking_is_one_line_until_something_happens_to_it(anneke, bob, after, lines):
    booking = a_booking(a_meeting(bob, name="Roof"), lead=anneke)
    over = booking.starts_at + timedelta(hours=1)
    if after == "moved":
        bookings.move(booking=booking, starts_at=MONDAY_TEN + timedelta(hours=1), at=NOON)
    elif after == "missed":
        bookings.miss(booking=booking, by=bob, at=over)
    elif after == "held":
        activities.complete(booking.activity, by=bob, outcome="held", at=over)

    kinds = [text.removesuffix(" \u201cRoof\u201d") for _who, text in told(anneke, bob)]
    assert kinds == lines


def test_a_call_in_vain_is_told_in_words(anneke, bob):
    call = activities.plan(
        kind="call", subject="Ask", lead=anneke, owner=bob, due_at=START, by=bob, at=START
    )
    activities.complete(call, by=bob, outcome="no_answer", at=START)

    assert "No answer" in selectors.for_lead(anneke, bob).entries[0].shown.why
