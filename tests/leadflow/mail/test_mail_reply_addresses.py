"""An answer without the headers that say what it answers is known by the address that it came to."""

from uuid import uuid4

import pytest

from leadflow.events.models import Event
from leadflow.mail import inbound, mailboxes, personal, reply_addresses
from leadflow.mail.compose import compose
from leadflow.mail.inbound import Came
from leadflow.mail.models import Delivery, Mailbox, SenderIdentity
from leadflow.mail.sender import send_due
from leadflow.mail.threads import of_leads
from leadflow.models import Suppression
from leadflow.services import leads
from tests.leadflow.mail.letters import letter

pytestmark = pytest.mark.django_db
BOX = "sales@north.example"


@pytest.fixture
def open_box():
    def make(address=BOX, **more):
        values = {"kind": "postmark", "host": "", "folder": "INBOX", "knows_plus_addresses": True}
        return mailboxes.add(by=None, secret="s" * 20, address=address, **values | more)

    return make


@pytest.fixture
def mailbox(open_box):
    return open_box()


@pytest.fixture
def arrive(mailbox):
    def _arrive(raw):
        return inbound.receive(Came(mailbox, raw.encode()))

    return _arrive


@pytest.fixture
def ann():
    return leads.create_or_merge(email="ann@roofs.test-mail.com", via="hand").lead


@pytest.fixture
def sent(mailbox, ann, write):
    delivery = write(to=ann.email, lead_id=ann.pk, reply_to=BOX)
    send_due()
    return Delivery.objects.get(pk=delivery.pk)


def came_to(address, **more):
    """A letter of somebody else to that address; what it answers stands nowhere."""
    raw = letter(1, sender="bea@office.test-mail.com", **more)
    return raw.replace("To: leads@north.example", f"To: Sales <{address}>")


def test_answers_go_to_an_address_that_names_the_mail(sent):
    local, _at, domain = sent.reply_to.partition("@")

    assert local.startswith("sales+r.")
    assert (len(local) <= 64, domain) == (True, "north.example")
    assert compose(sent).message["Reply-To"] == sent.reply_to


def test_two_mails_never_share_an_address(mailbox, write):
    assert write(reply_to=BOX).reply_to != write(reply_to=BOX).reply_to


def test_an_answer_whose_references_are_lost_is_a_reply_in_its_conversation(arrive, sent, ann):
    row = arrive(came_to(sent.reply_to))

    assert (row.kind, row.lead, row.delivery) == ("reply", ann, sent)
    assert Event.objects.get(kind="reply.received").lead_id == ann.pk
    assert of_leads([ann.pk]).with_(f"i{row.pk}") == [f"d{sent.pk}", f"i{row.pk}"]


@pytest.mark.parametrize("header", ["Cc", "Delivered-To", "X-Original-To", "Received"])
def test_the_address_is_found_wherever_a_server_leaves_it(arrive, sent, header):
    told = sent.reply_to
    value = f"from x by mx.north.example for <{told}>; today" if header == "Received" else told

    row = arrive(letter(1, sender="bea@office.test-mail.com", **{header: value}))

    assert row.delivery == sent


def test_a_server_that_changes_the_case_does_no_harm(arrive, sent):
    assert arrive(came_to(sent.reply_to.upper())).delivery == sent


def test_what_an_answer_says_that_it_answers_goes_before_the_address(arrive, sent, ann, write):
    later = write(to=ann.email, lead_id=ann.pk, kind="personal")

    row = arrive(came_to(sent.reply_to, In_Reply_To=later.message_id))

    assert row.delivery == later


def test_an_answer_to_the_address_that_only_says_stop_is_an_opt_out(arrive, sent):
    row = arrive(came_to(sent.reply_to, body="Unsubscribe"))

    assert row.reason == "unsubscribed"
    assert Suppression.objects.get().purpose == "marketing"


@pytest.mark.parametrize(
    "changed",
    [{"knows_plus_addresses": False}, {"is_paused": True}, {"address": "info@north.example"}],
)
def test_elsewhere_answers_go_where_they_went(mailbox, write, changed):
    Mailbox.objects.update(**changed)

    assert write(reply_to=BOX).reply_to == BOX


