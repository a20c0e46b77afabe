"""Booking, moving, cancelling: what follows, and who gets a time that two people want."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from leadflow.calendars import bookings, links, selectors
from leadflow.calendars.models import Booking, Leave, WorkingHours
from leadflow.errors import Conflict
from leadflow.events.models import Event
from leadflow.history import availability
from leadflow.kit.ics import Method
from leadflow.mail.models import Delivery
from leadflow.models import Activity, Lead
from leadflow.services import activities
from tests.factories.calendars import MONDAY_TEN, a_booking, a_meeting
from tests.factories.core import NOON, a_lead

HALF = timedelta(minutes=30)
DAY = (MONDAY_TEN - timedelta(hours=2), MONDAY_TEN + timedelta(hours=12))
pytestmark = pytest.mark.django_db


def kinds(lead):
    return list(Event.objects.filter(lead_id=lead.pk).order_by("pk").values_list("kind", flat=True))


def letters(booking):
    rows = Delivery.objects.filter(key__startswith=f"booking:{booking.pk}:").order_by("pk")
    return {row.key.split(":", 2)[2]: row for row in rows}


def test_a_booking_is_an_activity_a_fact_and_a_mail(bob):
    booking = a_booking(a_meeting(bob), guest={"note": "Bring numbers"})

    lead = Lead.objects.get(pk=booking.lead_id)
    activity = booking.activity
    assert (activity.kind, activity.owner, activity.due_at) == ("demo", bob, MONDAY_TEN)
    assert (activity.minutes, activity.body) == (30, "Bring numbers")
    assert lead.next_step_at == MONDAY_TEN
    assert kinds(lead)[-1] == "meeting.booked"
    confirmed = letters(booking)["0:confirmed"]
    assert confirmed.kind == Delivery.Kind.ESSENTIAL
    assert "Monday, 9 March 2026, 10:00 (Berlin time)" in confirmed.subject
    assert links.own_url(booking) in confirmed.text
    assert "METHOD:REQUEST" in confirmed.calendar
    assert "DTSTART:20260309T090000Z" in confirmed.calendar


def test_a_lead_without_owner_becomes_her_hosts(bob):
    booking = a_booking(a_meeting(bob))

    assert Lead.objects.get(pk=booking.lead_id).owner == bob


def test_reminders_wait_for_a_day_and_an_hour_before(bob):
    found = letters(a_booking(a_meeting(bob)))

    assert found["0:day"].due_at == MONDAY_TEN - timedelta(days=1)
    assert found["0:hour"].due_at == MONDAY_TEN - timedelta(hours=1)
    assert not found["0:day"].calendar


def test_who_books_for_today_is_not_reminded_at_once(bob):
    booking = a_booking(a_meeting(bob, notice_hours=0), NOON + HALF)

    assert set(letters(booking)) == {"0:confirmed"}


def test_the_same_key_twice_is_one_booking(bob):
    meeting, lead = a_meeting(bob), a_lead()

    one = a_booking(meeting, lead=lead, key="k")
    other = a_booking(meeting, MONDAY_TEN + HALF, lead=lead, key="k")

    assert one == other
    assert Booking.objects.count() == 1


def test_a_taken_time_is_refused_and_leaves_nothing_behind(bob):
    meeting = a_meeting(bob)
    a_booking(meeting)

    with pytest.raises(bookings.Taken, match="just taken"):
        a_booking(meeting)

    assert Booking.objects.count() == Activity.objects.count() == 1


def test_a_meeting_that_was_planned_by_hand_is_kept_free(bob):
    activities.plan(kind="call", subject="Call", owner=bob, due_at=MONDAY_TEN, by=bob, at=NOON)

    free = selectors.free_slots(a_meeting(bob), DAY, at=NOON)

    assert MONDAY_TEN not in free
    assert MONDAY_TEN + HALF in free


def test_another_meeting_type_of_the_same_host_is_kept_free(bob):
    a_booking(a_meeting(bob, after=30))

    free = selectors.free_slots(a_meeting(bob), DAY, at=NOON)

    assert {MONDAY_TEN, MONDAY_TEN + HALF}.isdisjoint(free)


def test_own_hours_leave_and_absence_count(bob, carl):
    meeting = a_meeting(bob, carl)
    WorkingHours.objects.create(user=bob, week=[["14:00", "15:00"]] * 7, time_zone="Europe/Berlin")
    Leave.objects.create(user=carl, starts_on=MONDAY_TEN.date(), ends_on=MONDAY_TEN.date())

    free = selectors.free_slots(meeting, DAY, at=NOON)

    assert free == {MONDAY_TEN.replace(hour=13): [bob.pk], MONDAY_TEN.replace(hour=13, minute=30): [bob.pk]}  # fmt: skip
    availability.change(bob, is_available=False, by=None, at=NOON - HALF)
    assert selectors.free_slots(meeting, DAY, at=NOON) == {}


def test_whoever_was_booked_least_is_met(bob, carl):
    meeting = a_meeting(bob, carl)

    hosts = [a_booking(meeting, MONDAY_TEN + HALF * n).host for n in range(4)]

    assert hosts == [bob, carl, bob, carl]


def test_the_owner_of_a_lead_meets_her_where_free(bob, carl):
    meeting = a_meeting(bob, carl)

    assert a_booking(meeting, lead=a_lead(owner=carl)).host == carl
    assert a_booking(meeting, lead=a_lead(owner=carl)).host == bob


def test_moving_takes_mail_activity_and_calendar_along(bob):
    booking = a_booking(a_meeting(bob))
    later = MONDAY_TEN + timedelta(hours=2)

    moved = bookings.move(booking=booking, starts_at=later, at=NOON)

    assert (moved.starts_at, moved.sequence, moved.host) == (later, 1, bob)
    assert Activity.objects.get().due_at == later
    assert Lead.objects.get(pk=booking.lead_id).next_step_at == later
    found = letters(booking)
    assert found["0:day"].state == found["0:hour"].state == Delivery.State.SKIPPED
    assert found["1:day"].due_at == later - timedelta(days=1)
    assert "SEQUENCE:1" in found["1:confirmed"].calendar
    assert kinds(booking.lead)[-1] == "meeting.moved"


def test_moving_by_less_than_its_length_does_not_collide_with_itself(bob):
    booking = a_booking(a_meeting(bob, minutes=60))

    assert bookings.move(booking=booking, starts_at=MONDAY_TEN + HALF, at=NOON).sequence == 1


def test_cancelling_gives_the_time_back_and_says_so_once(bob):
    meeting = a_meeting(bob)
    booking = a_booking(meeting)

    bookings.cancel(booking=booking, at=NOON)
    bookings.cancel(booking=booking, at=NOON)

    found = letters(booking)
    assert found["0:day"].state == Delivery.State.SKIPPED
    assert f"METHOD:{Method.CANCEL}" in found["1:cancelled"].calendar
    assert kinds(booking.lead).count("meeting.cancelled") == 1
    assert not Activity.objects.exists()
    assert Lead.objects.get(pk=booking.lead_id).next_step_at is None
    assert a_booking(meeting).state == Booking.State.BOOKED


def test_what_is_over_can_be_missed_but_not_changed(bob):
    booking = a_booking(a_meeting(bob))
    after = MONDAY_TEN + HALF
    with pytest.raises(Conflict, match="time has come"):
        bookings.miss(booking=booking, by=bob, at=NOON)

    with pytest.raises(Conflict, match="over"):
        bookings.move(booking=booking, starts_at=after + HALF, at=after)
    with pytest.raises(Conflict, match="over"):
        bookings.cancel(booking=booking, at=after)
    missed = bookings.miss(booking=booking, by=bob, at=after)

    assert missed.state == Booking.State.MISSED
    assert Activity.objects.get().outcome == "missed"


def test_one_person_fills_no_diary(bob):
    meeting, lead = a_meeting(bob), a_lead()
    for n in range(3):
        a_booking(meeting, MONDAY_TEN + HALF * n, lead=lead)

    with pytest.raises(Conflict, match="3 times already"):
        a_booking(meeting, MONDAY_TEN + HALF * 3, lead=lead)


def test_erasing_a_person_keeps_the_row_and_gives_the_time_back(bob):
    booking = a_booking(a_meeting(bob), at=datetime.now(UTC), starts_at=_soon())

    bookings.erase([booking.lead])

    booking.refresh_from_db()
    assert (booking.name, booking.email, booking.state) == ("", "", "cancelled")


def _soon():
    at = datetime.now(UTC) + timedelta(days=3)
    while at.weekday() > 4:
        at += timedelta(days=1)
    return at.replace(hour=10, minute=0, second=0, microsecond=0)


def test_the_database_itself_refuses_two_bookings_of_one_host(bob):
    booking = a_booking(a_meeting(bob))
    booking.pk, booking.public_id, booking.key, booking.activity = None, "x", "x", None

    with pytest.raises(IntegrityError, match="host_is_met_by_one"), transaction.atomic():
        booking.save()


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_want_one_time_at_once_one_gets_it(bob):
    meeting = a_meeting(bob)
    leads = [a_lead() for _n in range(8)]

    def wish(lead):
        try:
            return a_booking(meeting, lead=lead, key=f"wish:{lead.pk}")
        except bookings.Taken:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(wish, leads))

    assert sum(one is not None for one in got) == Booking.objects.count() == 1
    assert Activity.objects.count() == 1
