"""A mailbox is looked into: what is new comes in once, and what goes wrong is said in words."""

import threading

import pytest
from django.db import connection, connections
from django.db.models.functions import Now

from leadflow.errors import Invalid
from leadflow.mail import imap, mailboxes, polling
from leadflow.mail.models import InboundMail, Mailbox
from tests.sinks.imap import ImapSink

pytestmark = pytest.mark.django_db


@pytest.fixture
def imap_sink():
    server = ImapSink().start()
    yield server
    server.stop()


@pytest.fixture
def mailbox(imap_sink):
    return make_mailbox(imap_sink)


def make_mailbox(sink, **fields):
    values = {
        "kind": "imap", "address": "leads@north.example", "host": "127.0.0.1", "port": sink.port,
        "security": "none", "username": sink.user, "folder": "INBOX", "from_start": True,
    } | fields  # fmt: skip
    return mailboxes.add(by=None, secret=sink.password, **values)


def letter(n=1, sender="Ann Lee <ann@roofs.test-mail.com>", **headers):
    head = {"Message-ID": f"<n{n}@roofs.test-mail.com>", "Subject": f"A question {n}"} | headers
    lines = [f"From: {sender}", "To: leads@north.example", *(f"{k}: {v}" for k, v in head.items())]
    return "\r\n".join([*lines, "", f"Do you roof {n} barns?", ""])


def due():
    Mailbox.objects.update(due_at=Now(), lease_until=None)


def test_what_lies_there_comes_in_and_the_mailbox_stays_as_it_was(imap_sink, mailbox):
    imap_sink.put(letter(1))
    imap_sink.put(letter(2))

    assert polling.poll_due() == 2

    assert list(InboundMail.objects.order_by("id").values_list("subject", "uid")) == [
        ("A question 1", 1), ("A question 2", 2),
    ]  # fmt: skip
    verbs = {command.split(" ")[0] for command in imap_sink.commands}
    assert verbs <= {"CAPABILITY", "AUTHENTICATE", "EXAMINE", "UID", "LOGOUT"}
    assert all("PEEK" in c for c in imap_sink.commands if "BODY" in c)


def test_a_second_look_brings_only_what_is_new(imap_sink, mailbox):
    imap_sink.put(letter(1))
    polling.poll_due()
    imap_sink.put(letter(2))
    due()

    assert polling.poll_due() == 1
    due()
    assert polling.poll_due() == 0


def test_a_new_mailbox_begins_with_what_comes_from_now_on(imap_sink):
    imap_sink.put(letter(1))
    make_mailbox(imap_sink, from_start=False)

    assert polling.poll_due() == 0
    imap_sink.put(letter(2))
    due()
    assert polling.poll_due() == 1
    assert InboundMail.objects.get().subject == "A question 2"


def test_a_folder_that_was_numbered_anew_doubles_nothing(imap_sink, mailbox):
    for n in (1, 2, 3):
        imap_sink.put(letter(n))
    polling.poll_due()
    del imap_sink.folders["INBOX"][0]
    imap_sink.number_anew()
    imap_sink.put(letter(4))
    due()

    assert polling.poll_due() == 1
    assert InboundMail.objects.count() == 4


def test_a_message_over_ten_megabytes_is_read_by_its_headers(imap_sink, mailbox, monkeypatch):
    monkeypatch.setattr("leadflow.mail.reading.MAX_BYTES", 1_000)
    imap_sink.put(letter(1) + "x" * 2_000)

    polling.poll_due()

    row = InboundMail.objects.get()
    assert row.subject == "A question 1"
    assert row.text == ""
    assert row.size > 2_000


