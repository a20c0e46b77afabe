"""What an answer means stands in the story, and one press says otherwise."""

from datetime import timedelta

import pytest
from django.urls import reverse

from leadflow.kit import clock
from leadflow.mail.models import InboundMail
from leadflow.models import Engagement, Nudge
from leadflow.services import addresses
from tests.factories.core import a_lead
from tests.leadflow.mail.letters import letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(bob):
    return a_lead("ann@customer.example", owner=bob, first_name="Ann", last_name="Lee")


@pytest.fixture
def bobs(client, bob):
    client.force_login(bob)
    return client


@pytest.fixture
def answer(ann):
    from leadflow.mail import inbound, mailboxes
    from leadflow.mail.inbound import Came
    from leadflow.mail.sender import send_due
    from leadflow.mail.services import queue

    box = mailboxes.add(
        by=None, secret="s" * 20, kind="postmark", address="leads@north.example", host="",
        folder="INBOX",
    )  # fmt: skip
    sent = queue(
        key="t:1", kind="personal", to=ann.email, subject="Roof", text="Shall we?", lead_id=ann.pk
    )
    send_due()
    sent.refresh_from_db()
    raw = letter(
        1, sender="Ann <ann@customer.example>", body="Sure, call me.", In_Reply_To=sent.message_id
    )
    return inbound.receive(Came(box, raw.encode()))


def test_the_story_offers_the_five_meanings_and_shows_the_one_suggested(bobs, ann, answer):
    page = bobs.get(reverse("timeline:lead", args=[ann.pk])).content.decode()

    assert f'action="/received/{answer.pk}/means/"' in page
    assert page.count('aria-pressed="true"') >= 1
    assert 'data-key="5"' in page


def test_one_press_says_what_an_answer_means(bobs, bob, answer):
    found = bobs.post(
        f"/received/{answer.pk}/means/", {"to": "not_now"}, headers={"HX-Request": "true"}
    )

    answer.refresh_from_db()
    assert (answer.meaning, answer.meaning_by) == ("not_now", bob)
    assert f'action="/received/{answer.pk}/follow/"' in found.content.decode()
    assert not Engagement.objects.filter(kind="reply.interested").exists()


def test_not_now_offers_a_day_and_sends_her_back_until_then(bobs, ann, answer):
    on = (clock.now() + timedelta(days=40)).date()

    bobs.post(f"/received/{answer.pk}/follow/", {"do": "later", "return_on": on.isoformat()})

    ann.refresh_from_db()
    assert ann.disposition == "recycled"
    assert ann.cycles.latest("pk").return_on == on


def test_a_day_that_is_past_is_refused(bobs, ann, answer):
    found = bobs.post(f"/received/{answer.pk}/follow/", {"do": "later", "return_on": "2020-01-01"})

    ann.refresh_from_db()
    assert found.status_code == 422
    assert ann.disposition == ""


def test_no_stops_marketing_mail_to_her(bobs, ann, answer):
    bobs.post(f"/received/{answer.pk}/follow/", {"do": "stop"})

    assert addresses.is_suppressed(ann.email, "marketing")


def test_a_meaning_that_there_is_not_is_refused(bobs, answer):
    assert bobs.post(f"/received/{answer.pk}/means/", {"to": "nonsense"}).status_code == 422
    assert InboundMail.objects.get().meaning == "interested"


def test_the_open_row_of_my_day_sorts_an_answer_too_and_leaves_the_digits_to_outcomes(
    bobs, ann, answer, drain_events
):
    drain_events()
    nudge = Nudge.objects.get(lead=ann, kind="replied")

    page = bobs.get(f"/my-day/nudge:{nudge.pk}/", headers={"HX-Request": "true"}).content.decode()

    assert f'action="/received/{answer.pk}/means/"' in page
    assert page.count('data-key="1"') <= 1
    found = bobs.post(
        f"/received/{answer.pk}/means/?quiet=1", {"to": "no"}, headers={"HX-Request": "true"}
    )
    assert "data-key" not in found.content.decode()


def test_the_page_of_received_mail_sorts_it_too(bobs, answer):
    page = bobs.get(f"/received/{answer.pk}/").content.decode()

    assert f'action="/received/{answer.pk}/means/"' in page
    assert "suggested" in page
