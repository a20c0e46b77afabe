"""Goal 7: marketing mail from the ledger to a mail server, beside whoever has nothing but ready bytes.

The limit writes one committed row between 354 and each body, and sends the next envelope behind the body
before it. Naive is Django's own `send_messages` over one connection, which writes the same rows: begun,
sent, the attempt and the fact. All talk to sinks that keep nothing. Each letter has words of its reader;
the designed one is the template *Consultation*. Oracle: every message of the project is sent, once, with
its attempt and its fact. Two processes send twice as many, each to a sink of its own.
"""

import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend
from django.db import connection, transaction
from django.utils import timezone

from benchmarks.timing import peak_megabytes
from benchmarks.workloads.mails import VALUES
from leadflow.blocks import documents
from leadflow.events.models import Event
from leadflow.mail import facts, ledger, links
from leadflow.mail.compose import compose
from leadflow.mail.design.rendering import compiled, written
from leadflow.mail.design.starts import STARTS
from leadflow.mail.models import Attempt, Delivery
from leadflow.mail.sender import Sender
from leadflow.mail.services import Message, queue_many
from leadflow.models import Lead, Organisation

MANY = 300
_WORDS = (
    "Hello {name},\n\nwe have looked at roofs like yours. [Three of them](https://ours.example/roofs?n=3) were"
    " done last month, and [this page](https://ours.example/prices) says what they cost.\n\n"
    + "A paragraph of some length that tells what a letter of this kind tells. " * 20
    + "\n\nYours\nAnn"
)
_turn = 0


def measure(rounds: int) -> list[dict[str, Any]]:
    """Messages a second of each way; one round more warms up."""
    organisation = Organisation.current()
    Organisation.objects.filter(pk=organisation.pk).update(postal_address="Main Street 1")
    with ExitStack() as open_until:
        port, other = [open_until.enter_context(_sink()) for _ in range(2)]
        settings.SMTP_HOST, settings.SMTP_PORT, settings.SMTP_SECURITY = "127.0.0.1", port, "none"
        pair = [open_until.enter_context(_sender(one)) for one in (port, other)]
        open_until.callback(setattr, settings, "SMTP_HOST", "")
        rows = []
        for write in (plain, designed):
            found: dict[str, list[float]] = {name: [] for name in ("limit", "one", "naive", "two")}
            for number in range(rounds + 1):
                for name, way in (("limit", limit), ("one", project), ("naive", naive)):
                    rate = way(port, write)
                    found[name] += [rate] if number else []
                rate = two(pair, write)
                found["two"] += [rate] if number else []
            rows.append(_row("mail sent" if write is plain else "mail sent, designed", found))
    return rows


def _row(workload: str, found: dict[str, list[float]]) -> dict[str, Any]:
    median = {name: round(statistics.median(rates), 1) for name, rates in found.items()}

    def ratio(over: str, under: str) -> float:
        pairs = zip(found[over], found[under], strict=True)
        return round(statistics.median(mine / other for mine, other in pairs), 2)

    return {
        "workload": workload,
        "limit": median["limit"],
        "project": median["one"],
        "unit": "mails/s",
        "ratio": ratio("one", "limit"),
        "of_naive": ratio("one", "naive"),
        "of_single": ratio("two", "one"),
        "memory": round(peak_megabytes()),
        "beside": f"{ratio('one', 'naive')}x Django's send_messages with the same rows ({median['naive']}"
        f" mails/s); two processes {ratio('two', 'one')}x one",
    }


@contextmanager
def _sink() -> Iterator[int]:
    """A mail server that keeps nothing; its port."""
    sink = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.smtp_sink"], stdout=subprocess.PIPE, text=True
    )
    try:
        yield int(str(sink.stdout and sink.stdout.readline()))
    finally:
        sink.kill()
        sink.wait()


