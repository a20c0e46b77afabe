"""Sales sequences: as the lead's owner, from her mailbox, some letters by her own hand."""

import re
from datetime import timedelta

import pytest

from leadflow.errors import NotAllowed
from leadflow.mail.models import Delivery, Mailbox, OwnMailbox
from leadflow.models import Activity, Suppression
from leadflow.services import activities, addresses
from nurturing.models import Enrolment, Reason
from nurturing.services import enrolment, selling
from nurturing.services.advancing import advance_due
from tests.factories.core import NOON, a_lead
from tests.factories.nurturing import a_reader, a_sequence, mail_step, wait_step

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def ann(bob):
    return a_lead("ann@customer.test-mail.com", owner=bob, first_name="Ann")


@pytest.fixture
def bobs_mailbox(bob):
    box = Mailbox.objects.create(kind="imap", address="bob@berg.test-mail.com", code="b", owner=bob)
    return OwnMailbox.objects.create(
        user=bob, mailbox=box, address="bob@berg.test-mail.com", name="Bob Berg",
        signature="Bob\nNorth", username="bob", smtp_host="127.0.0.1",
    )  # fmt: skip


def sales(*steps, **more):
    return a_sequence(*(steps or [mail_step("Hello", "Good day.")]), kind="sales", **more)


def enrol(sequence, *leads):
    return enrolment.enrol_many(
        sequence=sequence, lead_ids=[one.pk for one in leads], by=None, at=NOON
    )


def walk(lead):
    return Enrolment.objects.get(lead=lead)


def test_its_mail_is_personal_and_leaves_from_the_owners_mailbox(ann, bob, bobs_mailbox):
    enrol(sales(), ann)
    advance_due(at=NOON)

    mail = Delivery.objects.get(lead_id=ann.pk)
    assert (mail.kind, mail.by, mail.via) == ("personal", bob, bobs_mailbox.via)
    assert mail.from_address == "bob@berg.test-mail.com"
    assert mail.text == "Good day.\n\n-- \nBob\nNorth"


def test_without_a_mailbox_it_leaves_by_the_usual_way_in_her_name(ann, bob):
    enrol(sales(), ann)
    advance_due(at=NOON)

    mail = Delivery.objects.get(lead_id=ann.pk)
    assert (mail.from_name, mail.via, mail.reply_to) == ("Bob Berg", "", "bob@crm.example")


def test_it_asks_for_no_consent_and_counts_against_no_cap(ann, bob):
    for number in range(4):
        enrol(sales(mail_step(f"No {number}")), ann)
        advance_due(at=NOON)

    assert Delivery.objects.filter(lead_id=ann.pk).count() == 4


def test_who_wants_no_mail_at_all_is_left_out(ann):
    addresses.suppress(email=ann.email, reason=Suppression.Reason.UNSUBSCRIBED, by=None)

    assert enrol(sales(), ann).verdict.refused == {ann.pk: Reason.UNSUBSCRIBED}


def test_a_lead_that_nobody_owns_is_told_by_name():
    lead = a_lead("dora@customer.test-mail.com")
    enrol(sales(), lead)
    advance_due(at=NOON)

    assert walk(lead).state == "failed"
    assert "Nobody owns this lead" in walk(lead).detail


def test_an_answer_stops_it(ann, drain_events):
    enrol(sales(mail_step(), wait_step(2), mail_step("Second")), ann)
    advance_due(at=NOON)
    enrolment.leave(lead_ids=[ann.pk], reason=Reason.REPLIED, exit_by="reply")

    assert walk(ann).reason == "replied"


def test_a_letter_by_hand_waits_as_a_to_do_and_goes_on_once_it_is_sent(ann, bob):
    enrol(sales(mail_step("The roof", "Dear Ann,", manual=True), mail_step("Second")), ann)
    advance_due(at=NOON)
    advance_due(at=NOON + DAY)

    todo = Activity.objects.get(lead=ann)
    assert (todo.kind, todo.subject, todo.owner) == ("email", "The roof", bob)
    assert not Delivery.objects.exists()

    activities.complete(todo, by=bob, at=NOON + DAY)
    enrolment.wake(activity_ids=[todo.pk], at=NOON + DAY)
    advance_due(at=NOON + DAY)
    assert [mail.subject for mail in Delivery.objects.all()] == ["Second"]


def test_a_letter_that_is_never_sent_holds_nobody_for_ever(ann):
    enrol(sales(mail_step("The roof", manual=True)), ann)
    advance_due(at=NOON)
    advance_due(at=NOON + selling.WAITS)

    assert walk(ann).state == "finished"


def test_the_letter_opens_with_its_words_and_sending_it_does_the_to_do(ann, bob, client):
    enrol(sales(mail_step("The roof", "Dear {{ lead.first_name }},", manual=True)), ann)
    advance_due(at=NOON)
    client.force_login(bob)

    page = client.get(f"/leads/{ann.pk}/mail/").content.decode()

    assert "Dear Ann," in page
    assert 'value="The roof"' in page
    draft = re.search(r'name="draft" value="([^"]+)"', page)[1]
    step = re.search(r'name="step" value="([^"]+)"', page)[1]
    client.post(
        f"/leads/{ann.pk}/mail/",
        {"draft": draft, "to": ann.email, "subject": "The roof", "text": "Dear Ann, hello",
         "step": step, "does": "on", "do": "send"},
    )  # fmt: skip
    assert Activity.objects.get(lead=ann).done_at is not None
    assert Delivery.objects.get().subject == "The roof"


def test_a_rep_adds_to_sales_sequences_only(client, bob, ann):
    marketing, selling_one = a_sequence(name="News"), sales(name="Outreach")
    client.force_login(bob)

    page = client.get(f"/sequences/of-lead/{ann.pk}/").content.decode()
    assert "Outreach" in page
    assert "News" not in page
    assert (
        client.post("/sequences/enrol/", {"sequence": marketing.pk, "ids": ann.pk}).status_code
        == 403
    )
    assert (
        client.post("/sequences/enrol/", {"sequence": selling_one.pk, "ids": ann.pk}).status_code
        == 303
    )
    assert walk(ann).sequence == selling_one


def test_the_leads_page_says_that_a_sales_sequence_counts_against_no_cap(client, alice, ann):
    reader = a_reader()
    enrol(sales(name="Outreach"), ann)
    enrol(a_sequence(name="News"), reader)
    client.force_login(alice)

    hers = client.get(f"/sequences/of-lead/{ann.pk}/").content.decode()
    readers = client.get(f"/sequences/of-lead/{reader.pk}/").content.decode()

    assert "Letters of the owner: they count against no cap of mails a week." in hers
    assert "Outreach (sales)" in hers
    assert "Letters of the owner" not in readers.split("<form")[0]
    assert "News (sales)" not in readers


def test_marketing_is_added_by_those_whose_it_is(alice, bob):
    marketing = a_sequence(name="News")

    selling.check_by_hand(marketing, alice)
    with pytest.raises(NotAllowed):
        selling.check_by_hand(marketing, bob)
    assert a_reader().pk
