"""The page of to-dos, the panel on records, and what is done to one or to many."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from icalendar import Calendar

from leadflow.models import Activity, Company
from leadflow.people.models import Role
from leadflow.services import activities
from tests.factories.calendars import a_booking, a_meeting
from tests.factories.core import a_lead
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 6, 10, tzinfo=UTC)  # a Wednesday
HTMX = {"HTTP_HX_REQUEST": "true"}


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


def undo_of(answer):
    """The address that the toast posts to."""
    return json.loads(answer.headers["HX-Trigger"])["lf:toast"]["undo"]


@pytest.fixture(autouse=True)
def _wednesday(db):
    with time_machine.travel(NOW, tick=False):
        yield


def planned(owner, hours=1.0, **more):
    given = {"kind": "todo", "subject": "Send it", "by": owner} | more
    return activities.plan(owner=owner, due_at=NOW + timedelta(hours=hours), **given)


def filled(owner, **more):
    return {"kind": "call", "subject": "Ring", "due_at": "2026-05-07T10:00", "priority": "1",
            "owner": owner.pk, **more}  # fmt: skip


def page(client, query=""):
    return client.get(f"/todos/{query}").content.decode()


def test_to_dos_stand_under_when_they_are_due(bob_client, bob):
    for hours, what in ((-2, "Late one"), (2, "Today one"), (30, "Week one"), (200, "Later one")):
        planned(bob, hours, subject=what)

    body = page(bob_client)

    words = [
        "Overdue",
        "Late one",
        "Today",
        "Today one",
        "This week",
        "Week one",
        "Later",
        "Later one",
    ]
    rows = body[body.index("<tbody") :]
    places = [rows.index(word) for word in words]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("part", "what"), [("late", "Late one"), ("today", "Today one"), ("week", "Week one")]
)
def test_a_tab_shows_its_part_alone(bob_client, bob, part, what):
    for hours, name in ((-2, "Late one"), (2, "Today one"), (30, "Week one"), (200, "Later one")):
        planned(bob, hours, subject=name)

    body = page(bob_client, f"?due={part}")

    assert [
        name for name in ("Late one", "Today one", "Week one", "Later one") if name in body
    ] == [what]


def test_a_manager_sees_her_teams_and_a_rep_never_others(mia_client, bob_client, mia, bob):
    planned(bob, subject="Of Bob")
    planned(mia, subject="Of Mia")

    assert "Of Bob" in page(mia_client, "?who=team")
    assert "Of Bob" not in page(mia_client)
    assert "Of Mia" not in page(bob_client, "?who=team")


def test_filters_narrow_by_type_and_priority(bob_client, bob):
    planned(bob, kind="call", subject="Ring")
    urgent = planned(bob, subject="Urgent")
    Activity.objects.filter(pk=urgent.pk).update(priority=1)

    assert "Urgent" not in page(bob_client, "?kind=call")
    assert "Ring" not in page(bob_client, "?priority=1")


def test_the_page_asks_as_often_for_one_as_for_thirty(
    bob_client, bob, django_assert_max_num_queries
):
    for n in range(30):
        planned(bob, n, lead=a_lead(f"l{n}@x.example", owner=bob))

    with django_assert_max_num_queries(20):
        page(bob_client)


def test_a_hurried_line_becomes_a_to_do_with_its_type_and_time(bob_client, bob):
    bob_client.post("/todos/quick/", {"words": "Call Ann tomorrow 10"})

    row = Activity.objects.get()
    assert (row.kind, row.subject, row.owner) == ("call", "Call Ann", bob)
    assert row.due_at.astimezone(UTC).day == 7


def test_a_line_without_words_is_refused_with_an_example(bob_client):
    answer = bob_client.post("/todos/quick/", {"words": "  "})

    assert answer.status_code == 422
    assert "tomorrow 10" in answer.content.decode()


def test_all_that_can_be_said_is_kept(bob_client, bob):
    lead = a_lead(owner=bob)
    more = {"remind": "60", "repeat": "weekly", "repeat_until": "2026-06-30", "body": "Notes"}

    answer = bob_client.post(f"/todos/new/?lead={lead.pk}", filled(bob, **more))

    assert answer.status_code == 303
    row = Activity.objects.get()
    assert (row.lead, row.priority, row.remind, row.repeat) == (lead, 1, 60, "weekly")
    assert (str(row.repeat_until), row.body) == ("2026-06-30", "Notes")


def test_a_to_do_for_a_colleague_who_may_not_see_the_lead_is_refused_with_the_way_out(
    bob_client, bob, north
):
    mate = UserFactory(role=Role.REP, name="Max Mate")
    lead = a_lead(owner=bob, first_name="Ann", last_name="Bell")

    answer = bob_client.post(f"/todos/new/?lead={lead.pk}", filled(mate))

    assert answer.status_code == 422
    assert "Max Mate may not see Ann Bell" in answer.content.decode()
    assert not Activity.objects.exists()


def test_a_missing_time_is_said_beside_the_field_and_the_words_stay(bob_client, bob):
    answer = bob_client.post("/todos/new/", filled(bob, due_at="", subject="Typed already"))

    assert answer.status_code == 422
    assert "Typed already" in answer.content.decode()


def test_done_asks_for_what_comes_next_with_the_lead(bob_client, bob):
    lead = a_lead(owner=bob, first_name="Ann", last_name="Bell")
    row = planned(bob, lead=lead)

    answer = bob_client.post("/todos/done/", {"one": row.pk})

    asked = bob_client.get(answer.headers["Location"])
    assert "What comes next with Ann Bell?" in asked.content.decode()
    row.refresh_from_db()
    assert row.done_at == NOW


def test_done_asks_nothing_where_something_is_planned(bob_client, bob):
    lead = a_lead(owner=bob)
    row = planned(bob, lead=lead)
    planned(bob, 30, lead=lead)

    answer = bob_client.post("/todos/done/", {"one": row.pk})

    assert answer.headers["Location"] == "/todos/"


def test_many_are_done_at_once_and_taken_back_at_once(bob_client, bob):
    rows = [planned(bob, n) for n in range(3)]
    ids = [row.pk for row in rows]

    answer = bob_client.post("/todos/done/", {"ids": ids}, **HTMX)
    assert not Activity.objects.open().exists()
    bob_client.post(undo_of(answer), **HTMX)

    assert Activity.objects.open().count() == 3


def test_many_are_put_off_at_once_to_a_time_on_her_clock(bob_client, bob):
    bob.time_zone = "Europe/Berlin"
    bob.save()
    rows = [planned(bob, n) for n in range(2)]

    data = {"ids": [row.pk for row in rows], "until": "at", "at": "2026-05-08T09:30"}
    bob_client.post("/todos/later/", data)

    assert set(Activity.objects.values_list("due_at", flat=True)) == {
        datetime(2026, 5, 8, 7, 30, tzinfo=UTC)
    }


@pytest.mark.parametrize("until", [{}, {"until": "at"}, {"until": "at", "at": "2026-13-99T00:00"}])
def test_no_time_to_put_off_to_is_refused(bob_client, bob, until):
    row = planned(bob)

    answer = bob_client.post("/todos/later/", {"ids": row.pk, **until})

    assert answer.status_code == 422


def test_given_away_it_is_on_the_list_of_the_other_with_the_words(bob_client, mia_client, bob, mia):
    row = planned(bob, subject="Check the price")

    bob_client.post("/todos/give/", {"ids": row.pk, "to": mia.pk, "words": "Before noon"})

    assert "Before noon" in page(mia_client)
    assert "Check the price" not in page(bob_client)


def test_what_was_given_away_in_bulk_is_taken_back_by_the_toast(
    bob_client, bob, carl, mia, drain_events
):
    own, asked = planned(bob, 1, subject="Own"), planned(bob, 2, subject="Asked")
    Activity.objects.filter(pk=asked.pk).update(given_by=mia, given_words="Please")

    answer = bob_client.post("/todos/give/", {"ids": [own.pk, asked.pk], "to": carl.pk}, **HTMX)
    drain_events()
    assert set(Activity.objects.values_list("owner", flat=True)) == {carl.pk}
    back = bob_client.post(undo_of(answer), **HTMX)
    drain_events()

    assert back.status_code == 204
    rows = {row.subject: row for row in Activity.objects.all()}
    assert {row.owner for row in rows.values()} == {bob}
    assert (rows["Own"].given_by, rows["Asked"].given_by) == (None, mia)
    assert rows["Asked"].given_words == "Please"
    assert not bob.notifications.filter(kind="todo_given").exists()


def test_what_the_colleague_has_done_since_is_not_taken_back(bob_client, bob, carl):
    rows = [planned(bob, n) for n in (1, 2)]
    data = {"ids": [row.pk for row in rows], "to": carl.pk}
    answer = bob_client.post("/todos/give/", data, **HTMX)
    activities.complete(rows[0], by=carl)

    assert bob_client.post(undo_of(answer), **HTMX).status_code == 409

    assert set(Activity.objects.values_list("owner", flat=True)) == {carl.pk}


def test_abuse_E02_a_gift_is_taken_back_by_nobody_but_the_giver(bob_client, mia_client, bob, carl):
    row = planned(bob)
    answer = bob_client.post("/todos/give/", {"ids": row.pk, "to": carl.pk}, **HTMX)

    assert mia_client.post(undo_of(answer), **HTMX).status_code == 422
    assert bob_client.post("/todos/give/back/eyJieSI6MX0:x:y/", **HTMX).status_code == 422

    assert Activity.objects.get().owner == carl


@pytest.mark.parametrize("door", ["done", "later", "give"])
def test_the_most_that_is_done_at_once_is_taken_back_by_one_short_address(
    bob_client, bob, carl, door
):
    start = NOW + timedelta(hours=1)
    rows = Activity.objects.bulk_create(
        Activity(
            pk=9_000_000 + n, kind="todo", subject=f"No {n}", owner=bob, due_at=start,
            created_at=NOW,
        )
        for n in range(500)
    )  # fmt: skip
    data = {"ids": [row.pk for row in rows], "until": "week", "to": carl.pk}

    answer = bob_client.post(f"/todos/{door}/", data, **HTMX)
    assert not Activity.objects.filter(owner=bob, done_at=None, due_at=start).exists()
    undo = undo_of(answer)
    assert len(undo) < 2_000
    assert bob_client.post(undo, **HTMX).status_code == 204

    assert Activity.objects.filter(owner=bob, done_at=None, due_at=start).count() == 500


def test_what_a_visitor_booked_is_not_among_them(bob_client, bob):
    booking = a_booking(a_meeting(bob))
    assert booking.activity.owner == bob

    assert (
        bob_client.post("/todos/later/", {"ids": booking.activity_id, "until": "week"}).status_code
        == 422
    )


def test_the_panel_of_a_company_shows_its_to_dos(bob_client, bob):
    firm = Company.objects.create(name="Acme", name_norm="acme", created_at=NOW)
    planned(bob, company=firm, subject="Visit the site")

    body = bob_client.get(f"/todos/of/company/{firm.pk}/").content.decode()

    assert "Visit the site" in body


def test_my_day_says_that_it_matters_and_who_asked(bob_client, bob, mia):
    row = planned(bob, subject="Check")
    Activity.objects.filter(pk=row.pk).update(priority=1, given_by=mia, given_words="Please")

    body = bob_client.get("/my-day/").content.decode()

    assert "High priority" in body
    assert f"from {mia.name}: Please" in body


def test_what_is_planned_goes_into_any_calendar_and_again_after_it_moved(bob, bob_client):
    lead = a_lead(owner=bob, first_name="Ada", last_name="Byron")
    row = activities.plan(
        lead=lead,
        kind="meeting",
        subject="Look at the roof",
        owner=bob,
        due_at=NOW + timedelta(days=1),
        by=bob,
    )
    first = bob_client.get(f"/todos/{row.pk}/event.ics")
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        Activity.objects.filter(pk=row.pk).update(due_at=NOW + timedelta(days=2))
        second = bob_client.get(f"/todos/{row.pk}/event.ics")

    before, after = (Calendar.from_ical(one.content).events[0] for one in (first, second))
    assert before["SUMMARY"] == "Look at the roof · Ada Byron"
    assert (before["DTSTART"].dt, before["DTEND"].dt) == (
        NOW + timedelta(days=1), NOW + timedelta(days=1, hours=1),
    )  # fmt: skip
    assert after["UID"] == before["UID"]
    assert before["URL"].endswith(f"/todos/{row.pk}/")
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["DTSTART"].dt == NOW + timedelta(days=2)
    assert "attachment" in first.headers["Content-Disposition"]
    assert f"/todos/{row.pk}/event.ics" in bob_client.get(f"/todos/{row.pk}/").text


def test_abuse_E02_the_calendar_file_of_another_teams_plan_is_not_found(carl, bob):
    row = activities.plan(
        lead=a_lead(owner=bob),
        kind="meeting",
        subject="Ours",
        owner=bob,
        due_at=NOW + timedelta(days=1),
        by=bob,
    )

    assert as_(carl).get(f"/todos/{row.pk}/event.ics").status_code == 404