@contextmanager
def _sender(port: int) -> Iterator[subprocess.Popen[str]]:
    """A sending process that waits for a word."""
    env = os.environ | {
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(port),
        "SMTP_SECURITY": "none",
    }
    command = [sys.executable, "-m", "benchmarks.sender"]
    sender = subprocess.Popen(
        command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        _answer(sender)
        yield sender
    finally:
        sender.kill()
        sender.wait()


def _answer(sender: "subprocess.Popen[str]") -> int:
    return int(str(sender.stdout and sender.stdout.readline()))


def plain(lead: int, number: int) -> dict[str, Any]:
    """A letter that was written as text."""
    return {"subject": "Roofs like yours", "text": _WORDS.format(name=f"Ann {lead}-{number}")}


def designed(lead: int, number: int) -> dict[str, Any]:
    """A letter of the block editor, its values filled in."""
    values = VALUES | {"lead.first_name": f"Ann {lead}-{number}"}
    made = written(_programs(), values)
    return {"subject": "A talk?", "text": made.text, "html": made.html, "is_designed": True}


def _programs() -> dict[str, Any]:
    if not _made:
        content = documents.empty(subject="x")
        content["pages"][0]["blocks"] = STARTS["consultation"].build("https://www.bench.example")
        _made.append(compiled(content).programs)
    return _made[0]


_made: list[dict[str, Any]] = []


def _queued(write: Any, many: int = MANY) -> list[Delivery]:
    global _turn
    _turn += 1
    leads = list(Lead.objects.order_by("pk").values_list("pk", flat=True)[:many])
    rows = queue_many(
        [
            Message(
                key=f"sending:{_turn}:{n}", kind="marketing", to=f"s{_turn}-{n}@company1.example",
                lead_id=leads[n % len(leads)], origin="live",
                **write(leads[n % len(leads)], n),
            )
            for n in range(many)
        ]
    )  # fmt: skip
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(origin="live")
    return rows


def project(_port: int, write: Any) -> float:
    """The sender, alone."""
    rows = _queued(write)
    begun = time.perf_counter()
    Sender().run(limit=MANY, seconds=600)
    spent = time.perf_counter() - begun
    _hold(rows)
    return MANY / spent


def two(pair: "list[subprocess.Popen[str]]", write: Any) -> float:
    """Two of them at once over twice as many."""
    rows = _queued(write, 2 * MANY)
    begun = time.perf_counter()
    for sender in pair:
        print(2 * MANY, file=sender.stdin, flush=True)
    sent = sum(_answer(sender) for sender in pair)
    spent = time.perf_counter() - begun
    if sent != 2 * MANY:
        raise AssertionError(f"{sent} sent of {2 * MANY}")
    _hold(rows)
    return 2 * MANY / spent


def _hold(rows: list[Delivery]) -> None:
    ids, many = [row.pk for row in rows], len(rows)
    sent = Delivery.objects.filter(pk__in=ids, state="sent").count()
    tried = Attempt.objects.filter(delivery__in=ids, phase="accepted").count()
    told = Event.objects.filter(kind="delivery.sent", data__delivery__in=ids).count()
    if not sent == tried == told == many:
        raise AssertionError(f"{sent} sent, {tried} attempts, {told} facts of {many}")


def limit(port: int, write: Any) -> float:
    """Ready bytes over one session, one committed row for each."""
    ready = [
        (compose(row).as_bytes(), row.pk, row.from_address, row.to_address)
        for row in _queued(write)
    ]
    with connection.cursor() as cursor, socket.create_connection(("127.0.0.1", port)) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answers = wire.makefile("rb")
        answers.readline()
        wire.sendall(b"EHLO bench\r\n")
        while answers.readline()[3:4] == b"-":
            pass
        begun = time.perf_counter()
        before = b""
        for text, pk, sender, receiver in ready:
            envelope = f"MAIL FROM:<{sender}>\r\nRCPT TO:<{receiver}>\r\nDATA\r\n".encode()
            wire.sendall(before + envelope)
            for _answer in range(4 if before else 3):
                answers.readline()
            cursor.execute(
                "UPDATE mail_delivery SET state = 'sending', began_at = statement_timestamp()"
                " WHERE id = %s",
                [pk],
            )
            before = text.replace(b"\r\n.", b"\r\n..") + b".\r\n"
        wire.sendall(before)
        answers.readline()
        spent = time.perf_counter() - begun
    Delivery.objects.filter(pk__in=[row[1] for row in ready]).update(state="sent")
    return MANY / spent


def naive(port: int, write: Any) -> float:
    """Django's backend over one connection, with the rows of the ledger written by the ORM."""
    rows = _queued(write)
    backend = EmailBackend(host="127.0.0.1", port=port, use_tls=False, username="", password="")
    backend.open()
    begun = time.perf_counter()
    for row in rows:
        made = compose(row)
        with transaction.atomic():
            row.state, row.began_at, row.tries = "sending", timezone.now(), 1
            row.save()
            attempt = Attempt.objects.create(
                delivery=row, no=1, message_id=row.message_id, began_at=timezone.now()
            )
        letter = EmailMultiAlternatives(
            row.subject, made.text, row.from_address, [row.to_address],
            headers={
                "Message-ID": row.message_id, "List-Unsubscribe": f"<{links.unsubscribe_url(row)}>",
            },
        )  # fmt: skip
        letter.attach_alternative(made.html, "text/html")
        backend.send_messages([letter])
        with transaction.atomic():
            row.state, row.sent_at, row.settled_at = "sent", timezone.now(), timezone.now()
            row.save()
            attempt.phase = "accepted"
            attempt.save()
            facts.sent(row)
    spent = time.perf_counter() - begun
    backend.close()
    ledger.expire()
    return MANY / spent
