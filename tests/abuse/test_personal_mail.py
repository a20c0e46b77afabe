"""Attacks by personal mail: other teams' letters, markup in words, headers in subjects, forged senders."""

from uuid import uuid4

import pytest

from leadflow.mail import inbound, mailboxes, services
from leadflow.mail.compose import compose
from leadflow.mail.inbound import Came
from leadflow.mail.models import Delivery, Mailbox, MailTemplate
from leadflow.models import Activity
from tests.abuse.test_previews import dangers
from tests.abuse.vectors import MUTATIONS
from tests.factories.core import a_lead
from tests.leadflow.mail.letters import letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(bob):
    return a_lead("ann@customer.example", owner=bob, first_name="Ann", last_name="Lee")


@pytest.fixture
def theirs(carl):
    """A lead of another team, and what was written to her."""
    lead = a_lead("eve@else.example", owner=carl, first_name="Eve", last_name="Qxother")
    mail = services.queue(
        key="theirs", kind="personal", to=lead.email, lead_id=lead.pk, subject="Qxsecret",
        text="Qxwords", by=carl,
    )  # fmt: skip
    return lead, mail


def post(client, lead, **more):
    given = {"draft": uuid4().hex, "to": lead.email, "subject": "Hello", "text": "x", "do": "send"}
    return client.post(f"/leads/{lead.pk}/mail/", given | more)


def test_abuse_E02_nobody_writes_to_a_lead_of_another_team(client, bob, theirs):
    lead, _mail = theirs
    client.force_login(bob)

    assert client.get(f"/leads/{lead.pk}/mail/").status_code == 404
    assert post(client, lead).status_code == 404
    assert Delivery.objects.filter(lead=lead).count() == 1


def test_abuse_E02_no_letter_of_another_team_is_read_through_a_lead_of_ones_own(
    client, bob, ann, theirs
):
    _lead, mail = theirs
    client.force_login(bob)

    for url in (
        f"/leads/{ann.pk}/mails/d{mail.pk}/",
        f"/leads/{ann.pk}/mail/?answer=d{mail.pk}",
        f"/outbox/{mail.pk}/",
    ):
        answer = client.get(url)
        assert answer.status_code == 404
        assert b"Qx" not in answer.content
    assert post(client, ann, answer=f"d{mail.pk}").status_code == 404


def test_abuse_E02_what_she_wrote_is_gone_from_her_sight_with_the_lead(client, bob, carl, ann):
    client.force_login(bob)
    post(client, ann)
    mail = Delivery.objects.get(lead=ann)
    ann.owner, ann.team = carl, None
    ann.save(update_fields=["owner", "team"])

    assert client.get(f"/outbox/{mail.pk}/").status_code == 404
    assert client.get(f"/leads/{ann.pk}/mails/d{mail.pk}/").status_code == 404


@pytest.mark.parametrize(
    "ref", ["d0", "x1", "d-1", "d1;", "i99999999999999999999", "d1%00", "..", "d٣", "e1"]
)
def test_abuse_E09_a_message_that_is_none_is_not_there(client, bob, ann, ref):
    client.force_login(bob)

    assert client.get(f"/leads/{ann.pk}/mails/{ref}/").status_code == 404
    assert client.get(f"/leads/{ann.pk}/mail/", {"answer": ref}).status_code == 404


def test_abuse_E02_a_viewer_reads_no_letter(client, vera, bob, ann):
    client.force_login(bob)
    post(client, ann)
    mail = Delivery.objects.get(lead=ann)
    client.force_login(vera)

    assert client.get(f"/leads/{ann.pk}/mails/d{mail.pk}/").status_code == 403
    assert client.get(f"/leads/{ann.pk}/mail/").status_code == 403


def test_abuse_E02_a_link_of_a_reset_is_in_no_conversation(client, bob, ann):
    mail = services.queue(
        key="doi", kind="essential", to=ann.email, lead_id=ann.pk, subject="Confirm", text="Qxlink"
    )
    client.force_login(bob)

    assert client.get(f"/leads/{ann.pk}/mails/d{mail.pk}/").status_code == 404


