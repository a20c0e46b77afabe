"""What consent is, clause by clause: whose, for what, with which proof, and what may be sent before it."""

import hashlib
import re
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from leadflow.errors import NotAllowed
from leadflow.mail import confirming
from leadflow.mail.models import Confirmation, Delivery
from leadflow.models import Consent, LeadStage
from leadflow.services import addresses, consent, leads, merging
from nurturing.models import Reason
from nurturing.services import enrolment
from nurturing.services.advancing import advance_due
from tests.factories.core import NOON, a_lead
from tests.factories.nurturing import a_reader, a_sequence, mail_step, wait_step

pytestmark = pytest.mark.django_db
WORDS = "Send me the newsletter."
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _noon(time_machine):
    time_machine.move_to(NOON, tick=False)


@pytest.fixture
def ann(drain_events):
    """Somebody whose consent waits, asked by mail already."""
    lead = a_lead("ann@customer.example", stage=LeadStage.SUBSCRIBER)
    ask(lead)
    drain_events()
    return lead


def ask(lead, at=NOON, **more):
    return consent.give(
        lead=lead, purpose="marketing", text=WORDS, text_version="form:1:v2", source="form:1",
        url="https://brightwell.example/news", ip="203.0.113.9", state=Consent.State.PENDING, at=at,
        **more,
    )  # fmt: skip


def links():
    mails = Delivery.objects.filter(key__startswith="doi:").order_by("pk")
    return [re.search(r"/confirm/(\S+)", mail.text)[1] for mail in mails]


def state(lead, channel="email", purpose="marketing"):
    return consent.in_force([lead.pk], channel=channel, purpose=purpose).get(lead.pk)


def test_a_consent_keeps_channel_purpose_basis_words_version_place_time_and_address(ann):
    row = Consent.objects.get(lead=ann)

    assert (row.channel, row.purpose, row.basis, row.state) == (
        "email",
        "marketing",
        "consent",
        "pending",
    )
    assert (row.text, row.text_version) == (WORDS, "form:1:v2")
    assert row.text_hash == hashlib.sha256(WORDS.encode()).hexdigest()
    assert (row.source, row.url, row.method) == (
        "form:1",
        "https://brightwell.example/news",
        "form",
    )
    assert (row.at, row.ip) == (NOON, "203.0.113.9")


def test_the_confirmation_keeps_the_first_step_and_adds_its_own_time_and_address(ann, time_machine):
    time_machine.move_to(NOON + DAY, tick=False)

    Client(REMOTE_ADDR="198.51.100.7").post(f"/confirm/{links()[0]}")

    first, second = Consent.objects.filter(lead=ann).order_by("pk")
    assert (first.state, first.at, first.ip) == ("pending", NOON, "203.0.113.9")
    assert (second.state, second.method, second.at, second.ip) == (
        "given", "double_opt_in", NOON + DAY, "198.51.100.7",
    )  # fmt: skip
    assert (second.text, second.text_version, second.source, second.url, second.purpose) == (
        first.text, first.text_version, first.source, first.url, first.purpose,
    )  # fmt: skip


def test_consent_for_one_channel_and_purpose_says_nothing_about_another():
    lead = a_lead()
    consent.give(lead=lead, channel="email", purpose="marketing", text=WORDS)

    assert state(lead) == "given"
    assert state(lead, channel="phone") is None
    assert state(lead, purpose="events") is None


def test_withdrawing_one_purpose_leaves_the_other():
    lead = a_lead()
    for purpose in ("marketing", "events"):
        consent.give(lead=lead, purpose=purpose, text=WORDS, at=NOON)

    consent.withdraw(lead=lead, purpose="events", at=NOON + DAY)

    assert (state(lead), state(lead, purpose="events")) == ("given", "withdrawn")


def test_the_newest_word_is_in_force_whatever_was_said_before():
    lead = a_lead()
    consent.give(lead=lead, text=WORDS, at=NOON)
    consent.withdraw(lead=lead, at=NOON + DAY)
    assert state(lead) == "withdrawn"

    consent.give(lead=lead, text=WORDS, at=NOON + 2 * DAY)

    assert state(lead) == "given"


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_a_scanner_that_follows_the_link_confirms_nothing(ann, method):
    for _visit in range(3):
        getattr(Client(), method)(f"/confirm/{links()[0]}")

    assert state(ann) == "pending"
    assert Confirmation.objects.get().used_at is None


def test_a_link_that_is_too_old_shows_no_button(ann, time_machine):
    time_machine.move_to(NOON + timedelta(days=7), tick=False)

    page = Client().get(f"/confirm/{links()[0]}")

    assert page.status_code == 404
    assert "<form" not in page.content.decode().partition("<main")[2].partition("</main")[0]


