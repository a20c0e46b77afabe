"""The page of a meeting type: choosing, booking, moving and cancelling, without a script."""

import re
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
import time_machine
from django.test import Client

from leadflow.calendars import links
from leadflow.calendars.models import Booking
from leadflow.kit import zones
from leadflow.mail.models import Delivery
from leadflow.models import Lead
from tests.factories.calendars import MONDAY_TEN, a_booking, a_meeting
from tests.factories.core import NOON, a_lead

pytestmark = pytest.mark.django_db
TEN = zones.write(MONDAY_TEN, "Europe/Berlin")


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=True):
        yield


@pytest.fixture
def visitor():
    return Client(enforce_csrf_checks=True)


def told(**more):
    return {"at": TEN, "name": "Lea Roux", "email": "lea@roux.example", "phone": "+49 30 901820",
            "key": "a" * 24, **more}  # fmt: skip


def test_days_and_times_are_links_in_the_visitors_zone(visitor, bob):
    meeting = a_meeting(bob)

    page = visitor.get(
        f"{meeting.public_path}?tz=America/New_York&from=2026-03-09"
    ).content.decode()

    # the clock in New York went forward on 8 March, the one in Berlin did not yet
    assert "Times in New York" in page
    assert quote(zones.write(MONDAY_TEN, "America/New_York"), safe="") in page
    assert ">05:00</a>" in page


def test_an_unknown_zone_shows_ours(visitor, bob):
    page = visitor.get(f"{a_meeting(bob).public_path}?tz=../../etc/passwd")

    assert page.status_code == 200
    assert b"etc/passwd" not in page.content


def test_a_visitor_books_and_sees_what_she_booked(visitor, bob):
    meeting = a_meeting(bob)
    details = visitor.get(f"{meeting.public_path}?at={quote(TEN)}").content.decode()
    assert "Monday, 9 March 2026, 10:00 (Berlin time)" in details

    answer = visitor.post(meeting.public_path, told(note="Bring numbers"))

    assert answer.status_code == 303
    page = visitor.get(answer["Location"]).content.decode()
    assert "It is booked" in page
    assert "10:00 (Berlin time)" in page
    booking = Booking.objects.get()
    assert (booking.name, booking.note, booking.starts_at) == ("Lea Roux", "Bring numbers", MONDAY_TEN)  # fmt: skip
    assert Lead.objects.get().first_name == "Lea"
    assert Delivery.objects.filter(to_address="lea@roux.example").count() == 3


def test_who_was_slower_keeps_what_she_typed_and_sees_the_free_times(visitor, bob):
    meeting = a_meeting(bob)
    a_booking(meeting)

    answer = visitor.post(meeting.public_path, told(note="Bring numbers"))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "That time was just taken" in page
    assert 'value="Lea Roux"' in page
    assert "Bring numbers" in page
    assert f'value="{TEN}"' not in page
    assert zones.write(MONDAY_TEN.replace(minute=30), "Europe/Berlin") in page
    assert not Lead.objects.filter(email="lea@roux.example").exists()


def test_what_is_missing_is_said_beside_the_field(visitor, bob):
    answer = visitor.post(a_meeting(bob).public_path, told(email="lea"))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "it should look like name@example.com" in page
    assert 'aria-describedby="b_email_error"' in page
    assert not Booking.objects.exists()


def test_only_a_meeting_by_telephone_asks_for_the_number(visitor, bob):
    by_video = a_meeting(bob, place="link", place_details="https://meet.example/x")

    page = visitor.get(f"{by_video.public_path}?at={quote(TEN)}").content.decode()

    assert 'name="phone"' not in page


def test_who_comes_by_a_link_of_her_own_types_no_name(visitor, bob):
    meeting, lead = a_meeting(bob, place="link", place_details="https://meet.example/x"), a_lead(first_name="Ann")  # fmt: skip
    own = links.personal_url(meeting.slug, lead, at=NOON)
    token = own.partition("for=")[2]

    page = visitor.get(f"{meeting.public_path}?at={quote(TEN)}&for={token}").content.decode()
    answer = visitor.post(meeting.public_path, {"at": TEN, "for": token, "key": "b" * 24})

    assert "You book as Ann" in page
    assert 'name="email"' not in page
    assert answer.status_code == 303
    assert Booking.objects.get().lead == lead


def test_a_visitor_moves_and_cancels_by_her_link(visitor, bob):
    booking = a_booking(a_meeting(bob))
    place = f"/booked/{links.token_of(booking)}/"
    later = zones.write(MONDAY_TEN.replace(hour=11), "Europe/Berlin")
    assert later in visitor.get(f"{place}move/?from=2026-03-09").content.decode()

    moved = visitor.post(f"{place}move/", {"at": later})
    cancelled = visitor.post(f"{place}cancel/")

    booking.refresh_from_db()
    assert (moved.status_code, cancelled.status_code) == (303, 303)
    assert booking.starts_at == MONDAY_TEN.replace(hour=11)
    assert booking.state == Booking.State.CANCELLED
    assert "Cancelled" in visitor.get(place).content.decode()


def test_moving_to_a_time_that_went_away_shows_the_free_ones(visitor, bob):
    meeting = a_meeting(bob)
    booking = a_booking(meeting)
    a_booking(meeting, MONDAY_TEN.replace(hour=11))

    answer = visitor.post(
        f"/booked/{links.token_of(booking)}/move/",
        {"at": zones.write(MONDAY_TEN.replace(hour=11), "Europe/Berlin")},
    )

    assert answer.status_code == 422
    assert b"just taken" in answer.content


def test_the_calendar_file_is_handed_out(visitor, bob):
    booking = a_booking(a_meeting(bob))

    file = visitor.get(f"/booked/{links.token_of(booking)}/meeting.ics")

    assert file["Content-Type"].startswith("text/calendar")
    assert b"DTSTART:20260309T090000Z" in file.content


def test_an_archived_meeting_is_not_there(visitor, bob):
    assert visitor.get(a_meeting(bob, is_archived=True).public_path).status_code == 404


def test_a_page_without_free_times_says_so(visitor, bob):
    meeting = a_meeting(bob, per_day=1, days_ahead=1, notice_hours=20)
    a_booking(meeting, datetime(2026, 3, 3, 9, tzinfo=UTC))

    page = visitor.get(meeting.public_path).content.decode()

    assert "No free time in the next day" in page


def test_later_days_are_a_link_away(visitor, bob):
    meeting = a_meeting(bob)
    page = visitor.get(meeting.public_path).content.decode()

    later = re.search(r'href="(\?from=[^"]+)">Later days', page)[1].replace("&amp;", "&")

    more = visitor.get(meeting.public_path + later).content.decode()
    assert "Earlier days" in more
    assert "Wednesday, 11 March" not in page
    assert "Wednesday, 11 March" in more or "Thursday, 12 March" in more
