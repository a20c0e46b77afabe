"""The referee of messages is itself looked at: what is wrong is found, what is right is not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leadflow.mail.compose import compose
from leadflow.mail.models import Attempt, Delivery
from leadflow.mail.sender import send_due
from tests.sinks.letters import complaints, one_name_each

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
        ((b"Subject: Hi", b"Subject: Hi\r\nList-Unsubscribe: =?utf-8?q?=3Cx=3E?="), "RFC 2369"),
        ((b"Hello", b"Out: https://x.test/u/abc"), "RFC 8058"),
        ((b"text/plain; charset=utf-8", b"multipart/mixed; boundary=q"), "MIME"),
        (
            (
                b"text/plain; charset=utf-8\r\n\r\nHello\r\n",
                b"multipart/mixed; boundary=%b\r\n\r\n--%b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHi\r\n--%b--\r\n"
                % ((b"q" * 71,) * 3),
            ),
            "boundary of 71",
        ),
        ((b"Content-Type: text/plain; charset=utf-8\r\n", b""), "without its type"),
        ((b"; charset=utf-8", b""), "without its charset"),
        ((b"Hello", "Grüße".encode()), "7bit beyond ASCII"),
        ((b"MIME-Version: 1.0", b"MIME-Version: 2.0"), "MIME-Version"),
        ((b"From: A <a@x.test>", b"From: A <a@x.test>, b@x.test"), "From"),
        ((b"Subject: Hi", b"Subject: " + b"x" * 70 + b" =?utf-8?q?a?="), "line of 93"),
        (
            (
                b"\r\n\r\nHello",
                b"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + b"x" * 77,
            ),
            "encoded line of 77",
        ),
        ((b"\r\n\r\nHello", b"\r\nContent-Transfer-Encoding: 8bit\r\n\r\nHello"), "eight bits"),
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


def test_only_marketing_says_how_to_unsubscribe(wired, write):
    kinds = ("marketing", "essential", "personal", "notice")
    rows = {write(kind=kind).public_id.hex: kind for kind in kinds}

    send_due()

    assert len(wired.messages) == len(kinds)
    for message in wired.messages:
        pair = (message["List-Unsubscribe"], message["List-Unsubscribe-Post"])
        is_marketing = rows[message["X-Delivery-ID"]] == "marketing"
        assert (None not in pair) is is_marketing
        assert is_marketing or pair == (None, None)


@pytest.mark.parametrize("kind", ["marketing", "essential"])
def test_a_message_keeps_its_id_and_gets_a_new_date_however_often_it_is_tried(
    wired, write, state, kind
):
    row = write(kind=kind)
    wired.behave("dot", "451 4.7.1 later")
    send_due()
    first = Attempt.objects.get()
    Delivery.objects.update(not_before=timezone.now())

    send_due()

    names = {attempt.message_id for attempt in Attempt.objects.all()}
    (message,) = wired.messages
    assert names == {first.message_id, message["Message-ID"]} == {state(row).message_id}
    assert abs(message["Date"].datetime - timezone.now()) < timedelta(minutes=1)


def test_two_attempts_under_two_names_are_found():
    rows = [{"id": "1", "message_id": "<a@x>"}, {"id": "1", "message_id": "<b@x>"}]

    assert "RFC 5322 3.6.4" in " ".join(one_name_each(rows))
    assert one_name_each(rows[:1]) == []
    assert one_name_each([{"id": "2", "message_id": "<a@x>"}, *rows[:1]])
