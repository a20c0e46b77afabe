"""The ways out: each by its name, each with a circuit breaker of its own."""

from functools import partial

import pytest

from leadflow.mail import smtp, transports
from leadflow.mail.models import Transport
from leadflow.mail.sender import send_due
from tests.sinks import smtp as sink_module
from tests.sinks.smtp import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mailbox_sink(tmp_path):
    """The server of somebody's own mailbox."""
    server = SmtpSink(tmp_path / "mailbox.jsonl").start()
    yield server
    server.stop()


@pytest.fixture
def mailboxes(mailbox_sink, monkeypatch):
    """The family `mailbox`: number 7 leads to its own server, no other is there."""

    def find(which):
        server = smtp.Server("127.0.0.1", mailbox_sink.port, "none")
        return partial(smtp.connect, server) if which == "7" else None

    monkeypatch.setitem(transports._FAMILIES, "mailbox", find)
    return mailbox_sink


def test_a_message_goes_by_the_way_that_it_names(wired, mailboxes, write, state):
    hers, usual = write(kind="personal", via="mailbox:7"), write()

    send_due()

    assert [row["id"] for row in mailboxes.accepted] == [hers.public_id.hex]
    assert [row["id"] for row in wired.accepted] == [usual.public_id.hex]
    assert (state(hers).transport, state(usual).transport) == ("mailbox:7", "smtp")


def test_a_mailbox_that_is_down_holds_up_nobody_else(wired, mailboxes, write, state):
    mailboxes.behave("mail", "421 4.3.2 come back later", times=9)
    hers = [write(kind="personal", via="mailbox:7") for _ in range(3)]
    usual = [write() for _ in range(3)]

    send_due()
    send_due()

    assert [state(d).state for d in usual] == ["sent"] * 3
    assert [(state(d).state, state(d).attempts) for d in hers] == [("queued", 0)] * 3
    assert [t.name for t in Transport.objects.filter(failures=1)] == ["mailbox:7"]
    Transport.objects.update(open_until=None)
    mailboxes.behave_well()
    send_due()
    assert [state(d).state for d in hers] == ["sent"] * 3


def test_the_server_of_the_settings_may_be_down_while_a_mailbox_works(
    settings, wired, mailboxes, write, state
):
    settings.SMTP_PORT = 1
    usual, hers = write(), write(kind="personal", via="mailbox:7")

    send_due()

    assert (state(usual).state, state(hers).state) == ("queued", "sent")


def test_mail_whose_way_was_taken_away_fails_and_says_why(wired, mailboxes, write, state):
    lost, usual = write(kind="personal", via="mailbox:8"), write()

    send_due()

    assert state(lost).state == "failed"
    assert "not there any more" in state(lost).reason
    assert state(usual).state == "sent"


def test_a_password_is_in_no_words_about_a_server():
    assert "hush" not in repr(smtp.Server("mail.test", password="hush"))


@pytest.mark.parametrize("extension", ["PIPELINING", "X-NOTHING"])
def test_an_envelope_is_one_write_where_the_server_offers_it(
    wired, write, state, monkeypatch, extension
):
    monkeypatch.setitem(
        sink_module._GOOD, "ehlo", f"250-sink.test\r\n250-{extension}\r\n250 SMTPUTF8"
    )
    wrote = spied(monkeypatch, "send")
    delivery = write()

    send_due()

    assert state(delivery).state == "sent"
    assert (b"RCPT" in verbs(wrote)) is (extension != "PIPELINING")


def spied(monkeypatch, name):
    """What a session writes by that method."""
    wrote, usual = [], getattr(smtp.Wire, name)
    monkeypatch.setattr(smtp.Wire, name, lambda wire, data: wrote.append(data) or usual(wire, data))
    return wrote


def verbs(wrote):
    return [data.split(None, 1)[0] for data in wrote if isinstance(data, bytes)]


@pytest.mark.parametrize("extension", ["PIPELINING", "X-NOTHING"])
def test_an_envelope_goes_along_with_the_text_before_it_where_the_server_offers_it(
    wired, write, state, monkeypatch, extension
):
    monkeypatch.setitem(
        sink_module._GOOD, "ehlo", f"250-sink.test\r\n250-{extension}\r\n250 SMTPUTF8"
    )
    wrote, texts = spied(monkeypatch, "send"), spied(monkeypatch, "_push")
    rows = [write(to=f"p{n}@customer.test-mail.com") for n in range(3)]

    send_due()

    is_offered = extension == "PIPELINING"
    assert [state(row).state for row in rows] == ["sent"] * 3
    assert [row["rcpt"] for row in wired.accepted] == [[row.to_address] for row in rows]
    assert verbs(wrote).count(b"MAIL") == (1 if is_offered else 3)
    assert [b"\r\n.\r\nMAIL FROM" in text for text in texts] == [is_offered] * 2 + [False]


def test_what_an_envelope_sent_ahead_is_told_is_told_of_its_own_message(wired, write, state):
    first, gone, last = [write(to=f"p{n}@customer.test-mail.com") for n in range(3)]
    wired.behave("rcpt", "550 5.1.1 no such user", rcpt=gone.to_address)

    send_due()

    assert [state(row).state for row in (first, gone, last)] == ["sent", "failed", "sent"]
    assert wired.connections == 1


def test_a_text_that_is_refused_leaves_the_envelope_behind_it_as_it_was(wired, write, state):
    refused, behind = write(), write(to="b@customer.test-mail.com")
    wired.behave("dot", "554 5.7.1 no", rcpt=refused.to_address)

    send_due()

    assert [state(row).state for row in (refused, behind)] == ["failed", "sent"]
    assert wired.connections == 1


def test_of_answers_that_come_together_the_first_refusal_counts(wired, write, state):
    wired.behave("rcpt", "550 5.1.1 no such user")
    gone, neighbour = write(to="gone@customer.test-mail.com"), write()

    send_due()

    assert (state(gone).smtp_text, state(gone).reason) == (
        "5.1.1 no such user",
        "The address does not exist",
    )
    assert state(neighbour).state == "sent"
    assert wired.connections == 1


def test_a_server_that_wants_the_text_of_a_message_it_refused_is_left(
    wired, write, state, monkeypatch
):
    async def goes_ahead(self, verb, line, letter, reader, writer):
        writer.write(b"550 5.7.1 no\r\n" if verb == "RCPT" else b"354 go ahead\r\n")
        await writer.drain()
        return letter

    monkeypatch.setattr(SmtpSink, "_after_mail", goes_ahead)
    refused = [write() for _ in range(2)]

    send_due()

    assert [state(d).state for d in refused] == ["failed", "failed"]
    assert wired.connections == 2
