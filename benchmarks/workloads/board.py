"""Goal 9 and goal 12: the first paint of both boards, and search as one types.

A board's limit is its statements and the plainest template of the same page; a search's is its statements.
"""

import statistics
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client

from benchmarks.plain import limit, reader, statements
from benchmarks.timing import in_turn
from benchmarks.workloads.lead_list import figures
from leadflow.models import Lead
from leadflow.people.models import User

BOARDS = {"board, deals": "/deals/", "board, deals by rank": "/deals/?sort=rank",
          "board, leads": "/leads/board/"}  # fmt: skip


def measure(rounds: int) -> list[dict[str, Any]]:
    """Signed in as an admin, who sees everything."""
    settings.ALLOWED_HOSTS.append("testserver")
    client = Client()
    client.force_login(User.objects.get(email="admin@bench.example"))
    owner = User.objects.get(email="u0@bench.example").pk
    pages = BOARDS | {"board, one owner": f"/deals/?owner={owner}"}
    found = [board(client, name, url, rounds) for name, url in pages.items()]
    rare = Lead.objects.filter(search_text__startswith="first").order_by("-pk")[0].search_text
    words = {"search, rare": rare.split()[1], "search, common": "common7"}
    return found + [search(client, name, word, rounds) for name, word in words.items()]


def board(client: Client, name: str, url: str, rounds: int) -> dict[str, Any]:
    read = reader(client, url)
    plain = limit(read)
    times = in_turn(rounds, 5, sql=plain, limit=plain, project=read)
    return row(name, times, read) | {"beside": f"{read().count('data-card=')} cards"}


def search(client: Client, name: str, word: str, rounds: int) -> dict[str, Any]:
    read = reader(client, f"/search/?q={word}")
    asked = statements(read)

    def sql() -> None:
        with connection.cursor() as cursor:
            for one in asked:
                cursor.execute(one)
                cursor.fetchall()

    if word not in read().lower():
        raise AssertionError(f"{name}: nothing was found")
    return row(name, in_turn(rounds, 10, sql=sql, limit=sql, project=read), read)


def row(name: str, times: dict[str, list[float]], read: Any) -> dict[str, Any]:
    of_limit = statistics.median(times["limit"]) / statistics.median(times["project"])
    return figures(name, times, read) | {"ratio": round(of_limit, 3)}
