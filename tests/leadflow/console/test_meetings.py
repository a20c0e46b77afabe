"""Meeting types and own hours in Settings; bookings on the desk."""

from datetime import timedelta

import pytest
import time_machine

from leadflow.calendars import bookings
from leadflow.calendars.models import Booking, MeetingType, WorkingHours
from leadflow.calendars.selectors import hours_of
from leadflow.events.models import Event
from leadflow.models import Activity
from leadflow.notifications.models import Notification
from tests.factories.calendars import MONDAY_TEN, a_booking, a_meeting
from tests.factories.core import NOON, a_lead

pytestmark = pytest.mark.django_db


def told(*hosts, **more):
    return {
        "name": "Demo", "slug": "demo", "kind": "demo", "hosts": [one.pk for one in hosts],
        "place": "phone", "minutes": 30, "step": 30, "before": 0, "after": 10, "notice_hours": 4,
        "days_ahead": 30, **more,
    }  # fmt: skip


def test_a_marketer_says_what_can_be_booked(client, max, bob):
    client.force_login(max)

    answer = client.post("/settings/meetings/new/", told(bob))

    assert answer.status_code == 303
    made = MeetingType.objects.get()
    assert list(made.hosts.all()) == [bob]
    assert Event.objects.filter(kind="setting.changed", data__name=f"meetingtype:{made.pk}.hosts").exists()  # fmt: skip
    page = client.get(f"/settings/meetings/{made.pk}/").content.decode()
    assert "/b/demo/" in page
    assert "booking.demo" in page


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"hosts": []}, "Choose at least one person"), ({"slug": "9 to 5"}, "valid"),
     ({"place": "link"}, "beginning with https://"), ({"minutes": 0}, "greater than or equal to 5"),
     ({"days_ahead": 90}, "less than or equal to 60")],
)  # fmt: skip
def test_what_cannot_be_booked_is_said_beside_the_field(client, max, bob, wrong, words):
    client.force_login(max)

    answer = client.post("/settings/meetings/new/", told(bob) | wrong)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not MeetingType.objects.exists()


def test_own_hours_count_until_they_are_given_up(client, bob):
    client.force_login(bob)
    week = {f"{part}_1": at for part, at in (("opens", "10:00"), ("closes", "12:00"))}

    client.post("/settings/own-hours/", week)

    assert hours_of([bob], at=NOON)[bob.pk].week == [[], ["10:00", "12:00"], [], [], [], [], []]
    client.post("/settings/own-hours/", {"as_all": "1"})
    assert not WorkingHours.objects.exists()


def test_a_rep_sees_her_bookings_and_not_those_of_others(client, bob, carl):
    mine, other = a_booking(a_meeting(bob)), a_booking(a_meeting(carl))
    client.force_login(bob)

    with time_machine.travel(NOON):
        page = client.get("/bookings/").content.decode()

    assert mine.meeting_type.name in page
    assert f"/bookings/{other.pk}/" not in page
    assert client.post(f"/bookings/{other.pk}/cancel/").status_code == 404


def test_who_did_not_come_is_noted_on_the_activity(client, bob):
    booking = a_booking(a_meeting(bob))
    client.force_login(bob)

    with time_machine.travel(MONDAY_TEN + timedelta(minutes=20)):
        client.post(f"/bookings/{booking.pk}/missed/")

    booking.refresh_from_db()
    assert booking.state == Booking.State.MISSED
    assert Activity.objects.get().outcome == "missed"


def test_the_host_is_told_of_a_booking_a_move_and_a_cancellation(bob, drain_events):
    booking = a_booking(
        a_meeting(bob, name="Demo"), lead=a_lead(first_name="Lea", last_name="Roux")
    )
    bookings.move(booking=booking, starts_at=MONDAY_TEN + timedelta(hours=1), at=NOON)
    bookings.cancel(booking=booking, at=NOON)

    drain_events()

    told = Notification.objects.filter(user=bob, kind="meeting_booked").order_by("pk")
    sentences = [row.sentence for row in told]
    assert len(sentences) == 3
    assert sentences[0].startswith(
        "Lea Roux booked “Demo” with you: Monday, 9 March 2026, 09:00 (UTC)"
    )
    assert "moved" in sentences[1]
    assert "cancelled" in sentences[2]


def test_what_a_merged_lead_booked_follows_her(bob, drain_events):
    from leadflow.services import merging

    booking, survivor = a_booking(a_meeting(bob)), a_lead()

    merging.merge(survivor=survivor, loser=booking.lead, by=None)
    drain_events()

    booking.refresh_from_db()
    assert booking.lead == survivor
