"""Attacks by mail: bombs, scripts, forged reports, headers that inject, calls that are not a provider's."""

import json
import time

import pytest

from leadflow.events.models import Event
from leadflow.mail import inbound, links, mailboxes, reading, reply_addresses
from leadflow.mail.inbound import Came
from leadflow.mail.models import Delivery, InboundMail
from leadflow.mail.received import shown_html
from leadflow.models import Lead, Suppression
from tests.abuse.test_previews import dangers
from tests.abuse.vectors import MUTATIONS
from tests.leadflow.console.test_received_mail import basic, box, mailgun, postmark  # noqa: F401
from tests.leadflow.mail.letters import letter, report

pytestmark = pytest.mark.django_db


@pytest.fixture
def arrive(box):  # noqa: F811
    door = box("postmark")

    def _arrive(raw):
        return inbound.receive(Came(door, raw if isinstance(raw, bytes) else raw.encode()))

    return _arrive


def html_letter(html):
    return letter(1, body=html, Content_Type="text/html; charset=utf-8", MIME_Version="1.0")


def test_abuse_H08_a_call_that_nobody_signed_is_refused(client, box):  # noqa: F811
    post, gun, grid = box("postmark"), box("mailgun"), box("sendgrid")

    assert client.post(f"/in/mail/{post.code}/", {}, headers={}).status_code == 401
    assert postmark(client, post, secret="wrong").status_code == 401
    assert client.post(f"/in/mail/{grid.code}/", {"email": letter(1)}).status_code == 401
    assert mailgun(client, gun, key="wrong").status_code == 401
    assert client.post(f"/in/mail/{gun.code}/", {"body-mime": letter(1)}).status_code == 401
    assert mailgun(client, gun, at=time.time() - 3 * 86_400).status_code == 401
    assert not InboundMail.objects.exists()


def test_abuse_H08_a_signed_call_replayed_with_other_words_is_ignored(client, box):  # noqa: F811
    gun = box("mailgun")
    mailgun(client, gun, letter(1))

    mailgun(client, gun, letter(2, sender="eve@else.test-mail.com"))

    assert InboundMail.objects.get().subject == "A question 1"


def test_abuse_H08_doors_that_were_never_made_are_404_and_slowed_down(client, box):  # noqa: F811
    made = box("imap", host="imap.north.example", username="u")
    answers = [client.post(f"/in/mail/guess-{n}/").status_code for n in range(70)]

    assert answers[0] == 404
    assert answers.count(429) >= 10  # a minute may end among them
    assert client.post(f"/in/mail/{made.code}/").status_code in (404, 429)  # IMAP has no door


def test_abuse_H08_a_body_without_length_or_too_long_is_refused_unread(client, box):  # noqa: F811
    door = box("postmark")
    answer = client.post(
        f"/in/mail/{door.code}/", b"{}", content_type="application/json",
        headers={"authorization": basic()}, CONTENT_LENGTH="99000000",
    )  # fmt: skip

    assert answer.status_code == 413


@pytest.mark.parametrize("body", [b"[]", b"{", b"[" * 5_000, b'{"RawEmail": 7}', b"\xff\xfe"])
def test_abuse_H08_what_is_no_call_of_a_provider_is_422(client, box, body):  # noqa: F811
    door = box("postmark")
    answer = client.post(
        f"/in/mail/{door.code}/", body, content_type="application/json",
        headers={"authorization": basic()},
    )  # fmt: skip

    assert answer.status_code == 422


def test_abuse_H08_a_forged_report_suppresses_nobody_else(arrive, write_to):
    sent = write_to("victim@customer.test-mail.com")
    raw = report(sent).replace(str(sent.public_id), "00000000-0000-4000-8000-000000000000")

    arrive(raw)

    assert Delivery.objects.get(pk=sent.pk).state == "sent"
    assert not Suppression.objects.exists()


@pytest.fixture
def write_to():
    from leadflow.mail.sender import send_due
    from leadflow.mail.services import queue

    def write(address):
        made = queue(key="k", to=address, kind="personal", subject="Hello", text="Good morning.")
        send_due()
        return Delivery.objects.get(pk=made.pk)

    return write


@pytest.mark.parametrize("markup", MUTATIONS)
def test_abuse_C05_the_html_of_a_stranger_runs_nothing_and_loads_nothing(arrive, markup):
    shown = shown_html(arrive(html_letter(markup)))

    assert dangers(shown) == []
    assert "<img" not in shown
    assert "style=" not in shown


def test_abuse_C05_a_letter_is_shown_in_a_sandbox_without_scripts(client, alice, arrive):
    client.force_login(alice)
    row = arrive(html_letter('<p>Hi</p><img src="https://spy.example/p.gif"><script>x()</script>'))

    page = client.get(f"/received/{row.pk}/").content.decode()

    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "spy.example" not in page


def test_abuse_C07_a_header_that_breaks_lines_stays_one_line(arrive):
    row = arrive(letter(1, Subject="=?utf-8?q?Hi=0D=0ABcc:_x@y.example=00?="))

    assert row.subject == "Hi Bcc: x@y.example"


