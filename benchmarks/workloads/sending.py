"""Goal 7: marketing mail from the ledger to a mail server, beside whoever has nothing but ready bytes.

The limit writes one committed row between 354 and each body, and sends the next envelope behind the body
before it. Naive is Django's own `send_messages` over one connection, which writes the same rows: begun,
sent, the attempt and the fact. All three talk to one sink process that keeps nothing. Oracle: every
message of the project is sent, once, with its attempt and its fact.
"""

import socket
import statistics
import subprocess
import sys
import time
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend
from django.db import connection, transaction
from django.utils import timezone

from benchmarks.timing import peak_megabytes
from leadflow.events.models import Event
from leadflow.mail import facts, ledger
from leadflow.mail.compose import compose
from leadflow.mail.models import Attempt, Delivery
from leadflow.mail.sender import Sender
from leadflow.mail.services import Message, queue_many
from leadflow.models import Lead, Organisation

MANY = 120
_WORDS = (
    "Hello,\n\nwe have looked at roofs like yours. [Three of them](https://ours.example/roofs?n=3) were"
    " done last month, and [this page](https://ours.example/prices) says what they cost.\n\n"
    + "A paragraph of some length that tells what a letter of this kind tells. " * 20
    + "\n\nYours\nAnn"
)
_turn = 0


def measure(rounds: int) -> list[dict[str, Any]]:
    """Messages a second of each way; one round more warms up."""
    organisation = Organisation.current()
    Organisation.objects.filter(pk=organisation.pk).update(postal_address="Main Street 1")
    sink = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.smtp_sink"], stdout=subprocess.PIPE, text=True
    )
    assert sink.stdout is not None
    try:
        port = int(sink.stdout.readline())
        settings.SMTP_HOST, settings.SMTP_PORT, settings.SMTP_SECURITY = "127.0.0.1", port, "none"
        found: dict[str, list[float]] = {"limit": [], "project": [], "naive": []}
        for number in range(rounds + 1):
            for name, way in (("limit", limit), ("project", project), ("naive", naive)):
                rate = way(port)
                if number:
                    found[name].append(rate)
    finally:
        sink.kill()
        sink.wait()
        settings.SMTP_HOST = ""
    return [_row(found)]


def _row(found: dict[str, list[float]]) -> dict[str, Any]:
    median = {name: round(statistics.median(rates), 1) for name, rates in found.items()}
    pairs = list(zip(found["project"], found["limit"], found["naive"], strict=True))
    of_naive = round(statistics.median(mine / naive for mine, _limit, naive in pairs), 2)
    return {
        "workload": "mail sent",
        "limit": median["limit"],
        "project": median["project"],
        "unit": "mails/s",
        "ratio": round(statistics.median(mine / limit for mine, limit, _naive in pairs), 3),
        "of_django": of_naive,
        "memory": round(peak_megabytes()),
        "beside": f"{of_naive}x Django's send_messages with the same rows ({median['naive']} mails/s)",
    }


def _queued() -> list[Delivery]:
    global _turn
    _turn += 1
    leads = list(Lead.objects.order_by("pk").values_list("pk", flat=True)[:MANY])
    return queue_many(
        [
            Message(
                key=f"sending:{_turn}:{n}", kind="marketing", to=f"s{_turn}-{n}@company1.example",
                lead_id=leads[n % len(leads)], subject="Roofs like yours", text=_WORDS,
                origin="live",
            )
            for n in range(MANY)
        ]
    )  # fmt: skip


def project(_port: int) -> float:
    """The sender, alone."""
    ids = [row.pk for row in _queued()]
    Delivery.objects.filter(pk__in=ids).update(origin="live")
    begun = time.perf_counter()
    Sender().run(limit=MANY, seconds=600)
    spent = time.perf_counter() - begun
    sent = Delivery.objects.filter(pk__in=ids, state="sent").count()
    tried = Attempt.objects.filter(delivery__in=ids, phase="accepted").count()
    told = Event.objects.filter(kind="delivery.sent", data__delivery__in=ids).count()
    if not sent == tried == told == MANY:
        raise AssertionError(f"{sent} sent, {tried} attempts, {told} facts of {MANY}")
    return MANY / spent


def limit(port: int) -> float:
    """Ready bytes over one session, one committed row for each."""
    ready = [
        (compose(row).as_bytes(), row.pk, row.from_address, row.to_address) for row in _queued()
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


def naive(port: int) -> float:
    """Django's backend over one connection, with the rows of the ledger written by the ORM."""
    rows = _queued()
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
            headers={name: str(made.message[name]) for name in ("Message-ID", "List-Unsubscribe")},
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
