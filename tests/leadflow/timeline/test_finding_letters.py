"""What we wrote to a lead is found by its words in her story."""

from uuid import uuid4

import pytest

from leadflow.mail.models import Delivery
from leadflow.mail.sender import send_due
from leadflow.timeline.selectors import for_lead
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(client, bob):
    """A lead to whom Bob wrote of scaffolding, by a letter that left."""
    lead = a_lead("ann@customer.example", owner=bob)
    client.force_login(bob)
    letter = {"draft": uuid4().hex, "to": lead.email, "subject": "The roof", "do": "send"}
    client.post(f"/leads/{lead.pk}/mail/", letter | {"text": "The scaffolding comes on Monday."})
    send_due()
    assert Delivery.objects.counted().count() == 1
    return lead


def found(lead, reader, words):
    return [entry.event.kind for entry in for_lead(lead, reader, words=words).entries]


def test_a_letter_is_found_once_by_what_it_says(ann, bob):
    assert found(ann, bob, "scaffolding monday") == ["activity.logged"]
    assert found(ann, bob, "scaffolding tuesday") == []


def test_a_letter_without_a_touch_is_found_by_its_own_fact(ann, bob):
    Delivery.objects.update(kind=Delivery.Kind.MARKETING)
    ann.activities.update(subject_ref="", subject="", body="")

    assert found(ann, bob, "scaffolding") == ["delivery.sent"]


def test_who_may_not_read_mail_finds_nothing_by_its_words(ann, vera):
    assert found(ann, vera, "scaffolding") == []


def test_the_words_of_essential_mail_are_not_searched(ann, bob):
    Delivery.objects.update(kind=Delivery.Kind.ESSENTIAL, text="Your secret code")

    assert found(ann, bob, "secret") == []