BOMBS = {
    "ten thousand headers": lambda: "".join(f"X-{n}: y\r\n" for n in range(10_000)) + letter(1),
    "one endless header": lambda: "X-Long: " + "a" * 3_000_000 + "\r\n" + letter(1),
    "a folded header without end": lambda: "X-F: a\r\n" + " b\r\n" * 200_000 + letter(1),
    "boxes in boxes": lambda: nested(3_000),
    "a hundred thousand parts": lambda: parts(100_000),
    "line breaks": lambda: letter(1, body="\r\n" * 100_000),
    "quotes that almost end": lambda: letter(1, body="On " * 100_000 + "\r\nwrote"),
    "encoded words": lambda: letter(1, Subject="=?utf-8?q?" * 50_000),
    "addresses": lambda: letter(1, sender="(" * 50_000),
    "deep html": lambda: html_letter("<div>" * 100_000),
    "deep bold": lambda: html_letter("<p><b>" * 20_000),
    "tables in cells": lambda: html_letter("<table><td>" * 20_000),
    "closing and opening": lambda: html_letter("</div><a href=x><div>" * 10_000),
    "tags that end by themselves": lambda: html_letter("<p>" * 29_000),
    "an attribute without end": lambda: html_letter("<a " + "b=c " * 100_000),
    "entities": lambda: html_letter("&amp" * 100_000),
    "a zip that unfolds": lambda: attached(b"PK\x03\x04" + b"\0" * 100_000),
    "base64 that is none": lambda: letter(
        1, body="!" * 1_000_000, Content_Transfer_Encoding="base64"
    ),
    "a charset that is none": lambda: letter(1, Content_Type="text/plain; charset=klingon"),
    "a date that is none": lambda: letter(1, Date="Mon, 99 Jan 99999999 99:99:99 +9999"),
    "nothing": lambda: "",
    "zeros": lambda: "\0" * 1_000,
}


def nested(depth):
    head = letter(1, body="", MIME_Version="1.0", Content_Type="multipart/mixed; boundary=b0")
    inner = "".join(
        f"--b{n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n\r\n" for n in range(depth)
    )
    return head + inner + "deep"


def parts(count):
    head = letter(1, body="", MIME_Version="1.0", Content_Type="multipart/mixed; boundary=b")
    return head + "--b\r\n\r\nx\r\n" * count + "--b--\r\n"


def attached(data):
    import base64

    head = letter(1, body="", MIME_Version="1.0", Content_Type="multipart/mixed; boundary=b")
    return (
        f'{head}--b\r\nContent-Type: application/zip; name="a.zip"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{base64.encodebytes(data).decode()}\r\n--b--\r\n"
    )


@pytest.mark.parametrize("bomb", BOMBS)
def test_abuse_H09_a_bomb_is_a_row_and_takes_no_time(arrive, bomb):
    raw = BOMBS[bomb]()
    began = time.process_time()

    row = arrive(raw)

    assert time.process_time() - began < 3
    assert row is not None
    assert len(json.dumps(row.headers)) < 50_000
    assert len(row.text) <= 200_000


def test_abuse_H09_what_is_attached_is_named_and_not_kept(arrive):
    row = arrive(attached(b"PK\x03\x04" + b"\0" * 3_000))

    assert [(one["name"], one["type"]) for one in row.attachments] == [("a.zip", "application/zip")]
    assert "PK" not in row.text


def test_abuse_H09_two_machines_that_answer_each_other_stop_at_once(arrive, drain_events):
    for n in range(5):
        arrive(letter(n, Auto_Submitted="auto-replied", Subject="Re: Re: Re: out of office"))
    drain_events()

    assert not Lead.objects.exists()
    assert not Delivery.objects.exists()
    assert not Event.objects.filter(kind__in=["mail.received", "reply.received"]).exists()


def test_abuse_H09_a_flood_of_strangers_waits_for_a_person(arrive, monkeypatch, drain_events):
    monkeypatch.setattr(inbound, "FLOOD", 3)
    rows = [arrive(letter(n, sender=f"a{n}@else.test-mail.com")) for n in range(6)]
    drain_events()

    assert [row.reason for row in rows].count("flood") == 3
    assert Lead.objects.count() == 3
    assert reading.MAX_BYTES == 10_000_000
    assert mailboxes.known()


@pytest.fixture
def answerable(write_to):
    """A message of ours, with the address at which answers to it arrive."""
    delivery = write_to("ann@roofs.test-mail.com")
    return delivery, reply_addresses.of(delivery, "sales@north.example")


def to(address, n, body="Do you roof barns?"):
    raw = letter(n, sender=f"eve{n}@else.test-mail.com", body=body)
    return raw.replace("To: leads@north.example", f"To: {address}")


def test_abuse_B02_an_answer_to_a_changed_or_foreign_address_answers_nothing(
    arrive, answerable, settings
):
    delivery, address = answerable
    begin = address.index("+r.") + 3
    changed = [
        address[:place] + ("a" if address[place] != "a" else "b") + address[place + 1 :]
        for place in range(begin, begin + 42)
    ]
    ours, settings.SECRET_KEY = settings.SECRET_KEY, "another-installation-" * 3
    foreign = reply_addresses.of(delivery, "sales@north.example")
    settings.SECRET_KEY = ours
    token = links.unsubscribe_url(delivery).rpartition("/")[2]
    others = [
        foreign,
        f"sales+r.{token}@north.example",
        f"sales+r.{delivery.public_id.hex}@n.example",
    ]

    letters = [reading.read(to(one, n).encode()) for n, one in enumerate(changed + others)]

    assert [reply_addresses.delivery_of(one) for one in letters] == [None] * 45
    assert arrive(to(foreign, 1)).delivery is None


def test_abuse_B06_an_answer_to_a_forged_address_opts_nobody_out(arrive, answerable):
    _delivery, address = answerable
    forged = address.replace("+r.", "+r.a", 1)[: address.index("@")] + "@north.example"

    row = arrive(to(forged, 1, body="unsubscribe"))

    assert row.delivery is None
    assert not Suppression.objects.exists()
