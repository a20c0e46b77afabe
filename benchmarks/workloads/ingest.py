"""Goal 14: beacons of the tracker, beside a bare WSGI program that writes the same rows in one statement.

The tracker sends what a visit did together, so a third load posts many acts a beacon: acts a second against
one act a beacon. All run under waitress with eight threads; 32 connections post one after the other.
Oracle: each leaves exactly as many visitors, visits and acts as its beacons call for.
"""

import json
import statistics
from collections.abc import Iterator
from typing import Any

from benchmarks.load import run
from benchmarks.served import Served
from capture.models import Behaviour, Visit, Visitor, VisitorPolicy

SITE = "https://shop.example"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CLIENTS, VISITORS, TOGETHER = 32, 4, 20  # visitors of each connection; acts of a full beacon
LOADS = {"limit": (40, 1), "project": (20, 1), "together": (10, TOGETHER)}  # beacons, acts of each
PROGRAMS = {"limit": "benchmarks.bare_ingest:application", "project": "leadflow.wsgi:application"}


def measure(rounds: int) -> list[dict[str, Any]]:
    """Beacons a second of both, and acts a second where they come together; one round more warms up."""
    VisitorPolicy.objects.update_or_create(pk=1, defaults={"mode": "id", "sites": [SITE]})
    served: dict[str, Served] = {}
    try:
        for name, program in PROGRAMS.items():
            served[name] = Served(program, f"ingest-{name}")
        found: dict[str, list[float]] = {name: [] for name in LOADS}
        for number in range(rounds + 1):
            for name, (count, acts) in LOADS.items():
                server = served.get(name, served["project"])
                lines = [beacons(name, number, client) for client in range(CLIENTS)]
                rate = run(server.port, [list(line) for line in lines]).rate
                check_rows(f"{name}{number}", CLIENTS * VISITORS, CLIENTS * count * acts)
                if number:
                    found[name].append(rate * acts)
        memory = served["project"].megabytes()
    finally:
        for server in served.values():
            server.stop()
    return [row_of(found, memory)]


def beacons(name: str, number: int, client: int) -> Iterator[bytes]:
    """What the browsers of one connection send, in turn."""
    count, acts = LOADS[name]
    for turn in range(count):
        who = f"{name}{number}-{client:03}-{turn % VISITORS}".ljust(24, "x")
        told = [
            {"i": f"{turn:04}-{place:04}", "k": "page.viewed", "a": 0, "u": f"{SITE}/pricing/", "t": "Prices",
             "c": "pricing"}
            for place in range(acts)
        ]  # fmt: skip
        body = {
            "v": 1,
            "who": who,
            "visit": "visit-0001",
            "landing": f"{SITE}/",
            "ref": "",
            "utm": {},
            "acts": told,
        }
        yield request(json.dumps(body))


def request(text: str) -> bytes:
    """A beacon as a browser posts it."""
    return (
        f"POST /v/ HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: {SITE}\r\nUser-Agent: {AGENT}\r\n"
        f"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: {len(text)}\r\n\r\n{text}"
    ).encode()


def check_rows(mark: str, visitors: int, acts: int) -> None:
    """The oracle: nothing lost and nobody twice."""
    have = (
        Visitor.objects.filter(key__startswith=f"{mark}-").count(),
        Visit.objects.filter(visitor__key__startswith=f"{mark}-").count(),
        Behaviour.objects.filter(visit__visitor__key__startswith=f"{mark}-").count(),
    )
    if have != (visitors, visitors, acts):
        raise AssertionError(f"{mark}: {have} of {(visitors, visitors, acts)}")


def row_of(found: dict[str, list[float]], memory: int) -> dict[str, Any]:
    """Medians over the rounds; the ratios are taken within each round before."""

    def against(mine: str, other: str) -> float:
        pairs = zip(found[mine], found[other], strict=True)
        return round(statistics.median(one / two for one, two in pairs), 3)

    return {
        "workload": "beacon",
        "limit": round(statistics.median(found["limit"]), 1),
        "project": round(statistics.median(found["project"]), 1),
        "unit": "acts/s",
        "ratio": against("project", "limit"),
        "of_single": against("together", "project"),
        "beside": f"{statistics.median(found['together']):.0f} acts/s where {TOGETHER} come together",
        "memory": memory,
    }
