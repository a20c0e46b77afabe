"""Who came to an event: marked by hand and read from the files of webinar tools."""

import io
from datetime import UTC, datetime

import pytest

from capture.models import Registration
from capture.services import attendance, registrations
from leadflow.errors import Conflict
from leadflow.imports import services, undoing
from leadflow.imports.models import Import
from leadflow.models import Engagement, Lead, LeadScore
from qualification.services import models
from tests.factories.core import a_lead, a_source
from tests.factories.occasions import a_past_occasion, an_occasion

pytestmark = pytest.mark.django_db
State = Registration.State

ZOOM = """Webinar,Attended,First Name,Last Name,Email,Join Time,Leave Time,Time in Session (minutes)
Roofs that pay,Yes,Ada,North,ada@north.example,03/02/2026 10:01:00 AM,03/02/2026 10:31:00 AM,30
Roofs that pay,Yes,Ada,North,ada@north.example,03/02/2026 10:40:00 AM,03/02/2026 10:50:00 AM,10
Roofs that pay,No,Bo,East,bo@east.example,--,--,--
Roofs that pay,Yes,Cy,New,cy@new.example,03/02/2026 10:00:00 AM,03/02/2026 10:59:00 AM,59
Roofs that pay,Yes,,,no address,,,
"""


def seat(occasion, lead, state=State.REGISTERED):
    """A registration."""
    return Registration.objects.create(
        occasion=occasion, lead=lead, state=state, asked_at=occasion.created_at,
        changed_at=occasion.created_at,
    )  # fmt: skip


@pytest.fixture
def webinar():
    """One that was yesterday, with Ada and Bo registered."""
    occasion = a_past_occasion(topic="roofs", points=15)
    for email in ("ada@north.example", "bo@east.example"):
        seat(occasion, a_lead(email))
    return occasion


@pytest.fixture
def bring(tmp_path, monkeypatch):
    """Bring a file in, as the wizard does."""
    from django.core.files.storage import FileSystemStorage

    for name in ("file", "original"):
        field = Import._meta.get_field(name)
        monkeypatch.setattr(field, "storage", FileSystemStorage(location=tmp_path, base_url=None))

    def bring(text, **plan):
        file = io.BytesIO(text.encode())
        imported = services.upload(entity="attendance", name="zoom.csv", file=file, by=None)
        return services.work_here(services.plan_as(imported, **plan) if plan else imported)

    return bring


def state_of(email):
    return Registration.objects.get(lead__email=email).state


def facts(email):
    rows = Engagement.objects.filter(lead__email=email, kind__startswith="event.")
    return [(row.kind, row.topic, row.value) for row in rows.order_by("pk")]


def test_a_file_of_a_webinar_tool_says_who_came_and_who_did_not(webinar, bring):
    done = bring(ZOOM)

    assert (done.created, done.updated, done.failed) == (1, 3, 1)
    assert state_of("ada@north.example") == State.ATTENDED
    assert state_of("bo@east.example") == State.MISSED
    assert facts("ada@north.example") == [("event.attended", "roofs", 15)]
    assert facts("bo@east.example") == [("event.missed", "roofs", None)]


def test_several_lines_about_a_person_are_one_stay(webinar, bring):
    bring(ZOOM)

    row = Registration.objects.get(lead__email="ada@north.example")
    assert row.minutes == 30
    assert row.joined_at == datetime(
        2026, 3, 2, 9, 1, tzinfo=UTC
    )  # written in the zone of the event
    assert row.left_at == datetime(2026, 3, 2, 9, 50, tzinfo=UTC)


def test_an_unknown_address_becomes_a_lead_with_the_source_that_was_chosen(webinar, bring):
    source = a_source("Webinars")
    bring(ZOOM, constants={"source": "Webinars"})

    lead = Lead.objects.get(email="cy@new.example")
    assert state_of(lead.email) == State.ATTENDED
    assert Registration.objects.get(lead=lead).made_lead
    assert lead.source == source


def test_the_same_file_again_changes_nothing(webinar, bring):
    bring(ZOOM)
    before = list(Engagement.objects.values_list("pk", flat=True))

    again = bring(ZOOM)

    assert (again.created, again.updated) == (0, 0)
    assert list(Engagement.objects.values_list("pk", flat=True)) == before


def states():
    rows = Registration.objects.order_by("lead__email")
    return list(rows.values_list("lead__email", "state", "minutes", "joined_at", "left_at"))