def test_a_link_still_works_a_moment_before_seven_days(ann, time_machine):
    time_machine.move_to(NOON + timedelta(days=7, seconds=-1), tick=False)

    Client().post(f"/confirm/{links()[0]}")

    assert state(ann) == "given"


def test_a_link_that_nobody_sent_confirms_nothing(ann):
    assert Client().post("/confirm/" + "A" * 43).status_code == 404
    assert state(ann) == "pending"


def test_a_reminder_carries_a_link_of_its_own_and_either_one_uses_up_both(ann):
    confirming.remind_due(NOON + DAY)
    first, second = links()
    assert first != second

    confirming.confirm(token=second, at=NOON + DAY)
    confirming.confirm(token=first, at=NOON + DAY)

    assert Consent.objects.filter(lead=ann, state="given").count() == 1


def test_a_used_link_does_not_bring_back_who_said_no_since(ann):
    token = links()[0]
    confirming.confirm(token=token)
    consent.withdraw(lead=ann, at=NOON + DAY)

    Client().post(f"/confirm/{token}")

    assert state(ann) == "withdrawn"


def test_the_mail_of_an_older_question_confirms_nothing_once_a_newer_one_was_asked(
    ann, drain_events
):
    newer = ask(ann, at=NOON + DAY)
    drain_events()
    confirming.ask(asked=newer, at=NOON + DAY)

    confirming.confirm(token=links()[-1], at=NOON + DAY)

    given = Consent.objects.get(lead=ann, state="given")
    assert Confirmation.objects.get(consent=newer).used_at
    assert given.at == NOON + DAY
    with pytest.raises(NotAllowed):
        confirming.confirm(token=links()[0], at=NOON + DAY)


def test_nothing_but_the_question_is_sent_before_she_confirmed(ann, drain_events):
    sequence = a_sequence(mail_step("News"))

    entered = enrolment.enrol_many(sequence=sequence, lead_ids=[ann.pk], by=None, at=NOON)
    advance_due(at=NOON)

    assert entered.verdict.refused == {ann.pk: Reason.NO_CONSENT}
    assert [mail.key[:4] for mail in Delivery.objects.filter(lead=ann)] == ["doi:"]


def test_who_is_asked_anew_gets_nothing_more_from_what_runs_until_she_confirms():
    sequence, lead = a_sequence(mail_step("One"), wait_step(1), mail_step("Two")), a_reader()
    enrolment.enrol_many(sequence=sequence, lead_ids=[lead.pk], by=None, at=NOON)
    advance_due(at=NOON)
    ask(lead, at=NOON + timedelta(hours=1))

    advance_due(at=NOON + 2 * DAY)

    sent = Delivery.objects.filter(lead=lead, key__startswith="enrolment:")
    assert list(sent.values_list("subject", flat=True)) == ["One"]


def test_her_yes_opens_the_door_for_what_she_asked_for(ann, drain_events):
    sequence = a_sequence(mail_step("News"))
    confirming.confirm(token=links()[0])

    entered = enrolment.enrol_many(sequence=sequence, lead_ids=[ann.pk], by=None, at=NOON)

    assert entered.verdict.refused == {}


def test_an_opt_out_reaches_every_address_of_the_person_at_once():
    lead = a_reader(email="ann@customer.example")
    leads.update(lead, values={"email": "ann@other.example"}, by=None)

    consent.withdraw(lead=lead)

    assert addresses.is_suppressed("ann@customer.example", "marketing")
    assert addresses.is_suppressed("ann@other.example", "marketing")


def test_merging_two_people_keeps_the_newest_word_and_both_proofs(drain_events):
    one, two = a_reader(), a_reader()
    consent.withdraw(lead=two, at=NOON + DAY)

    merging.merge(survivor=one, loser=two, by=None, at=NOON + 2 * DAY)

    assert state(one) == "withdrawn"
    assert Consent.objects.filter(lead=one).count() == 3


@pytest.mark.parametrize("field", ["text", "text_version", "ip", "at", "state", "purpose"])
def test_no_part_of_a_proof_can_be_changed_later(field):
    row = consent.give(lead=a_lead(), text=WORDS, ip="203.0.113.9", at=NOON)
    other = {"ip": "198.51.100.7", "at": NOON + DAY}.get(field, "other")

    with pytest.raises(DatabaseError, match="proof"), transaction.atomic():
        Consent.objects.filter(pk=row.pk).update(**{field: other})
