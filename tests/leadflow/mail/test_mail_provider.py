"""Mail through the HTTP API of a provider: one that answers as Postmark does, and as it does on bad days."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from leadflow import net
from leadflow.mail.models import Attempt, Transport
from leadflow.mail.sender import send_due
from leadflow.services import addresses

pytestmark = pytest.mark.django_db(transaction=True)


class _Door(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.took.append((self.path, dict(self.headers), json.loads(body)))
        status = self.server.status
        if status == "cut":
            self.connection.close()
            return
        if status == "hang":
            self.server.release.wait(10)
            return
        row = {"ErrorCode": 0, "Message": "OK", "MessageID": "m-1", "SubmittedAt": "x"}
        row["To"] = "ann@customer.test-mail.com"
        said = json.dumps(row if status == 200 else {"ErrorCode": 1, "Message": "no"}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_words):
        pass


@pytest.fixture
def postmark(settings, monkeypatch):
    """The provider, through which all marketing goes."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Door)
    server.took, server.status, server.release = [], 200, threading.Event()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    port = server.server_address[1]
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{port}"]
    settings.ANYMAIL = {
        "POSTMARK_SERVER_TOKEN": "secret", "POSTMARK_API_URL": f"http://127.0.0.1:{port}/"
    }  # fmt: skip
    settings.MAIL_VIA_MARKETING = "provider:postmark"
    monkeypatch.setattr(net, "TOTAL_SECONDS", 1.0)
    yield server
    server.release.set()
    server.shutdown()
    thread.join(5)
    server.server_close()


def test_marketing_goes_through_the_provider_and_essential_mail_does_not(
    wired, postmark, write, state
):
    marketing = write(subject="Grüße", text="[Hier](https://a.test-mail.com/x)", to_name="Ann Ö.")
    essential = write(kind="essential")

    send_due()

    ((_path, headers, body),) = postmark.took
    assert headers["X-Postmark-Server-Token"] == "secret"
    assert (body["Subject"], body["To"]) == ("Grüße", '"Ann Ö." <ann@customer.test-mail.com>')
    told = {row["Name"]: row["Value"] for row in body["Headers"]}
    assert told["Message-ID"] == marketing.message_id
    assert told["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/t/c/" in body["HtmlBody"]
    assert "Unsubscribe:" in body["TextBody"]
    row = state(marketing)
    assert (row.state, row.transport, row.smtp_text) == (
        "sent", "provider:postmark", "provider m-1",
    )  # fmt: skip
    assert state(essential).transport == "smtp"


@pytest.mark.parametrize(
    ("status", "becomes", "phase", "is_down"),
    [
        ("cut", "uncertain", "lost", False),
        ("hang", "uncertain", "lost", False),
        (500, "uncertain", "lost", False),
        (422, "failed", "refused", False),
        (429, "queued", "deferred", True),
        (401, "queued", "deferred", True),
        (503, "queued", "deferred", True),
    ],
)
def test_what_an_answer_means(postmark, write, state, status, becomes, phase, is_down):
    postmark.status = status
    delivery = write()

    send_due()

    assert state(delivery).state == becomes
    assert Attempt.objects.get().phase == phase
    assert Transport.objects.filter(name="provider:postmark", failures__gt=0).exists() is is_down
    postmark.status = 200
    send_due()
    assert len(postmark.took) == 1  # what is uncertain is not sent again


def test_a_provider_that_is_not_reached_burns_no_attempt(postmark, write, state, settings):
    settings.ANYMAIL = {
        "POSTMARK_SERVER_TOKEN": "x", "POSTMARK_API_URL": "http://127.0.0.1:1/"
    }  # fmt: skip
    settings.OUTBOUND_ALLOW = ["127.0.0.1:1"]
    delivery = write()

    send_due()

    row = state(delivery)
    assert (row.state, row.attempts, row.tries) == ("queued", 0, 0)


def test_a_provider_in_our_own_network_is_not_asked(postmark, write, state, settings):
    settings.OUTBOUND_ALLOW = []
    delivery = write()

    send_due()

    assert state(delivery).state == "queued"
    assert postmark.took == []


def test_a_provider_that_is_not_set_up_says_so(write, state, settings):
    settings.MAIL_VIA_MARKETING, settings.ANYMAIL = "provider:postmark", {}
    delivery = write()

    send_due()

    assert state(delivery).state == "queued"
    assert "POSTMARK_SERVER_TOKEN" in Transport.objects.get().last_error


def test_an_opt_out_before_the_request_is_written_stops_it(postmark, write, state, monkeypatch):
    delivery = write()
    usual = net._connected

    def slowly(*args, **kwargs):
        addresses.suppress(email=delivery.to_norm, reason="unsubscribed", by=None)
        return usual(*args, **kwargs)

    monkeypatch.setattr(net, "_connected", slowly)

    send_due()

    assert state(delivery).state == "skipped"
    assert postmark.took == []
