"""The referee of messages is itself looked at: what is wrong is found, what is right is not."""

import pytest

from leadflow.mail.compose import compose
from leadflow.mail.sender import send_due
from tests.sinks.letters import complaints

pytestmark = pytest.mark.django_db(transaction=True)

GOOD = (
    b"From: A <a@x.test>\r\nTo: b@y.test\r\nSubject: Hi\r\nMessage-ID: <1@x.test>\r\nMIME-Version: 1.0\r\n"
    b"Date: Mon, 30 Nov 2026 10:00:00 +0000\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n"
)


def test_a_good_message_is_left_in_peace():
    assert complaints(GOOD) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((b"Hello\r\n", b"Hel\nlo\r\n"), "not CR LF"),
        ((b"Hello\r\n", b"Hel\rlo\r\n"), "not CR LF"),
        ((b"Hello", b"x" * 999), "998"),
        ((b"To: b@y.test\r\n", b""), "0 × To"),
        ((b"Subject: Hi\r\n", b"Subject: Hi\r\nSubject: Ho\r\n"), "2 × Subject"),
        ((b"<1@x.test>", b"1"), "Message-ID"),
        ((b"+0000", b"-0000"), "without its zone"),
        ((b"Subject: Hi", "Subject: Grüße".encode()), "beyond ASCII"),
        ((b"Subject: Hi", b"Subject: =?utf-8?q?=FF?="), "cannot be read"),
        ((b"Subject: Hi", b"Subject: =?utf-8?q?" + b"x" * 80 + b"?="), "encoded word of"),
        ((b"Hello", b"Out: https://x.test/u/abc"), "RFC 8058"),
        ((b"text/plain; charset=utf-8", b"multipart/mixed; boundary=q"), "MIME"),
    ],
)
def test_what_is_wrong_is_found(change, words):
    assert words in " ".join(complaints(GOOD.replace(*change)))


@pytest.mark.parametrize("kind", ["marketing", "essential", "personal", "notice"])
def test_each_kind_is_as_standards_ask(wired, write, kind):
    write(
        kind=kind,
        subject="Grüße aus Zürich – " + "sehr lange Worte " * 12,
        to_name="Ann Öström, Ltd.",
        text="Ein Satz. " * 500 + "\n.\n[Hier](https://ours.test/a?b=1&c=2)\n" + "x" * 3_000,
    )

    send_due()

    assert len(wired.accepted) == 1
    assert wired.complaints == []


def test_what_a_machine_wrote_says_so_and_what_a_person_wrote_does_not(write):
    said = {
        kind: compose(write(kind=kind)).message["Auto-Submitted"]
        for kind in ("marketing", "essential", "personal", "notice")
    }

    assert said["essential"] == said["notice"] == "auto-generated"
    assert said["marketing"] is said["personal"] is None
