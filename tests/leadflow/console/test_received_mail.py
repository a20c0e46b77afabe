"""The screens of inbound mail, and the door at which providers hand it over."""

import base64
import hashlib
import hmac
import json
import time

import pytest

from leadflow.mail import inbound, mailboxes
from leadflow.mail.inbound import Came
from leadflow.mail.models import InboundMail, Mailbox
from leadflow.models import Lead, Source
from leadflow.services import leads
from tests.leadflow.mail.letters import letter
from tests.sinks.imap import ImapSink

pytestmark = pytest.mark.django_db
SECRET = "a-long-secret-of-ours"


@pytest.fixture
def admin(client, alice):
    client.force_login(alice)
    return client


@pytest.fixture
def box():
    def make(kind, **more):
        values = {"kind": kind, "address": f"{kind}@north.example", "host": "", "folder": "INBOX"}
        return mailboxes.add(by=None, secret=SECRET, **values | more)

    return make


def basic(secret=SECRET):
    return "Basic " + base64.b64encode(f"leadflow:{secret}".encode()).decode()


def postmark(client, box, raw=None, secret=SECRET, **told):
    body = {"RawEmail": raw or letter(1), "MessageID": "pm-1"} | told
    return client.post(
        f"/in/mail/{box.code}/", json.dumps(body), content_type="application/json",
        headers={"authorization": basic(secret)},
    )  # fmt: skip


def mailgun(client, box, raw=None, key=SECRET, token="t1", at=None):
    at = str(int(at or time.time()))
    signature = hmac.new(key.encode(), (at + token).encode(), hashlib.sha256).hexdigest()
    body = {"timestamp": at, "token": token, "signature": signature, "body-mime": raw or letter(1)}
    return client.post(f"/in/mail/{box.code}/mime", body)


def test_postmark_hands_over_a_message_once(client, box, drain_events):
    door = box("postmark")

    assert postmark(client, door).status_code == 200
    assert postmark(client, door).status_code == 200
    assert postmark(client, door, letter(2)).status_code == 200  # the same call with other words
    drain_events()

    assert InboundMail.objects.count() == 1
    assert Lead.objects.get().email == "ann@roofs.test-mail.com"


def test_mailgun_hands_over_what_it_signed(client, box):
    door = box("mailgun")

    assert mailgun(client, door).status_code == 200
    assert InboundMail.objects.get().subject == "A question 1"


def test_sendgrid_hands_over_the_raw_message(client, box):
    door = box("sendgrid")
    answer = client.post(
        f"/in/mail/{door.code}/", {"email": letter(1)}, headers={"authorization": basic()}
    )

    assert answer.status_code == 200
    assert InboundMail.objects.get().text == "Do you roof barns?"


def test_a_paused_mailbox_lets_the_provider_keep_it(client, box):
    door = box("postmark")
    mailboxes.pause(mailbox=door, by=None)

    answer = postmark(client, door)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "600")
    assert not InboundMail.objects.exists()


def test_a_call_without_the_raw_message_says_what_to_set(admin, box):
    door = box("postmark")

    answer = postmark(admin, door, RawEmail="")

    assert answer.status_code == 422
    assert "Include raw email content" in admin.get("/settings/inbound/").content.decode()


def test_an_admin_adds_a_mailbox_tries_it_and_pauses_it(admin):
    sink = ImapSink().start()
    source = Source.objects.create(name="Mail to us", channel="direct")
    values = {
        "address": "Leads@North.example", "kind": "imap", "host": "127.0.0.1", "port": sink.port,
        "security": "none", "username": sink.user, "secret": sink.password, "folder": "INBOX",
        "makes_leads": "on", "source": source.pk,
    }  # fmt: skip
    admin.post("/settings/inbound/", values)
    row = Mailbox.objects.get()
    sink.put(letter(1))

    admin.post(f"/settings/inbound/{row.pk}/try/")
    tried = admin.get("/settings/inbound/").content.decode()
    sink.stop()
    admin.post(f"/settings/inbound/{row.pk}/try/")
    failed = admin.get("/settings/inbound/").content.decode()
    admin.post(f"/settings/inbound/{row.pk}/pause/")

    assert "1 messages lie in INBOX" in tried
    assert "takes no connection" in failed
    row.refresh_from_db()
    assert (row.address, row.source, row.is_paused) == ("leads@north.example", source, True)
    assert sink.password not in failed


def test_changing_a_mailbox_keeps_its_password_unless_another_is_given(admin, box):
    row = box("imap", host="imap.north.example", username="leads")
    values = {
        "host": "mail.north.example", "port": 993, "security": "tls", "username": "leads",
        "folder": "INBOX",
    }  # fmt: skip

    admin.post(f"/settings/inbound/{row.pk}/", values)
    row.refresh_from_db()
    assert (row.host, mailboxes.secret_of(row)) == ("mail.north.example", SECRET)
    admin.post(f"/settings/inbound/{row.pk}/", values | {"secret": "another"})
    row.refresh_from_db()
    assert mailboxes.secret_of(row) == "another"


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(admin, box):
    box("imap", host="imap.north.example", username="leads")
    values = {
        "address": "imap@north.example", "kind": "imap", "host": "imap.typed.example", "port": 993,
        "security": "tls", "username": "u", "secret": "p", "folder": "INBOX",
    }  # fmt: skip

    answer = admin.post("/settings/inbound/", values)

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "in the list already" in page
    assert "imap.typed.example" in page


def test_a_marketer_decides_on_what_waits(client, max, box, drain_events):
    client.force_login(max)
    door = box("postmark", makes_leads=False)
    one = inbound.receive(Came(door, letter(1).encode()))
    two = inbound.receive(Came(door, letter(2, sender="eve@else.test-mail.com").encode()))

    assert "makes no leads" in client.get("/received/?view=held").content.decode()
    client.post(f"/received/{one.pk}/decide/", {"decision": "lead"})
    client.post(f"/received/{two.pk}/decide/", {"decision": "ignore"})
    drain_events()

    assert Lead.objects.get().email == "ann@roofs.test-mail.com"
    assert client.get("/received/?view=ignored").content.decode().count(">eve@else") == 1


def test_a_rep_reads_the_mail_of_her_leads_only(client, bob, carl, box):
    door = box("postmark")
    hers = leads.create_or_merge(email="ann@roofs.test-mail.com", via="hand").lead
    leads.assign(hers, owner=bob, by=None)
    row = inbound.receive(Came(door, letter(1).encode()))
    inbound.receive(Came(door, letter(2, sender="eve@else.test-mail.com").encode()))

    client.force_login(bob)
    assert client.get(f"/received/{row.pk}/").status_code == 200
    assert "eve@else" not in client.get("/received/").content.decode()
    client.force_login(carl)
    assert client.get(f"/received/{row.pk}/").status_code == 404


def test_the_list_takes_as_many_questions_for_many_mails(admin, box, django_assert_max_num_queries):
    door = box("postmark")
    for n in range(12):
        inbound.receive(Came(door, letter(n, sender=f"a{n}@else.test-mail.com").encode()))

    with django_assert_max_num_queries(18):
        admin.get("/received/")
