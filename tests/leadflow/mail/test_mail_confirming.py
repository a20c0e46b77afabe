"""Double opt-in: asked once and reminded twice, confirmed by a button, forgotten after thirty days."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from leadflow.errors import NotAllowed
from leadflow.mail import confirming
from leadflow.mail.models import Confirmation, Delivery
from leadflow.models import Consent, LeadIdentity, LeadStage, Suppression
from leadflow.services import addresses, consent, leads
from tests.factories.core import NOON, a_lead

pytestmark = pytest.mark.django_db
WORDS = "Send me the newsletter."
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _noon(time_machine):
    time_machine.move_to(NOON, tick=False)


@pytest.fixture
def ann(drain_events):
    """A subscriber whose consent waits, asked by mail already."""
    lead = a_lead(email="ann@customer.example", stage=LeadStage.SUBSCRIBER)
    agree(lead)
    drain_events()
    return lead


def agree(lead, at=NOON):
    return consent.give(
        lead=lead, purpose="marketing", text=WORDS, text_version="form:1:v2", source="form:1",
        state=Consent.State.PENDING, ip="203.0.113.9", at=at,
    )  # fmt: skip


def mails():
    return list(Delivery.objects.filter(key__startswith="doi:").order_by("pk"))


def link(mail):
    return re.search(r"/confirm/(\S+)", mail.text)[1]


def state(lead):
    return consent.in_force([lead.pk], channel="email", purpose="marketing").get(lead.pk)


def test_a_consent_that_waits_is_asked_about_by_one_essential_mail(ann):
    (mail,) = mails()

    assert (mail.kind, mail.to_norm, mail.lead_id) == ("essential", "ann@customer.example", ann.pk)
    assert WORDS in mail.text
    assert state(ann) == "pending"


def test_only_a_hash_of_the_link_is_stored(ann):
    secret = link(mails()[0])

    row = Confirmation.objects.get()

    assert len(secret) >= 43  # 256 bits
    assert secret not in row.token_hash
    assert row.expires_at == NOON + 7 * DAY


def test_looking_at_the_link_confirms_nothing(ann):
    page = Client().get(f"/confirm/{link(mails()[0])}")

    assert page.status_code == 200
    assert WORDS in page.content.decode()
    assert not page.cookies
    assert state(ann) == "pending"


def test_the_button_confirms_with_both_steps_on_record(ann):
    page = Client(enforce_csrf_checks=True).post(f"/confirm/{link(mails()[0])}")

    given = Consent.objects.filter(lead=ann).latest("pk")
    assert page.status_code == 200
    assert (given.state, given.method, given.text, given.text_version) == (
        "given", "double_opt_in", WORDS, "form:1:v2",
    )  # fmt: skip
    assert given.ip == "127.0.0.1"
    assert LeadIdentity.objects.get(lead=ann).verified_at == NOON


def test_pressing_twice_confirms_once(ann):
    token = link(mails()[0])
    confirming.confirm(token=token)

    page = Client().post(f"/confirm/{token}")

    assert page.status_code == 200
    assert Consent.objects.filter(lead=ann, state="given").count() == 1


def test_a_link_older_than_seven_days_opens_nothing(ann, time_machine):
    token = link(mails()[0])
    time_machine.move_to(NOON + 7 * DAY, tick=False)

    assert Client().post(f"/confirm/{token}").status_code == 404
    with pytest.raises(NotAllowed):
        confirming.confirm(token=token)
    assert state(ann) == "pending"


def test_who_said_no_in_between_is_not_brought_back_by_an_old_link(ann):
    consent.withdraw(lead=ann, at=NOON + timedelta(minutes=1))

    with pytest.raises(NotAllowed):
        confirming.confirm(token=link(mails()[0]))

    assert state(ann) == "withdrawn"


def test_confirming_lifts_her_own_opt_out_and_nobody_elses(ann):
    for reason in (Suppression.Reason.UNSUBSCRIBED, Suppression.Reason.COMPLAINT):
        addresses.suppress(email=ann.email, reason=reason, purpose="marketing", by=None)

    confirming.confirm(token=link(mails()[0]))

    assert [row.reason for row in addresses.standing(ann.email)] == ["complaint"]


def test_there_are_two_reminders_a_day_and_two_days_apart(ann):
    asked = [confirming.remind_due(NOON + timedelta(hours=hours)) for hours in range(1, 24 * 6)]

    assert sum(asked) == 2
    assert [row.asked_at - NOON for row in Confirmation.objects.order_by("number")] == [
        timedelta(0), DAY, 3 * DAY,
    ]  # fmt: skip


def test_nobody_is_reminded_after_she_answered(ann):
    confirming.confirm(token=link(mails()[0]))

    assert confirming.remind_due(NOON + 2 * DAY) == 0


def test_the_first_link_still_works_after_a_reminder(ann):
    confirming.remind_due(NOON + DAY)

    confirming.confirm(token=link(mails()[0]))

    assert state(ann) == "given"


def test_abuse_A06_a_hundred_forms_with_a_strangers_address_are_one_mail(ann, drain_events):
    for minute in range(1, 100):
        agree(ann, at=NOON + timedelta(minutes=minute))
    drain_events()

    assert len(mails()) == 1


def test_a_subscriber_who_never_answers_is_forgotten_after_thirty_days(ann):
    assert confirming.forget_unconfirmed(NOON + 29 * DAY) == 0
    assert confirming.forget_unconfirmed(NOON + 30 * DAY) == 1

    ann.refresh_from_db()
    assert ann.is_erased
    assert not addresses.is_suppressed("ann@customer.example")


def test_who_became_a_lead_meanwhile_stays(ann):
    leads.advance(ann, to=LeadStage.LEAD, by=None)

    assert confirming.forget_unconfirmed(NOON + 30 * DAY) == 0
    assert not Confirmation.objects.exists()
