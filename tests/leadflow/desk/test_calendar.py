"""The calendar of work and closes: what stands on which day, for whom, and in how many queries."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadflow.services import activities
from pipeline.services import deals
from tests.factories import pipeline as make
from tests.factories.calendars import a_booking, a_meeting
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 6, 10, tzinfo=UTC)  # a Wednesday


@pytest.fixture(autouse=True)
def _wednesday(db):
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def bobs(client, bob):
    client.force_login(bob)
    return client


def planned(owner, hours=1.0, **more):
    given = {"kind": "call", "subject": "Ring", "by": owner} | more
    return activities.plan(owner=owner, due_at=NOW + timedelta(hours=hours), **given)


def closing(owner, on, **more):
    return make.deal(owner, expected_close_on=on, **more)


def day(client, on, query=""):
    body = client.get(f"/todos/calendar/{query}").content.decode()
    found = re.search(rf'data-day="{on}">(.*?)</td>', body, re.DOTALL)
    return found[1] if found else ""


def test_work_stands_on_its_day_with_its_hour_and_whom_it_is_about(bobs, bob):
    lead = a_lead(first_name="Ann", last_name="Bell", owner=bob)
    row = planned(bob, 26, lead=lead)

    shown = day(bobs, "2026-05-07")

    assert "<time>12:00</time> Ring, Ann Bell" in shown
    assert f'href="/todos/{row.pk}/"' in shown


def test_late_and_done_work_says_so(bobs, bob):
    planned(bob, -25, subject="Late one")
    activities.complete(planned(bob, -26, subject="Done one"), by=bob)

    shown = day(bobs, "2026-05-05")

    assert re.search(r'class="is-late".*Late one.*overdue', shown, re.DOTALL)
    assert re.search(r'class="is-done".*Done one.*done', shown, re.DOTALL)


def test_deals_stand_on_their_expected_close_and_won_ones_on_that_day(bobs, bob):
    closing(bob, date(2026, 5, 20), name="Roof", amount=Decimal(2400))
    deals.win(closing(bob, date(2026, 5, 28), name="Barn"), amount=Decimal(10), by=bob)

    assert "Roof closes" in day(bobs, "2026-05-20")
    assert "€2,400" in day(bobs, "2026-05-20")
    assert "Barn won" in day(bobs, "2026-05-06")
    assert "Barn" not in day(bobs, "2026-05-28")


def test_a_full_day_says_how_many_more_there_are_and_its_week_shows_them(bobs, bob):
    for hour in range(9):
        planned(bob, 24 + hour / 10, subject=f"Ring {hour}")

    assert "Ring 4" not in day(bobs, "2026-05-07")
    assert 'href="?week=2026-05-07">5 more' in bobs.get("/todos/calendar/").content.decode()
    assert "Ring 8" in day(bobs, "2026-05-07", "?week=2026-05-07")


def test_a_rep_sees_her_own_days_whatever_she_asks_for(bobs, alice):
    planned(alice, 24, subject="Hers")
    closing(alice, date(2026, 5, 7), name="Her deal")

    for query in ("", "?who=team"):
        assert "Her" not in day(bobs, "2026-05-07", query)


def test_a_manager_sees_her_team_with_names(client, mia, bob):
    client.force_login(mia)
    planned(bob, 24, subject="His")
    closing(bob, date(2026, 5, 7), name="His deal")

    shown = day(client, "2026-05-07", "?who=team")

    assert "His" not in day(client, "2026-05-07")
    assert shown.count(f'title="{bob.name}"') == 2


def test_work_and_closes_are_shown_apart(bobs, bob):
    planned(bob, 24)
    closing(bob, date(2026, 5, 7), name="Roof")

    assert "Roof" not in day(bobs, "2026-05-07", "?show=work")
    assert "Ring" not in day(bobs, "2026-05-07", "?show=closes")


def test_what_a_visitor_booked_is_not_dragged(bobs, bob):
    a_booking(a_meeting(bob), lead=a_lead(first_name="Ann", owner=bob))
    planned(bob, 24)

    booked = day(bobs, "2026-03-09", "?month=2026-03")

    assert "Ann" in booked
    assert "data-move" not in booked
    assert "data-move" in day(bobs, "2026-05-07")


def test_a_day_is_that_of_the_reader(bobs, bob):
    bob.time_zone = "Pacific/Auckland"
    bob.save()
    planned(bob, 4)  # two in the morning of the 7th there

    assert "<time>02:00</time>" in day(bobs, "2026-05-07")


def test_a_month_takes_as_many_queries_full_as_nearly_empty(bobs, bob):
    lead = a_lead(owner=bob)
    planned(bob, 24)
    closing(bob, date(2026, 5, 7))
    bobs.get("/todos/calendar/")
    with CaptureQueriesContext(connection) as few:
        bobs.get("/todos/calendar/")
    for n in range(6):
        planned(bob, 24 * n, lead=lead)
        closing(bob, date(2026, 5, 7 + n))
    with CaptureQueriesContext(connection) as full:
        bobs.get("/todos/calendar/")

    assert len(full) == len(few)
