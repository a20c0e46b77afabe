"""Goal 11: any page of the lead list, beside the keyset SQL and the plainest template of the same 50 rows.

The limit is SQL and template together, since the product must do both; what the SQL alone takes stands
beside it.
"""

import json
import re
import statistics
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.template import Context, Template
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.timing import in_turn, p95, peak_megabytes
from leadflow.desk.tables import LEADS
from leadflow.models import Lead
from leadflow.people.models import User
from leadflow.web.ordering import encoded
from leadflow.web.tables import by_of

COLUMNS = """lead.id, lead.first_name, lead.last_name, lead.job_title, lead.stage, company.name, source.name,
    owner.name, score.grade, score.band, lead.last_activity_at, lead.next_step_at"""
JOINS = """leadflow_lead lead LEFT JOIN leadflow_company company ON company.id = lead.company_id
    LEFT JOIN leadflow_source source ON source.id = lead.source_id
    LEFT JOIN people_user owner ON owner.id = lead.owner_id
    LEFT JOIN leadflow_leadscore score ON score.lead_id = lead.id"""
LIVING = "lead.deleted_at IS NULL AND lead.merged_into_id IS NULL"
NEWEST = "ORDER BY lead.created_at DESC, lead.id DESC LIMIT 51"


BY_SCORE = "ORDER BY score.engagement DESC, lead.id DESC LIMIT 51"
ROWS = Template(
    "<table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>"
)
DUTCH = json.dumps({"all": [{"field": "lead.country", "op": "is", "value": "NL"}]})


def measure(rounds: int) -> list[dict[str, Any]]:
    """First page, one owner's, one stage's, a deep one, by score, by a word and by a rule."""
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
        "list, by score": ("?sort=-score", "AND score.engagement IS NOT NULL"),
        "list, a word": ("?q=common7", "AND lead.search_text LIKE '%common7%'"),
        "list, a rule": (f"?{urlencode({'rule': DUTCH})}", "AND lead.country = 'NL'"),
    }
    return [one(client, name, query, where, rounds) for name, (query, where) in cases.items()]


def one(client: Client, name: str, query: str, where: str, rounds: int) -> dict[str, Any]:
    order = BY_SCORE if name == "list, by score" else NEWEST
    sql = f"SELECT {COLUMNS} FROM {JOINS} WHERE {LIVING} {where} {order}"

    def raw() -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()[:50]

    def limit() -> list[int]:
        rows = raw()
        ROWS.render(Context({"rows": rows}))
        return [row[0] for row in rows]

    def project() -> list[int]:
        page = client.get(f"/leads/{query}").content.decode()
        return [int(pk) for pk in re.findall(r'href="/leads/(\d+)/" data-row-link', page)]

    if limit() != project():
        raise AssertionError(f"{name}: the page shows other rows than the SQL")
    times = in_turn(rounds, 10, sql=raw, limit=limit, project=project)
    return figures(name, times, project)


def figures(
    name: str, times: dict[str, list[float]], project: Callable[[], object]
) -> dict[str, Any]:
    with CaptureQueriesContext(connection) as queries:
        project()
    asked = len(queries)
    began = time.process_time()
    for _repeat in range(10):
        project()
    return {
        "workload": name,
        "sql": round(statistics.median(times["sql"]), 3),
        "p50": round(statistics.median(times["project"]), 3),
        "cpu": round((time.process_time() - began) * 100, 3),
        "limit": round(p95(times["limit"]), 3),
        "project": round(p95(times["project"]), 3),
        "unit": "ms, p95",
        "queries": asked,
        "memory": round(peak_megabytes()),
    }


def deep_page() -> tuple[str, str]:
    """The page in the middle of the list: its address and its key as SQL."""
    middle = Lead.objects.count() // 2
    row = Lead.objects.order_by("-created_at", "-pk")[middle]
    where = f"AND (lead.created_at, lead.id) < ('{row.created_at.isoformat()}', {row.pk})"
    return f"?after={encoded(row, [by_of(LEADS.by_key['created'], down=True)])}", where
