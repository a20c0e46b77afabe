"""The page of a lead and her story, of somebody with 50 events behind her and of somebody with 5,000.

The limit is the very SQL of the page, sent by hand, and the plainest template that prints the same page: the
markup as it stands, with every text in it a variable.
"""

import statistics
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.test import Client

from benchmarks.plain import limit, reader
from benchmarks.timing import in_turn
from benchmarks.workloads.lead_list import figures
from leadflow.kit.clock import now
from leadflow.models import Lead, Source
from leadflow.people.models import User
from leadflow.services import activities, engagement, notes

SHORT, LONG = 50, 5_000


def measure(rounds: int) -> list[dict[str, Any]]:
    """Both pages of both, signed in as the owner, in one run: a long life is held against a short one."""
    settings.ALLOWED_HOSTS.append("testserver")
    owner = User.objects.get(email="u0@bench.example")
    client = Client()
    client.force_login(owner)
    rows = Lead.objects.filter(owner=owner, company__isnull=False, disposition="").order_by("pk")
    short, long = rows[:2]
    live(short, owner, SHORT)
    live(long, owner, LONG)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    page, story = "/leads/{}/", "/leads/{}/timeline/"
    return [
        *both(client, "lead page", page.format(short.pk), page.format(long.pk), rounds),
        *both(client, "lead story", story.format(short.pk), story.format(long.pk), rounds),
    ]


@transaction.atomic
def live(lead: Lead, owner: User, events: int) -> None:
    """So many events, a note and a call in turn, one an hour; and a touch of marketing for every fifth."""
    source, today = Source.objects.order_by("pk")[0], now()
    for number in range(events):
        at = today - timedelta(hours=number + 1)
        if number % 2:
            notes.add(text=f"Note {number}", lead=lead, by=owner, at=at)
        else:
            activities.log(kind="call", subject=f"Call {number}", lead=lead, by=owner, at=at)
        if number % 5 == 0:
            engagement.touch(lead=lead, source=source, label=f"Touch {number}", at=at)


def both(client: Client, name: str, short: str, long: str, rounds: int) -> list[dict[str, Any]]:
    """The short life and the long one in turn, each beside its own limit."""
    ways = {"short": reader(client, short), "long": reader(client, long)}
    limits = {key: limit(way) for key, way in ways.items()}
    turns = {**ways, **{f"limit {key}": way for key, way in limits.items()}}
    times = in_turn(rounds, 10, **turns)
    found = []
    for key, events in (("short", SHORT), ("long", LONG)):
        mine = {"sql": times[f"limit {key}"], "limit": times[f"limit {key}"], "project": times[key]}
        of_limit = statistics.median(mine["limit"]) / statistics.median(mine["project"])
        row = figures(f"{name}, {events:,} events", mine, ways[key])
        found.append(row | {"ratio": round(of_limit, 3)})
    grown = statistics.median(times["long"]) / statistics.median(times["short"])
    found[1] |= {"of_short": round(grown, 3), "beside": f"{grown:.2f} times the short life"}
    return found
