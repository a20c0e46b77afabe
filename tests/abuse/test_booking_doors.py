"""Attacks on booking pages and the links of bookings; the catalogue numbers stand in the names."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.db import connection
from django.test import Client

from capture.models import Knock
from leadflow.calendars import links
from leadflow.calendars.models import Booking
from leadflow.kit import tokens, zones
from leadflow.models import Lead
from tests.factories.calendars import MONDAY_TEN, a_booking, a_meeting
from tests.factories.core import NOON, a_lead

pytestmark = pytest.mark.django_db
TEN = zones.write(MONDAY_TEN, "Europe/Berlin")
DOORS = ("", "move/", "meeting.ics")


@pytest.fixture(autouse=True)
def _noon(db):
    Knock.objects.all().delete()
    with time_machine.travel(NOON, tick=True):
        yield


def told(**more):
    return {"at": TEN, "name": "Lea", "email": "lea@roux.example", "phone": "+49 30 901820",
            "key": "k" * 24, **more}  # fmt: skip


def test_abuse_B70_a_guessed_or_changed_token_opens_no_booking(bob, settings):
    booking = a_booking(a_meeting(bob))
    good = links.token_of(booking)
    forged = [
        booking.public_id,
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        tokens.sign("another key", "booking.v1", booking.public_id),
        tokens.sign(settings.SECRET_KEY, "unsub.v1", booking.public_id),
        str(booking.pk),
    ]
    for token in forged:
        for door in DOORS:
            assert Client().get(f"/booked/{token}/{door}").status_code in (404, 429)
        assert Client().post(f"/booked/{token}/cancel/").status_code in (404, 429)

    booking.refresh_from_db()
    assert booking.state == Booking.State.BOOKED


def test_abuse_B70_a_link_changes_its_own_booking_alone(bob):
    meeting = a_meeting(bob)
    mine, other = a_booking(meeting), a_booking(meeting, MONDAY_TEN.replace(hour=11))

    Client().post(f"/booked/{links.token_of(mine)}/cancel/", {"booking": other.pk, "pk": other.pk})

    other.refresh_from_db()
    assert other.state == Booking.State.BOOKED


def test_abuse_B71_looking_changes_nothing_and_a_replay_changes_nothing_more(bob):
    booking = a_booking(a_meeting(bob))
    place = f"/booked/{links.token_of(booking)}/"
    for door in DOORS:
        Client().get(place + door)
    assert Client().get(f"{place}cancel/").status_code == 405
    booking.refresh_from_db()
    assert (booking.state, booking.sequence) == (Booking.State.BOOKED, 0)

    for _n in range(3):
        Client().post(f"{place}cancel/")

    booking.refresh_from_db()
    assert (booking.state, booking.sequence) == (Booking.State.CANCELLED, 1)


def test_abuse_B72_the_link_of_one_person_is_no_link_of_another_page_or_time(bob):
    meeting, other, lead = a_meeting(bob), a_meeting(bob), a_lead(first_name="Zelda")
    token = links.personal_url(meeting.slug, lead, at=NOON).partition("for=")[2]

    assert links.known_lead(meeting, token) == lead
    assert links.known_lead(other, token) is None
    assert links.known_lead(meeting, token.replace(str(lead.pk), str(lead.pk + 1), 1)) is None
    with time_machine.travel(NOON.replace(month=9)):
        assert links.known_lead(meeting, token) is None
        page = Client().get(f"{meeting.public_path}?at={TEN}&for={token}").content.decode()
    assert "Zelda" not in page


@pytest.mark.django_db(transaction=True)
def test_abuse_A13_one_visitor_who_presses_ten_times_has_one_booking(bob):
    meeting = a_meeting(bob)

    def press(_n):
        try:
            return Client().post(meeting.public_path, told()).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        codes = list(pool.map(press, range(10)))

    assert set(codes) <= {303, 422, 409}
    assert 303 in codes
    assert Booking.objects.count() == 1


def test_abuse_B73_a_flood_of_bookings_is_slowed_down(bob, settings):
    settings.FORM_POSTS_PER_MINUTE = 3
    meeting = a_meeting(bob)

    codes = [
        Client().post(meeting.public_path, told(key=f"{n}" * 24, email="x")).status_code
        for n in range(8)
    ]

    assert codes[:3] == [422] * 3
    assert set(codes) == {422, 429}  # a minute may end among them


def test_abuse_B73_a_robot_that_fills_the_trap_books_nothing(bob):
    answer = Client().post(a_meeting(bob).public_path, told(website_url="http://spam.example"))

    assert answer.status_code == 404
    assert not Lead.objects.exists()


@pytest.mark.parametrize("name", ["<script>x()</script>", "{{ 7*7 }}", "A\r\nBcc: all@x.example"])
def test_abuse_B74_a_visitors_words_are_text_on_every_page_and_in_the_file(bob, name):
    booking = a_booking(a_meeting(bob), guest={"name": name, "note": name})
    place = f"/booked/{links.token_of(booking)}/"

    for door in DOORS:
        content = Client().get(place + door).content.decode()
        assert door == "meeting.ics" or "<script>x" not in content  # a calendar file runs nothing
        assert "\nBcc:" not in content


def test_abuse_B74_the_pages_leak_no_token_and_stand_in_no_frame(bob):
    answer = Client().get(f"/booked/{links.token_of(a_booking(a_meeting(bob)))}/")

    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
