"""A colleague's own mailbox: her mail leaves through it, answers come in, nothing private is kept."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.db.models.functions import Now

from leadflow.errors import Invalid
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.mail import (
    blind_copies,
    copies,
    inbound,
    mailboxes,
    own,
    personal,
    polling,
    presets,
)
from leadflow.mail.inbound import Came
from leadflow.mail.models import Delivery, InboundMail, Mailbox, OwnMailbox, SentCopy, Transport
from leadflow.mail.own import Asked
from leadflow.mail.sender import send_due
from leadflow.models import Activity
from leadflow.notifications.models import Notice, Notification
from leadflow.services import leads
from tests.factories.core import a_lead
from tests.leadflow.mail.letters import letter
from tests.sinks.imap import ImapSink
from tests.sinks.smtp import SmtpSink
from tests.sinks.tokens import TokenSink

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "bob@berg.test-mail.com"


@pytest.fixture
def out(tmp_path):
    server = SmtpSink(tmp_path / "own.jsonl", signs_in=f"{ADDRESS}\0secret").start()
    yield server
    server.stop()


@pytest.fixture
def inbox():
    server = ImapSink(user=ADDRESS, password="secret", takes=True).start()
    server.folders["Sent"] = []
    yield server
    server.stop()


@pytest.fixture
def asked(out, inbox, settings):
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{out.port}", f"127.0.0.1:{inbox.port}"]

    def _asked(**more):
        given = {
            "preset": "other", "address": ADDRESS, "name": "Bob Berg", "secret": "secret",
            "signature": "Bob Berg\nNorth", "smtp_host": "127.0.0.1", "smtp_port": out.port,
            "smtp_security": "none", "imap_host": "127.0.0.1", "imap_port": inbox.port,
            "imap_security": "none",
        }  # fmt: skip
        return Asked(**(given | more))

    return _asked


@pytest.fixture
def bobs(asked, bob):
    return own.connect(asked=asked(), by=bob)


@pytest.fixture
def ann(bob):
    return a_lead("ann@customer.test-mail.com", owner=bob, first_name="Ann", last_name="Lee")


def write(ann, bob, text="Shall we talk?"):
    told = personal.Letter(key=uuid4(), to=ann.email, subject="The roof", text=text)
    return personal.send(lead=ann, letter=told, by=bob)


def look():
    Mailbox.objects.update(due_at=Now(), lease_until=None)
    return polling.poll_due()


def test_it_is_tried_when_it_is_connected_and_its_secret_is_sealed(bobs):
    assert bobs.checked_at is not None
    assert "secret" not in bobs.secret
    assert bobs.mailbox.owner == bobs.user


def test_a_wrong_password_is_said_and_nothing_is_kept(asked, bob):
    with pytest.raises(Invalid, match="wrong user or password"):
        own.connect(asked=asked(secret="wrong"), by=bob)

    assert not OwnMailbox.objects.exists()
    assert not Mailbox.objects.exists()


def test_abuse_W01_nobody_probes_servers_inside_the_network(asked, bob, settings):
    settings.OUTBOUND_ALLOW = []

    with pytest.raises(Invalid, match="private network"):
        own.connect(asked=asked(), by=bob)


def test_her_mail_leaves_through_it_with_her_signature(bobs, bob, ann, out):
    delivery = write(ann, bob)
    send_due()

    delivery.refresh_from_db()
    assert (delivery.state, delivery.via) == ("sent", bobs.via)
    message = out.messages[0]
    assert message["From"].addresses[0].addr_spec == ADDRESS
    assert out.accepted[0]["sender"] == ADDRESS
    words = message.get_body(("plain",)).get_content().splitlines()
    assert words == ["Shall we talk?", "", "-- ", "Bob Berg", "North"]


def test_a_copy_stands_in_her_sent_folder_once(bobs, bob, ann, inbox):
    write(ann, bob)
    send_due()

    assert copies.keep_due() == 1
    assert copies.keep_due() == 0
    [(_uid, raw)] = inbox.folders["Sent"]
    assert b"Subject: The roof" in raw


def test_a_copy_that_fails_is_told_and_not_tried_again(bobs, bob, ann, inbox):
    inbox.behave("append", "NO quota exceeded")
    delivery = write(ann, bob)
    send_due()
    copies.keep_due()

    assert copies.keep_due() == 0
    assert SentCopy.objects.get().state == "failed"
    assert copies.troubles(bobs)[0].delivery == delivery
    delivery.refresh_from_db()
    assert delivery.state == "sent"


def test_a_copy_that_was_under_way_when_a_process_died_is_not_repeated(bobs, bob, ann, inbox):
    delivery = write(ann, bob)
    send_due()
    SentCopy.objects.create(delivery=delivery, own=bobs)

    assert copies.keep_due() == 0
    assert inbox.folders["Sent"] == []


def test_an_answer_in_her_inbox_lands_on_the_timeline(bobs, bob, ann, inbox):
    look()
    delivery = write(ann, bob)
    send_due()
    delivery.refresh_from_db()
    inbox.put(
        letter(
            1, sender=f"Ann <{ann.email}>", body="Yes, call me.", In_Reply_To=delivery.message_id
        )
    )

    assert look() == 1
    row = InboundMail.objects.get()
    assert (row.lead, row.kind, row.meaning) == (ann, "reply", "interested")


def test_private_mail_of_strangers_is_never_kept(bobs, inbox, carl):
    a_lead("dora@customer.test-mail.com", owner=carl)
    look()
    inbox.put(letter(1, sender="Mum <mum@home.test-mail.com>", body="My private news"))
    inbox.put(letter(2, sender="dora@customer.test-mail.com", body="To a lead that is not hers"))
    inbox.put(letter(3, sender="bank@money.test-mail.com", Subject="Your balance"))

    assert look() == 0
    assert not InboundMail.objects.exists()
    assert not Event.objects.filter(kind="mail.received").exists()
    bobs.mailbox.refresh_from_db()
    assert bobs.mailbox.last_uid == 3


def test_mail_of_a_lead_of_hers_is_kept(bobs, ann, inbox):
    look()
    inbox.put(letter(1, sender=f"Ann <{ann.email}>"))

    assert look() == 1
    assert InboundMail.objects.get().lead == ann


def test_a_refused_sign_in_is_told_once_and_mail_waits_and_other_mail_goes(
    bobs, bob, ann, out, wired, drain_events
):
    good, out.signs_in = out.signs_in, f"{ADDRESS}\0changed"
    delivery = write(ann, bob)
    other = __import__("leadflow.mail.services", fromlist=["queue"]).queue(
        key="t:e", kind="essential", to="x@y.test-mail.com", subject="Reset", text="Link"
    )
    send_due()
    Transport.objects.update(open_until=None)
    send_due()
    drain_events()

    delivery.refresh_from_db()
    other.refresh_from_db()
    bobs.refresh_from_db()
    assert (delivery.state, other.state) == ("queued", "sent")
    assert bobs.failed_at is not None
    assert Notification.objects.get(kind=Notice.OWN_MAILBOX).user == bob

    out.signs_in = good
    assert own.attempt(own=bobs) == ""
    send_due()
    delivery.refresh_from_db()
    assert delivery.state == "sent"


def test_mail_that_waited_for_a_mailbox_that_was_left_fails_by_name(bobs, bob, ann):
    delivery = write(ann, bob)
    own.disconnect(own=bobs, by=bob)
    send_due()

    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == (
        "failed", "What it was to go out by is not there any more"
    )  # fmt: skip
    assert not Mailbox.objects.exists()


# --- signing in at a provider ---------------------------------------------------------------------


@pytest.fixture
def provider(settings, monkeypatch, out, inbox):
    sink = TokenSink()
    settings.MAIL_GOOGLE_CLIENT_ID, settings.MAIL_GOOGLE_CLIENT_SECRET = "client", "client-secret"
    settings.MAIL_TOKEN_URL = sink.url
    ports = (sink.port, out.port, inbox.port)
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{port}" for port in ports]
    gmail = presets.PRESETS["gmail"]
    here = type(gmail)(
        "gmail", "Gmail", ("127.0.0.1", out.port, "none"), ("127.0.0.1", inbox.port, "none"), "Sent",
        False, gmail.authorize, gmail.token, gmail.scope,
    )  # fmt: skip
    monkeypatch.setitem(presets.PRESETS, "gmail", here)
    inbox.token = "access-1"
    out.signs_in = f"user={ADDRESS}\x01auth=Bearer access-1\x01\x01"
    yield sink
    sink.stop()


def begin(client, provider):
    answer = client.post("/settings/your-mailbox/sign-in/", {"preset": "gmail", "address": ADDRESS})
    told = {k: v[0] for k, v in parse_qs(urlsplit(answer["Location"]).query).items()}
    provider.challenge = told["code_challenge"]
    return told


def test_she_signs_in_at_her_provider_and_mail_leaves_by_a_token(client, bob, ann, provider, out):
    client.force_login(bob)
    told = begin(client, provider)

    client.get("/settings/your-mailbox/back/", {"state": told["state"], "code": "good-code"})

    assert told["code_challenge_method"] == "S256"
    assert OwnMailbox.objects.get().sign_in == "oauth"
    write(ann, bob)
    send_due()
    assert len(out.messages) == 1
    assert "refresh-1" not in OwnMailbox.objects.get().secret


def test_a_token_that_ran_out_is_renewed(client, bob, ann, provider, out):
    client.force_login(bob)
    told = begin(client, provider)
    client.get("/settings/your-mailbox/back/", {"state": told["state"], "code": "good-code"})
    OwnMailbox.objects.update(access_until=clock.now() - timedelta(hours=1))

    write(ann, bob)
    send_due()

    assert provider.given == 2
    assert len(out.messages) == 1


def test_access_that_was_taken_back_is_told_and_mail_waits(
    client, bob, ann, provider, drain_events
):
    client.force_login(bob)
    told = begin(client, provider)
    client.get("/settings/your-mailbox/back/", {"state": told["state"], "code": "good-code"})
    OwnMailbox.objects.update(access_until=clock.now() - timedelta(hours=1))
    provider.revoked = True

    delivery = write(ann, bob)
    send_due()
    drain_events()

    delivery.refresh_from_db()
    assert delivery.state == "queued"
    assert Notification.objects.get(kind=Notice.OWN_MAILBOX).user == bob
    assert "revoked" in client.get("/settings/your-mailbox/").content.decode()


@pytest.mark.parametrize("how", ["another state", "a second time", "another browser", "too late"])
def test_abuse_D08_a_sign_in_at_a_provider_counts_once_where_it_was_begun(
    client, bob, alice, provider, how, monkeypatch
):
    client.force_login(bob)
    told = begin(client, provider)
    asked = {"state": told["state"], "code": "good-code"}
    if how == "another state":
        asked["state"] = "guessed"
    elif how == "a second time":
        client.get("/settings/your-mailbox/back/", asked)
        OwnMailbox.objects.all().delete()
    elif how == "another browser":
        client.logout()
        client.force_login(alice)
    else:
        now = clock.now()
        monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=11))

    assert client.get("/settings/your-mailbox/back/", asked).status_code == 422
    assert not OwnMailbox.objects.exists()


# --- copies of what she writes elsewhere ----------------------------------------------------------


@pytest.fixture
def office():
    return mailboxes.add(
        by=None, secret="s" * 20, kind="postmark", address="leads@north.example", host="",
        folder="INBOX",
    )  # fmt: skip


def copied(bob, to, sender="Bob <bob@crm.example>", **headers):
    blind_copies.renew(user=bob)
    address = blind_copies.known_address(bob)
    raw = letter(1, sender=sender, body="I wrote this elsewhere.", Delivered_To=address, **headers)
    return raw.replace("To: leads@north.example\r\n", f"To: {to}\r\n", 1)


def arrive(office, raw):
    return inbound.receive(Came(office, raw.encode()))


def test_a_copy_of_what_she_wrote_elsewhere_stands_in_the_story(office, bob, ann):
    row = arrive(office, copied(bob, f"Ann <{ann.email}>"))

    assert (row.kind, row.state, row.reason, row.lead) == ("copy", "noted", "copy", ann)
    touch = Activity.objects.get(lead=ann)
    assert (touch.kind, touch.created_by, touch.body) == ("email", bob, "I wrote this elsewhere.")


@pytest.mark.parametrize(
    ("sender", "headers"),
    [
        ("Bob <bob@evil.test-mail.com>", {}),
        (
            "Bob <bob@crm.example>",
            {"Authentication_Results": "mx; dmarc=fail header.from=crm.example"},
        ),
        ("bob@crm.example <x@evil.test-mail.com>", {}),
    ],
)
def test_abuse_C08_nobody_else_writes_into_a_story_by_an_address_for_copies(
    office, bob, ann, sender, headers
):
    row = arrive(office, copied(bob, ann.email, sender=sender, **headers))

    assert (row.reason, row.lead) == ("copy_forged", None)
    assert not Activity.objects.exists()


def test_a_copy_tells_nothing_of_leads_that_are_not_hers(office, bob, carl):
    dora = a_lead("dora@customer.test-mail.com")
    leads.assign(dora, owner=carl, by=None)
    row = arrive(office, copied(bob, dora.email))

    assert (row.reason, row.lead) == ("copy_nobody", None)
    assert not Activity.objects.exists()


def test_an_old_address_for_copies_works_no_more(office, bob, ann):
    raw = copied(bob, ann.email)
    blind_copies.renew(user=bob)

    assert arrive(office, raw).reason == "copy_forged"
    assert Delivery.objects.count() == 0