def test_plus_addresses_are_not_used_unless_somebody_says_so(open_box, write):
    values = {"kind": "postmark", "host": "", "folder": "INBOX"}
    mailboxes.add(by=None, secret="s" * 20, address=BOX, **values)

    assert write(reply_to=BOX).reply_to == BOX


@pytest.mark.parametrize("kind", ["essential", "notice"])
def test_mail_that_invites_no_answer_is_left_alone(mailbox, write, kind):
    assert write(kind=kind, reply_to=BOX).reply_to == BOX


def test_mail_from_the_mailbox_itself_gets_an_address_too(mailbox, write):
    identity = SenderIdentity.objects.create(
        name="North", email=BOX, verified_at="2026-01-01T00:00Z"
    )

    assert write(identity=identity).reply_to.startswith("sales+r.")


def test_an_address_that_would_be_too_long_stays_as_it_is(open_box, write):
    box = "the-whole-team-of-sales@north.example"
    open_box(box)

    assert write(reply_to=box).reply_to == box


def test_a_reps_letter_carries_it_and_its_preview_shows_the_mailbox(mailbox, ann, bob):
    bob.email = BOX
    bob.save(update_fields=["email"])
    told = personal.Letter(key=uuid4(), to=ann.email, subject="The roof", text="Is it dry?")

    shown, left = (
        each(lead=ann, letter=told, by=bob) for each in (personal.preview, personal.send)
    )

    assert shown.reply_to == BOX
    assert reply_addresses.MARK in left.reply_to
    assert personal.send(lead=ann, letter=told, by=bob) == left


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["marketing", "personal"])
def test_on_the_wire_the_address_is_whole_and_as_standards_ask(open_box, wired, write, kind):
    box = f"office.of.our.sales@{'north-roofs-' * 4}company.example"
    open_box(box)
    write(kind=kind, reply_to=box)

    send_due()

    (row,) = wired.accepted
    assert wired.complaints == []
    assert len(Delivery.objects.get().reply_to.partition("@")[0]) == 64
    assert Delivery.objects.get().reply_to in row["raw"]


def test_an_admin_says_it_of_a_mailbox(client, alice, mailbox):
    Mailbox.objects.update(knows_plus_addresses=False)
    client.force_login(alice)
    url = f"/settings/inbound/{mailbox.pk}/"

    page = client.get(url).content.decode()
    client.post(url, {"makes_leads": "on", "knows_plus_addresses": "on", "folder": "INBOX"})

    assert "cannot test this" in page
    assert Mailbox.objects.get().knows_plus_addresses
    assert "Answers come to plus-addresses." in client.get("/settings/inbound/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_report_that_names_nothing_finds_its_message_by_the_return_path(
    open_box, wired, write, state, settings
):
    settings.MAIL_RETURN_PATH = "bounces@north.example"
    box = open_box("bounces@north.example")
    one, two = write(to="ann@roofs.test-mail.com"), write(to="bea@roofs.test-mail.com")
    send_due()
    path = {row["id"]: row["sender"] for row in wired.accepted}
    assert len(set(path.values())) == 2
    assert path[one.public_id.hex] == reply_addresses.return_path(one)
    raw = letter(1, sender="MAILER-DAEMON@mx.test-mail.com", body="550 5.1.1 no such user")
    raw = raw.replace("Subject: A question 1", "Subject: Undelivered mail returned to sender")

    inbound.receive(Came(box, raw.replace("leads@north.example", path[one.public_id.hex]).encode()))

    assert (state(one).state, state(two).state) == ("bounced", "sent")
    assert Suppression.objects.get().email_hash == one.to_hash


@pytest.mark.parametrize("path", ["", "bounces@else.example", "no address"])
def test_the_return_path_is_the_sender_where_no_mailbox_is_named(open_box, write, settings, path):
    settings.MAIL_RETURN_PATH = path
    open_box()

    row = write()
    assert reply_addresses.return_path(row) == row.from_address