def test_an_import_taken_back_puts_every_state_and_stay_back(webinar, bring):
    attendance.mark(
        occasion=webinar,
        ids=[Registration.objects.get(lead__email="bo@east.example").pk],
        came=True,
        by=None,
    )
    before, told = states(), facts("bo@east.example")

    done = bring(ZOOM)
    undone = undoing.undo_here(done, by=None)

    assert undone.state == Import.State.UNDONE
    assert states() == before
    assert facts("bo@east.example") == told
    assert facts("ada@north.example") == []
    assert Lead.objects.filter(email="cy@new.example").exists()  # the person stays


def test_who_was_marked_otherwise_since_keeps_that(webinar, bring):
    done = bring(ZOOM)
    bo = Registration.objects.get(lead__email="bo@east.example")
    attendance.mark(occasion=webinar, ids=[bo.pk], came=True, by=None)

    undone = undoing.undo_here(done, by=None)

    assert (state_of("bo@east.example"), undone.kept) == (State.ATTENDED, 1)
    assert state_of("ada@north.example") == State.REGISTERED


def test_a_later_line_that_says_she_came_counts_whatever_stood_before(webinar, bring):
    bring(
        "Webinar,Attended,Email\nRoofs that pay,No,bo@east.example\nRoofs that pay,Yes,bo@east.example\n"
    )

    assert state_of("bo@east.example") == State.ATTENDED
    assert facts("bo@east.example") == [("event.attended", "roofs", 15)]


def test_abuse_A22_an_event_to_come_takes_no_attendance(bring):
    an_occasion()
    done = bring(ZOOM)

    assert (done.created, done.updated) == (0, 0)
    assert not Registration.objects.exists()
    assert not Lead.objects.filter(email="cy@new.example").exists()


def test_who_came_the_other_day_is_news_and_what_is_older_is_history(bring):
    for title, days in (("Last week", 6), ("Last year", 300)):
        seat(a_past_occasion(title=title, days_ago=days), a_lead(f"{days}@north.example"))
    bring("event,email\nLast week,6@north.example\nLast year,300@north.example\n")

    origins = dict(Engagement.objects.filter(kind="event.attended").values_list("label", "origin"))
    assert origins == {"Last week": "live", "Last year": "import"}


def test_a_mark_that_was_wrong_is_taken_back_with_its_fact(webinar, max):
    row = Registration.objects.get(lead__email="ada@north.example")
    attendance.mark(occasion=webinar, ids=[row.pk], came=False, by=max)
    assert facts("ada@north.example") == [("event.missed", "roofs", None)]

    assert attendance.mark(occasion=webinar, ids=[row.pk], came=True, by=max) == 1

    assert facts("ada@north.example") == [("event.attended", "roofs", 15)]
    assert attendance.mark(occasion=webinar, ids=[row.pk], came=True, by=max) == 0


def test_nobody_else_came(webinar, max):
    waiting = seat(webinar, a_lead("wai@ting.example"), State.WAITING)
    row = Registration.objects.get(lead__email="ada@north.example")
    attendance.mark(occasion=webinar, ids=[row.pk], came=True, by=max)

    assert attendance.close(occasion=webinar, by=max) == 1

    assert state_of("bo@east.example") == State.MISSED
    waiting.refresh_from_db()
    assert waiting.state == State.WAITING


def test_nobody_can_have_been_at_an_event_to_come(max):
    occasion = an_occasion()
    row = seat(occasion, a_lead())
    with pytest.raises(Conflict):
        attendance.mark(occasion=occasion, ids=[row.pk], came=True, by=max)


def test_marks_reach_nobody_of_another_event(webinar, max):
    other = seat(a_past_occasion(title="Other"), a_lead())
    attendance.mark(occasion=webinar, ids=[other.pk], came=True, by=max)
    other.refresh_from_db()
    assert other.state == State.REGISTERED


def test_coming_raises_the_score(webinar, max, drain_events):
    models.begin()
    lead = Lead.objects.get(email="ada@north.example")
    drain_events()
    before = LeadScore.objects.get(lead=lead).engagement

    row = Registration.objects.get(lead=lead)
    attendance.mark(occasion=webinar, ids=[row.pk], came=True, by=max)
    drain_events()

    assert LeadScore.objects.get(lead=lead).engagement > before


def test_merging_keeps_the_stronger_of_two_registrations(webinar, max):
    ada, bo = (Lead.objects.get(email=email) for email in ("ada@north.example", "bo@east.example"))
    attendance.mark(occasion=webinar, ids=[Registration.objects.get(lead=bo).pk], came=True, by=max)

    registrations.move(from_lead=bo.pk, to_lead=ada.pk)

    assert [(row.lead_id, row.state) for row in Registration.objects.all()] == [
        (ada.pk, State.ATTENDED)
    ]
