"""Goal 14: mails that are opened and calls of other programs, beside a bare WSGI program with the same rows.

Both run under waitress with eight threads; 32 connections ask one after the other. Each opened mail is another
one, each call says something else. Oracle: every mail has its one opening and every call its one row, and both
their facts.
"""

import hashlib
import hmac
import json
import statistics
from collections.abc import Callable, Iterator
from typing import Any

from django.utils import timezone

from benchmarks.bare_reactions import SECRET
from benchmarks.load import run
from benchmarks.served import Served
from leadflow.events.models import Event
from leadflow.integrations import door, hooks
from leadflow.integrations.models import HookCall, InboundHook
from leadflow.mail import links
from leadflow.mail.models import Delivery, Hit
from leadflow.models import Engagement, Lead

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CLIENTS, EACH = 32, 18  # connections, and what each of them asks; a hook takes 600 calls a minute
PROGRAMS = {
    "limit": "benchmarks.bare_reactions:application",
    "project": "leadflow.wsgi:application",
}
Requests = Callable[[], list[list[bytes]]]


def measure(rounds: int) -> list[dict[str, Any]]:
    """Answers a second of both doors; one round more warms up."""
    served: dict[str, Served] = {}
    try:
        for name, program in PROGRAMS.items():
            served[name] = Served(program, f"reactions-{name}")
        return [
            _one("mail opened", served, rounds, openings, check_openings),
            _one("hook called", served, rounds, calls, check_calls),
        ]
    finally:
        for server in served.values():
            server.stop()


def _one(
    workload: str,
    served: dict[str, Served],
    rounds: int,
    requests: Requests,
    check: Callable[[], None],
) -> dict[str, Any]:
    found: dict[str, list[float]] = {name: [] for name in served}
    for number in range(rounds + 1):
        for name, server in served.items():
            rate = run(server.port, requests()).rate
            check()
            if number:
                found[name].append(rate)
    pairs = zip(found["project"], found["limit"], strict=True)
    return {
        "workload": workload,
        "limit": round(statistics.median(found["limit"]), 1),
        "project": round(statistics.median(found["project"]), 1),
        "unit": "answers/s",
        "ratio": round(statistics.median(mine / limit for mine, limit in pairs), 3),
        "memory": served["project"].megabytes(),
    }


def openings() -> list[list[bytes]]:
    """One mail each, sent long ago to somebody of the first leads."""
    leads = list(Lead.objects.order_by("pk").values_list("pk", flat=True)[: CLIENTS * EACH])
    at, begun = timezone.now(), Delivery.objects.count()
    mails = Delivery.objects.bulk_create(
        Delivery(
            key=f"opened:{begun + n}", kind="marketing", purpose="", lead_id=leads[n % len(leads)],
            to_address=f"o{n}@company1.example", to_norm=f"o{n}@company1.example",
            from_address="we@crm.example", subject="Roofs", text="Hello", state="sent",
            transport="outbox", due_at=at, not_before=at, sent_at=at,
        )
        for n in range(CLIENTS * EACH)
    )  # fmt: skip
    paths = ["/t/o/" + links.open_url(mail).partition("/t/o/")[2] for mail in mails]
    asked = [
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: {AGENT}\r\n\r\n".encode()
        for path in paths
    ]
    return [asked[place::CLIENTS] for place in range(CLIENTS)]


def check_openings() -> None:
    """Every mail has been opened, once, and what asked for it is kept."""
    mails = Delivery.objects.filter(key__startswith="opened:").count()
    kept = Engagement.objects.filter(kind="mail.opened").count()
    told = Event.objects.filter(kind="engagement.recorded", data__kind="mail.opened").count()
    hits = Hit.objects.filter(kind="open", verdict="human").count()
    if not mails == kept == told == hits:
        raise AssertionError(f"{mails} mails, {kept} openings, {told} facts, {hits} hits")


def calls() -> list[list[bytes]]:
    """A hook of its own for each load: its limit of a minute is not what is measured."""
    hook, _shown = hooks.create(
        by=None, name=f"Fair {InboundHook.objects.count()}", makes="lead", scheme="hmac", secret=SECRET,
        header="X-Signature", prefix="sha256=",
    )  # fmt: skip
    if CLIENTS * EACH >= door.CALLS_PER_MINUTE:
        raise AssertionError("a load must stay below the limit of a hook")
    return [list(_calls_of(hook.code, place)) for place in range(CLIENTS)]


def _calls_of(code: str, place: int) -> Iterator[bytes]:
    for turn in range(EACH):
        body = json.dumps(
            {"email": f"{code.lower()}-{place}-{turn}@company1.example", "name": "Ada"}
        )
        mac = hmac.digest(SECRET.encode(), body.encode(), hashlib.sha256).hex()
        yield (
            f"POST /in/{code}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"X-Signature: sha256={mac}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


def check_calls() -> None:
    """The last hook has a row and a fact for each of its calls."""
    hook = InboundHook.objects.latest("pk")
    kept = HookCall.objects.filter(hook=hook).count()
    told = Event.objects.filter(kind="hook.received", data__hook=hook.pk).count()
    if not kept == told == hook.received == CLIENTS * EACH:
        raise AssertionError(f"{kept} calls, {told} facts, {hook.received} counted")