def test_abuse_C05_markup_in_a_letter_stands_there_as_words(client, bob, ann):
    client.force_login(bob)
    post(client, ann, text="\n".join(MUTATIONS))
    mail = Delivery.objects.get(lead=ann)

    assert dangers(mail.html) == []
    page = client.get(f"/leads/{ann.pk}/mails/d{mail.pk}/").content.decode()
    assert not [markup for markup in MUTATIONS if markup in page]
    assert "&lt;svg" in page


def test_abuse_C05_markup_in_her_answer_is_neither_run_nor_quoted_as_markup(
    client, bob, alice, ann
):
    mailboxes.add(by=alice, secret="s" * 20, kind="postmark", address="sales@north.example")
    raw = letter(1, ann.email, body="\r\n".join(MUTATIONS), Subject="<script>x()</script>")
    row = inbound.receive(Came(Mailbox.objects.get(), raw.encode()))
    client.force_login(bob)

    for url in (f"/leads/{ann.pk}/mails/i{row.pk}/", f"/leads/{ann.pk}/mail/?answer=i{row.pk}"):
        page = client.get(url).content.decode()
        assert not [markup for markup in MUTATIONS if markup in page]
        assert "<script>x()" not in page


@pytest.mark.parametrize("sign", ["\r\n", "\n", "\r", "\x1b", "\x7f"])
def test_abuse_C07_a_subject_with_a_line_break_is_refused_and_kept(client, bob, ann, sign):
    client.force_login(bob)

    answer = post(client, ann, subject=f"Hi{sign}Bcc: x@y.example", text="My words")

    assert answer.status_code == 422
    assert "My words" in answer.content.decode()
    assert not Delivery.objects.exists()
    assert not Activity.objects.exists()


def test_abuse_C07_the_id_that_she_chose_for_her_mail_makes_no_header(client, bob, alice, ann):
    mailboxes.add(by=alice, secret="s" * 20, kind="postmark", address="sales@north.example")
    raw = letter(1, ann.email, Message_ID="<a b@c>\r\n X-Evil: 1", References="<x@y> <é@z>")
    row = inbound.receive(Came(Mailbox.objects.get(), raw.encode()))
    client.force_login(bob)

    post(client, ann, answer=f"i{row.pk}")

    message = compose(Delivery.objects.get(lead=ann)).as_bytes()
    assert b"\nX-Evil" not in message
    assert b"\nBcc" not in message


def test_abuse_C08_nobody_chooses_whom_her_mail_is_from(client, bob, ann):
    client.force_login(bob)

    post(client, ann, identity="1", from_address="ceo@bank.example", reply_to="eve@else.example")

    mail = Delivery.objects.get(lead=ann)
    assert "bank" not in mail.from_address
    assert mail.reply_to == bob.email


def test_abuse_C02_words_of_the_lead_are_no_template(client, bob, ann):
    ann.first_name = "{{ owner.email }}"
    ann.save(update_fields=["first_name"])
    row = MailTemplate.objects.create(name="T", subject="Hi", text="{{ lead.first_name }}")
    client.force_login(bob)

    page = post(client, ann, do="begin", template=row.pk, text="").content.decode()

    assert "{{ owner.email }}" in page


@pytest.mark.parametrize("template", ["0", "-1", "x", "", "9" * 30])
def test_abuse_E09_a_template_that_is_none_is_no_error(client, bob, ann, template):
    client.force_login(bob)

    assert post(client, ann, do="begin", template=template).status_code in (404, 422)


@pytest.mark.parametrize(
    "source", ["{{ settings.SECRET_KEY }}", "{% include 'x' %}", "{{ lead._meta }}", "{{ user.password }}"]
)  # fmt: skip
def test_abuse_C01_a_template_names_known_fields_alone(client, max, source):
    client.force_login(max)

    answer = client.post("/settings/letters/new/", {"name": "T", "subject": "S", "text": source})

    assert answer.status_code == 422
    assert not MailTemplate.objects.exists()
