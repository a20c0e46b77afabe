"""Goal 1: posts of a form per second, beside a bare WSGI program and beside the ORM row by row.

All three write the same durable rows and commit once. Each runs under waitress with eight threads in a
process of its own; 32 connections post to one after the other, round after round. Every fifth post comes
from somebody known. Oracle: each leaves as many rows in every table as posts call for.
"""

import json
import os
import statistics
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.load import Posts, post_of, run
from benchmarks.served import Served
from capture.models import Form, Submission
from capture.services import forms
from leadflow.events.models import Event
from leadflow.models import (
    Company,
    Consent,
    Engagement,
    Lead,
    LeadAnswer,
    LeadCycle,
    LeadIdentity,
    LeadScore,
    Touchpoint,
)
from leadflow.services import companies
from qualification.services.models import ensure_default

CLIENTS, KNOWN, FIRMS = 32, 5, 20
POSTS = {
    "limit": 40,
    "naive": 5,
    "project": 20,
}  # of each connection in a round; the slow are sampled
PROGRAMS = {
    "limit": "benchmarks.bare:application",
    "naive": "benchmarks.naive:application",
    "project": "leadflow.wsgi:application",
}
OF_LEADS = (LeadIdentity, LeadCycle, LeadScore)
OF_POSTS = (Submission, LeadAnswer, Consent, Touchpoint, Engagement)
EVENTS = 4  # facts per post


def measure(rounds: int) -> list[dict[str, Any]]:
    """Rate, percentiles, CPU and memory of the three, in turn; one round more warms up."""
    ensure_default()
    form = forms.create(name="Bench", by=None, start="contact")
    version = forms.publish(form=form, by=None)
    for number in range(FIRMS):
        companies.create(name=f"Firm {number}", domain=f"firm{number}.example")
    os.environ |= {"BENCH_FORM": str(form.pk), "BENCH_VERSION": str(version.pk)}
    served: dict[str, Served] = {}
    try:
        for name, program in PROGRAMS.items():
            served[name] = Served(program, f"bench-{name}")
        found: dict[str, list[dict[str, float]]] = {name: [] for name in served}
        for number in range(rounds + 1):
            for name, server in served.items():
                figures = one_load(server, form, f"{name}{number}")
                if number:
                    found[name].append(figures)
        for name in served:
            check_rows(name, (rounds + 1) * CLIENTS * POSTS[name])
        memory = served["project"].megabytes()
    finally:
        for server in served.values():
            server.stop()
    return [row_of(found, memory, statements(form))]


def one_load(server: Served, form: Form, mark: str) -> dict[str, float]:
    count = POSTS[server.name.partition("-")[2]]
    lines = [posts_of(form, f"{mark}-{client}", count) for client in range(CLIENTS)]
    web, database = server.web_seconds(), server.database_seconds()
    posts: Posts = run(server.port, lines)
    web, database = server.web_seconds() - web, server.database_seconds() - database
    return {
        "rate": posts.rate,
        "p50": posts.percentile(50),
        "p99": posts.percentile(99),
        "web_ms": web * 1000 / len(posts.each),
        "database_ms": database * 1000 / len(posts.each),
    }


def posts_of(form: Form, mark: str, count: int) -> list[bytes]:
    """The posts of one connection; every fifth repeats the address before it."""
    path = f"/api/v1/forms/{form.public_id}/submissions"
    return [
        post_of(
            path, f"{mark}-{number}", body_of(f"{mark}-{number - (number % KNOWN == KNOWN - 1)}")
        )
        for number in range(count)
    ]


def body_of(person: str) -> dict[str, object]:
    firm = sum(person.encode()) % FIRMS
    return {
        "email": f"bench-{person}@firm{firm}.example",
        "full_name": "Ann Bench",
        "message": "Hello",
        "consent": True,
    }


def check_rows(name: str, posts: int) -> None:
    """The oracle: nothing lost, nobody twice, and the same rows whoever wrote them."""
    leads = Lead.objects.filter(email__startswith=f"bench-{name}")
    ids = list(leads.values_list("pk", flat=True))
    people = posts * (KNOWN - 1) // KNOWN
    want = {Lead: people} | dict.fromkeys(OF_LEADS, people) | dict.fromkeys(OF_POSTS, posts)
    have = {model: model.objects.filter(lead__in=ids).count() for model in [*OF_LEADS, *OF_POSTS]}
    have |= {Lead: len(ids), Event: Event.objects.filter(lead_id__in=ids).count()}
    if have != want | {Event: EVENTS * posts}:
        raise AssertionError(f"{name}: {have} of {want} and {EVENTS * posts} events")
    if Company.objects.filter(domain__startswith="firm").count() != FIRMS:
        raise AssertionError(f"{name}: a company was made twice")


def statements(form: Form) -> int:
    """How often the product asks the database for somebody new: the larger of new and known."""
    settings.ALLOWED_HOSTS.append("testserver")
    client = Client()
    counts = []
    for number, person in enumerate(["warm", "one", "one"]):
        with CaptureQueriesContext(connection) as asked:
            client.post(
                f"/api/v1/forms/{form.public_id}/submissions", json.dumps(body_of(person)),
                content_type="application/json", headers={"Idempotency-Key": f"count-{number}"},
            )  # fmt: skip
        counts.append(len(asked))
    return max(counts[1:])


def row_of(found: dict[str, list[dict[str, float]]], memory: int, asked: int) -> dict[str, Any]:
    """Medians over the rounds; the ratios are taken within each round before."""

    def middle(name: str, key: str) -> float:
        return statistics.median(figures[key] for figures in found[name])

    def against(name: str) -> float:
        pairs = zip(found["project"], found[name], strict=True)
        return statistics.median(mine["rate"] / theirs["rate"] for mine, theirs in pairs)

    return {
        "workload": "form post",
        "limit": round(middle("limit", "rate"), 1),
        "project": round(middle("project", "rate"), 1),
        "naive": round(middle("naive", "rate"), 1),
        "unit": "posts/s",
        "ratio": round(against("limit"), 3),
        "of_naive": round(against("naive"), 2),
        "p50": round(middle("project", "p50"), 1),
        "p99": round(middle("project", "p99"), 1),
        "spread": round(middle("project", "p99") / middle("project", "p50"), 2),
        "cpu_ms": {
            name: [round(middle(name, "web_ms"), 2), round(middle(name, "database_ms"), 2)]
            for name in found
        },
        "memory": memory,
        "queries": asked,
    }
