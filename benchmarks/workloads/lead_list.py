"""Goal 11: any page of the lead list, beside the raw keyset SQL for the same 50 rows."""

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.timing import in_turn, p95, peak_megabytes
from leadflow.desk.tables import LEADS
from leadflow.models import Lead
from leadflow.people.models import User
from leadflow.web.tables import encoded

COLUMNS = """lead.id, lead.first_name, lead.last_name, lead.job_title, lead.stage, company.name, source.name,
    owner.name, score.grade, score.band, lead.last_activity_at, lead.next_step_at"""
JOINS = """leadflow_lead lead LEFT JOIN leadflow_company company ON company.id = lead.company_id
    LEFT JOIN leadflow_source source ON source.id = lead.source_id
    LEFT JOIN people_user owner ON owner.id = lead.owner_id
    LEFT JOIN leadflow_leadscore score ON score.lead_id = lead.id"""
LIVING = "lead.deleted_at IS NULL AND lead.merged_into_id IS NULL"
NEWEST = "ORDER BY lead.created_at DESC, lead.id DESC LIMIT 51"


def measure(rounds: int) -> list[dict[str, Any]]:
    """First page, one owner's, one stage's, and a deep page by its key."""
    settings.ALLOWED_HOSTS.append("testserver")
    client = Client()
    client.force_login(User.objects.get(email="admin@bench.example"))
    owner = User.objects.get(email="u0@bench.example").pk
    deep_url, deep_sql = deep_page()
    cases = {
        "list, newest": ("", ""),
        "list, one owner": (f"?owner={owner}", f"AND lead.owner_id = {owner}"),
        "list, one stage": ("?stage=sql", "AND lead.stage = 'sql'"),
        "list, deep page": (deep_url, deep_sql),
    }
    return [one(client, name, query, where, rounds) for name, (query, where) in cases.items()]


def one(client: Client, name: str, query: str, where: str, rounds: int) -> dict[str, Any]:
    sql = f"SELECT {COLUMNS} FROM {JOINS} WHERE {LIVING} {where} {NEWEST}"

    def limit() -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return [row[0] for row in cursor.fetchall()[:50]]

    def project() -> list[int]:
        page = client.get(f"/leads/{query}").content.decode()
        return [int(pk) for pk in re.findall(r'href="/leads/(\d+)/" data-row-link', page)]

    if limit() != project():
        raise AssertionError(f"{name}: the page shows other rows than the SQL")
    times = in_turn(rounds, 10, limit=limit, project=project)
    return figures(name, times, project)


def figures(
    name: str, times: dict[str, list[float]], project: Callable[[], object]
) -> dict[str, Any]:
    with CaptureQueriesContext(connection) as queries:
        project()
    return {
        "workload": name,
        "limit": round(p95(times["limit"]), 3),
        "project": round(p95(times["project"]), 3),
        "unit": "ms, p95",
        "queries": len(queries),
        "memory": round(peak_megabytes()),
    }


def deep_page() -> tuple[str, str]:
    """The page in the middle of the list: its address and its key as SQL."""
    middle = Lead.objects.count() // 2
    row = Lead.objects.order_by("-created_at", "-pk")[middle]
    where = f"AND (lead.created_at, lead.id) < ('{row.created_at.isoformat()}', {row.pk})"
    return f"?after={encoded(row, LEADS.by_key['created'])}", where
