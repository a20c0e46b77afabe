"""Mail through Amazon SES: boto3 writes and signs the request, `leadflow.net` makes it, once."""

import base64
import json
import threading
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from leadflow.mail import signing
from leadflow.mail.models import Attempt, Transport
from leadflow.mail.sender import send_due
from tests.sinks.letters import complaints

pytestmark = pytest.mark.django_db(transaction=True)
WAY = "provider:amazon_ses"


class _Door(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.took.append((self.path, dict(self.headers), json.loads(body)))
        status, error = self.server.answer
        if status == 0:
            self.connection.close()
            return
        said = json.dumps({"message": "no"} if error else {"MessageId": "0100-a"}).encode()
        self.send_response(status)
        if error:
            self.send_header("x-amzn-ErrorType", error)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_words):
        pass


@pytest.fixture
def amazon(settings):
    """The provider, through which all marketing goes."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Door)
    server.took, server.answer = [], (200, "")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    port = server.server_address[1]
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{port}"]
    settings.MAIL_VIA_MARKETING = WAY
    settings.ANYMAIL = {
        "AMAZON_SES_CLIENT_PARAMS": {
            "region_name": "eu-central-1", "aws_access_key_id": "AKIA0", "aws_secret_access_key": "s",
            "endpoint_url": f"http://127.0.0.1:{port}",
        }
    }  # fmt: skip
    yield server
    server.shutdown()
    thread.join(5)
    server.server_close()


def test_the_whole_message_is_handed_over_signed_as_amazon_asks(amazon, write, state):
    delivery = write(subject="Grüße", text="[Hier](https://a.test-mail.com/x)", to_name="Ann Ö.")

    send_due()

    ((path, headers, body),) = amazon.took
    assert path == "/v2/email/outbound-emails"
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIA0/")
    assert body["Destination"] == {"ToAddresses": ["ann@customer.test-mail.com"]}
    raw = base64.b64decode(body["Content"]["Raw"]["Data"])
    assert complaints(raw) == []
    mail = message_from_bytes(raw)
    assert mail["Message-ID"] == delivery.message_id
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [part.get_content_type() for part in mail.get_payload()] == ["text/plain", "text/html"]
    row = state(delivery)
    assert (row.state, row.transport, row.smtp_text) == ("sent", WAY, "provider 0100-a")


@pytest.mark.parametrize(
    ("answer", "becomes", "phase", "is_down"),
    [
        ((0, ""), "uncertain", "lost", False),
        ((500, "InternalServiceError"), "uncertain", "lost", False),
        ((400, "MessageRejected"), "failed", "refused", False),
        ((400, "AccountSuspendedException"), "queued", "deferred", True),
        ((400, "SendingPausedException"), "queued", "deferred", True),
        ((403, "InvalidClientTokenId"), "queued", "deferred", True),
        ((429, "TooManyRequestsException"), "queued", "deferred", True),
    ],
)
def test_what_an_answer_means_and_boto_asks_no_second_time(
    amazon, write, state, answer, becomes, phase, is_down
):
    amazon.answer = answer
    delivery = write()

    send_due()

    assert len(amazon.took) == 1
    assert state(delivery).state == becomes
    assert Attempt.objects.get().phase == phase
    assert Transport.objects.filter(name=WAY, failures__gt=0).exists() is is_down


def test_several_go_over_one_client(amazon, write, state):
    rows = [write(key=f"m{n}") for n in range(3)]

    send_due()

    assert len(amazon.took) == 3
    assert {state(row).state for row in rows} == {"sent"}


@pytest.mark.parametrize("missing", ["region_name", "aws_access_key_id", "aws_secret_access_key"])
def test_keys_are_looked_for_nowhere_but_in_the_setting(amazon, write, state, settings, missing):
    told = settings.ANYMAIL["AMAZON_SES_CLIENT_PARAMS"]
    settings.ANYMAIL = {"AMAZON_SES_CLIENT_PARAMS": {**told, missing: ""}}
    delivery = write()

    send_due()

    assert state(delivery).state == "queued"
    assert missing in Transport.objects.get().last_error
    assert amazon.took == []


def test_in_our_own_network_it_is_not_asked(amazon, write, state, settings):
    settings.OUTBOUND_ALLOW = []
    delivery = write()

    send_due()

    assert (state(delivery).state, amazon.took) == ("queued", [])


def test_our_own_signature_stays_here_for_the_message_is_written_anew(amazon, write, alice):
    delivery = write()
    key = signing.make_key(domain=delivery.from_address.rpartition("@")[2], by=alice)
    signing.turn(key=key, on=True, by=alice)

    send_due()

    ((_path, _headers, body),) = amazon.took
    raw = base64.b64decode(body["Content"]["Raw"]["Data"])
    letter = b"From: a@localhost.example\r\nSubject: x\r\n\r\nHello"
    assert signing.signed(letter, delivery.from_address).startswith(b"DKIM-Signature")
    assert b"DKIM-Signature" not in raw