@pytest.mark.parametrize(
    ("point", "what", "words"),
    [
        ("greeting", "cut", "broke off"),
        ("sign_in", "NO wrong password", "refused the user name and password"),
        ("sign_in", "cut", "broke off"),
        ("open", "NO none", "no folder"),
        ("search", "cut", "broke off"),
        ("sizes", "BAD what", "broke off"),
        ("fetch", "cut", "broke off"),
    ],
)
def test_each_failure_is_said_in_words_and_costs_nothing(imap_sink, mailbox, point, what, words):
    imap_sink.put(letter(1))
    imap_sink.behave(point, what)

    assert polling.poll_due() == 0

    mailbox.refresh_from_db()
    assert words in mailbox.error
    assert mailbox.failures == 1
    due()
    assert polling.poll_due() == 1
    mailbox.refresh_from_db()
    assert (mailbox.error, mailbox.failures) == ("", 0)


def test_a_server_that_is_away_is_asked_less_and_less(imap_sink, mailbox):
    Mailbox.objects.update(port=1)
    waits = []
    for _n in range(3):
        due()
        polling.poll_due()
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM due_at - now()) FROM mail_mailbox")
            waits.append(round(float(cursor.fetchone()[0]), -1))

    assert waits == [60, 120, 300]
    assert "takes no connection at port 1" in Mailbox.objects.get().error


def test_a_name_that_is_no_server_is_said(imap_sink, monkeypatch):
    import socket

    def nobody(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("socket.create_connection", nobody)
    tried = mailboxes.attempt(mailbox=make_mailbox(imap_sink, host="imap.north.example"))

    assert not tried.works
    assert "no server called imap.north.example" in tried.words


def test_a_server_that_sends_without_end_is_left(imap_sink, mailbox, monkeypatch):
    monkeypatch.setattr(imap, "_LITERAL", 50)
    imap_sink.put(letter(1))

    polling.poll_due()

    assert "broke off" in Mailbox.objects.get().error
    assert not InboundMail.objects.exists()


def test_trying_it_counts_what_lies_there_and_takes_nothing(imap_sink, mailbox):
    imap_sink.put(letter(1))

    assert mailboxes.attempt(mailbox=mailbox).works
    assert not InboundMail.objects.exists()


def test_the_password_is_kept_sealed_and_another_key_opens_nothing(imap_sink, mailbox, settings):
    assert imap_sink.password not in mailbox.secret
    assert mailboxes.secret_of(mailbox) == imap_sink.password

    settings.SECRET_KEY = "another" * 10
    polling.poll_due()

    assert "Enter it again" in Mailbox.objects.get().error


def test_a_server_without_plain_is_signed_in_to_with_login(imap_sink):
    imap_sink.plain, imap_sink.password = False, 'pass "word" \\ x'
    box = make_mailbox(imap_sink)
    imap_sink.put(letter(1))

    assert mailboxes.attempt(mailbox=box).works


def test_a_line_break_in_a_user_name_is_refused(imap_sink):
    with pytest.raises(Invalid) as refused:
        make_mailbox(imap_sink, username="a\r\nA1 LOGOUT")
    assert "username" in refused.value.fields


def test_a_paused_mailbox_is_left_alone(imap_sink, mailbox):
    imap_sink.put(letter(1))
    mailboxes.pause(mailbox=mailbox, by=None)

    assert polling.poll_due() == 0
    assert imap_sink.connections == 0


def test_a_name_beyond_ascii_is_asked_in_the_way_of_imap(imap_sink):
    imap_sink.folders["Anfragen &- B&APw-ro"] = []
    box = make_mailbox(imap_sink, folder="Anfragen & Büro")

    assert mailboxes.attempt(mailbox=box).works


def test_who_lost_the_lease_moves_nothing(imap_sink, mailbox):
    imap_sink.put(letter(1))
    first = polling.claim()
    due()
    second = polling.claim()

    with pytest.raises(polling.Fenced):
        polling.take(first, polling.Came(first, letter(1).encode(), uid=1))
    assert polling.take(second, polling.Came(second, letter(1).encode(), uid=1)) == 1
    assert InboundMail.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_look_at_once_take_each_message_once(imap_sink):
    make_mailbox(imap_sink)
    for n in range(20):
        imap_sink.put(letter(n))
    came = []

    def look():
        came.append(polling.poll_due())
        connections.close_all()

    threads = [threading.Thread(target=look) for _n in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)

    assert sum(came) == 20
    assert InboundMail.objects.count() == 20
