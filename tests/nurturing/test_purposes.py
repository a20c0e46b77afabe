"""Mail of one purpose is stopped without the others: what a sequence is for decides who gets it."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client

from leadflow.mail import links
from leadflow.mail import services as mail
from leadflow.mail.models import Delivery
from leadflow.models import Suppression
from leadflow.services import addresses, consent, leads
from nurturing.models import Enrolment, Reason
from nurturing.selectors import results
from nurturing.services import enrolment
from nurturing.services.advancing import advance_due
from tests.factories.core import NOON, a_lead
from tests.factories.nurturing import a_reader, a_sequence, mail_step, wait_step

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def of_purpose(purpose, **more):
    name = purpose.capitalize()
    steps = [mail_step(f"{name} one"), wait_step(2), mail_step(f"{name} two")]
    return a_sequence(*steps, purpose=purpose, **more)


def enrol(lead, *sequences):
    for sequence in sequences:
        enrolment.enrol_many(sequence=sequence, lead_ids=[lead.pk], by=None, at=NOON)


def standing(lead):
    rows = Enrolment.objects.filter(lead=lead).select_related("version")
    found = {}
    for row in rows:
        says = row.document
        name = "sales" if says["kind"] == "sales" else says["purpose"]
        found[name] = (row.state, row.reason)
    return found


def subjects(lead):
    return sorted(Delivery.objects.filter(lead=lead).values_list("subject", flat=True))


@pytest.fixture
def ann(bob):
    """She agreed to news and to invitations, and is walked through one of each, and by her owner."""
    lead = a_reader(owner=bob)
    consent.give(lead=lead, purpose="events", text="Invite me.", at=NOON)
    sales = a_sequence(wait_step(5), mail_step("From Bob"), kind="sales")
    enrol(lead, of_purpose("marketing"), of_purpose("events"), sales)
    return lead


GOES_ON = ("pending", "")


def test_withdrawing_one_purpose_ends_the_sequences_of_that_purpose_alone(ann, drain_events):
    consent.withdraw(lead=ann, purpose="events", at=NOON)
    drain_events()

    assert standing(ann) == {
        "marketing": GOES_ON,
        "events": ("suppressed", Reason.UNSUBSCRIBED_PURPOSE),
        "sales": GOES_ON,
    }
    advance_due(at=NOON)
    assert subjects(ann) == ["Marketing one"]


def test_marketing_withdrawn_leaves_invitations_and_letters_of_her_owner(ann, drain_events):
    consent.withdraw(lead=ann, at=NOON)
    drain_events()

    assert standing(ann) == {
        "marketing": ("suppressed", Reason.UNSUBSCRIBED_PURPOSE),
        "events": GOES_ON,
        "sales": GOES_ON,
    }


def test_another_channel_ends_no_mail(ann, drain_events):
    consent.withdraw(lead=ann, channel="sms", at=NOON)
    drain_events()

    assert set(standing(ann).values()) == {GOES_ON}


@pytest.fixture
def invitation(ann):
    """The mail of the sequence of events."""
    events = Enrolment.objects.filter(lead=ann, version__document__purpose="events")
    Enrolment.objects.filter(lead=ann).exclude(pk__in=events).update(due_at=NOON + DAY)
    advance_due(at=NOON)
    return Delivery.objects.get(lead=ann)


def test_a_mail_names_its_purpose_and_one_click_stops_that_alone(invitation, ann, drain_events):
    door = urlsplit(links.unsubscribe_url(invitation)).path

    answer = Client().post(door, {"List-Unsubscribe": "One-Click"})
    drain_events()

    assert (invitation.purpose, answer.status_code) == ("events", 200)
    assert standing(ann) == {
        "marketing": GOES_ON,
        "events": ("suppressed", Reason.UNSUBSCRIBED_PURPOSE),
        "sales": GOES_ON,
    }
    assert [(one.purpose, one.reason) for one in Suppression.objects.all()] == [
        ("events", "unsubscribed")
    ]


def test_no_mail_at_all_ends_every_sequence(invitation, ann, drain_events):
    mail.unsubscribe(delivery=invitation, everything=True)
    drain_events()

    assert set(standing(ann).values()) == {("suppressed", Reason.UNSUBSCRIBED)}


def test_her_preferences_stop_what_she_unticked_and_leave_the_rest(invitation, ann, drain_events):
    door = urlsplit(links.unsubscribe_url(invitation)).path
    page = Client().get(door).content.decode()

    Client().post(door, {"what": "preferences", "keep": ["email:marketing"], "count": "1"})
    drain_events()

    assert 'value="email:events" checked' in page
    assert "more “Events”" in page
    assert standing(ann)["marketing"] == GOES_ON
    assert standing(ann)["events"] == ("suppressed", Reason.UNSUBSCRIBED_PURPOSE)


def test_an_address_that_does_not_exist_and_a_disqualified_lead_end_all(ann, drain_events):
    addresses.suppress(email=ann.email, reason=Suppression.Reason.HARD_BOUNCE, by=None)
    enrolment.leave_barred(lead_ids=[ann.pk], otherwise=Reason.BLOCKED, at=NOON, purpose="")

    assert set(standing(ann).values()) == {("suppressed", Reason.HARD_BOUNCE)}

    other = a_reader()
    enrol(other, of_purpose("marketing"), a_sequence(mail_step("Sales"), kind="sales"))
    leads.disqualify_many(lead_ids=[other.pk], reason="no_budget", by=None, at=NOON)
    drain_events()
    assert {reason for _state, reason in standing(other).values()} == {Reason.DISQUALIFIED}


def test_only_who_agreed_to_its_purpose_enters():
    news, events, neither = a_reader(), a_lead(), a_lead()
    consent.give(lead=events, purpose="events", text="Invite me.", at=NOON)
    sequence = of_purpose("events")

    done = enrolment.enrol_many(
        sequence=sequence, lead_ids=[news.pk, events.pk, neither.pk], by=None, at=NOON
    )

    assert [one.lead_id for one in done.enrolments] == [events.pk]
    assert done.verdict.refused == {news.pk: Reason.NO_CONSENT, neither.pk: Reason.NO_CONSENT}


def test_results_count_the_opt_outs_of_its_own_purpose(invitation, ann):
    Delivery.objects.update(state="sent")
    walk = Enrolment.objects.get(version__document__purpose="events")
    consent.withdraw(lead=ann, purpose="marketing", at=NOON + timedelta(hours=1))
    step = walk.document["steps"][0]["id"]
    assert results.mails(walk.sequence)[step].unsubscribed == 0

    consent.withdraw(lead=ann, purpose="events", at=NOON + timedelta(hours=2))

    assert results.mails(walk.sequence)[step].unsubscribed == 1
