"""The block "Booking slots": choosing a time inside a form, and what becomes of it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.db import connection
from django.test import Client

from capture.models import Submission
from capture.services import submissions
from leadflow.calendars import links
from leadflow.calendars.models import Booking
from leadflow.errors import Invalid
from leadflow.kit import zones
from leadflow.models import Activity
from tests.factories.calendars import MONDAY_TEN, a_booking, a_meeting
from tests.factories.capture import block, published_form, token_of
from tests.factories.core import NOON

pytestmark = pytest.mark.django_db
TEN = zones.write(MONDAY_TEN, "Europe/Berlin")


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=True):
        yield


@pytest.fixture
def meeting(bob):
    return a_meeting(bob)


@pytest.fixture
def form(meeting):
    return published_form(
        block("email", name="email", label="Email", is_required=True),
        block("slots", name="slot", label="When", meeting=str(meeting.pk), is_required=True),
    )


def send(form, *, json=False, client=None, **answers):
    body = {"email": "ada@north.example", "slot": TEN, "token": token_of(form), **answers}
    kind = {"content_type": "application/json"} if json else {}
    return (client or Client()).post(form.public_path, body, **kind)


def test_the_form_shows_what_is_free_now(form, meeting):
    before = Client().get(form.public_path).content.decode()
    a_booking(meeting)

    after = Client().get(form.public_path).content.decode()

    assert f'value="{TEN}"' in before.replace(zones.write(MONDAY_TEN, "UTC"), TEN)
    assert zones.write(MONDAY_TEN, "UTC") not in after


def test_the_browser_asks_for_the_times_where_it_is(form):
    page = Client().get(f"{form.public_path}times/?name=slot&tz=Asia/Kolkata").content.decode()

    assert "Times in Kolkata" in page
    assert zones.write(MONDAY_TEN, "Asia/Kolkata") in page
    assert Client().get(f"{form.public_path}times/?name=email").status_code == 404


def test_sending_the_form_books_the_time_with_it(form, bob):
    answer = send(form)

    booking = Booking.objects.get()
    sent = Submission.objects.get()
    assert answer.status_code == 303
    assert (booking.host, booking.lead, booking.starts_at) == (bob, sent.lead, MONDAY_TEN)
    assert booking.zone == "Europe/Berlin"
    thanks = Client().get(answer["Location"]).content.decode()
    assert "10:00 (Berlin time)" in thanks
    assert links.token_of(booking) in thanks


def test_the_relay_books_nothing_twice(form, drain_events):
    send(form)

    drain_events()

    assert Booking.objects.count() == Activity.objects.count() == 1


def test_a_taken_time_is_refused_with_what_is_free_and_nothing_is_lost(form, meeting):
    a_booking(meeting)

    answer = send(form)
    told = send(form, json=True).json()

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "just taken" in page
    assert 'value="ada@north.example"' in page
    assert f'value="{TEN}"' not in page
    assert "just taken" in told["errors"]["slot"][0]
    assert not Submission.objects.exists()


def test_the_same_answer_sent_twice_is_one_booking_and_thanked_for_twice(form):
    first = send(form, client_id="c" * 24)
    again = send(form, client_id="c" * 24)

    assert (first.status_code, again.status_code) == (303, 303)
    assert Booking.objects.count() == Submission.objects.count() == 1


def test_who_looked_like_spam_is_booked_when_taken_back(form, drain_events):
    send(form, website_url="x")
    held = Submission.objects.get()
    assert not Booking.objects.exists()

    submissions.reprocess(submission=held, by=None)
    drain_events()

    assert Booking.objects.get().lead == Submission.objects.get().lead


def test_a_wish_that_came_too_late_becomes_a_to_do(form, meeting, drain_events):
    send(form, website_url="x")
    a_booking(meeting)

    submissions.reprocess(submission=Submission.objects.get(), by=None)
    drain_events()

    wish = Activity.objects.get(kind="todo")
    assert wish.lead == Submission.objects.get().lead
    assert "Offer another time" in wish.subject


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ([("email", {}), ("slots", {"meeting": ""})], "Meeting type"),
        ([("slots", {}), ("short_text", {"name": "who", "label": "Who"})], "Ask for the email"),
    ],
)
def test_a_form_that_cannot_book_is_not_published(meeting, blocks, words):
    shared = {"email": {"name": "email", "label": "Email"},
              "slots": {"name": "slot", "label": "When", "meeting": str(meeting.pk)}}  # fmt: skip
    rows = [block(kind, **{**shared.get(kind, {}), **more}) for kind, more in blocks]

    with pytest.raises(Invalid) as refused:
        published_form(*rows)

    assert words in str(refused.value.fields) + refused.value.message + str(refused.value.context)


def test_the_starts_for_demo_and_consultation_offer_times_once_something_can_be_booked(meeting):
    from capture.blocks.starts import STARTS

    for key in ("demo", "consultation"):
        kinds = [one["type"] for page in STARTS[key].content()["pages"] for one in page["blocks"]]
        assert "slots" in kinds


@pytest.mark.django_db(transaction=True)
def test_of_six_forms_for_one_time_one_is_booked_and_the_others_are_asked_again(form):
    def visitor(n):
        try:
            return send(form, email=f"v{n}@north.example").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        codes = sorted(pool.map(visitor, range(6)))

    assert codes == [303, 422, 422, 422, 422, 422]
    assert Booking.objects.count() == Submission.objects.count() == 1
