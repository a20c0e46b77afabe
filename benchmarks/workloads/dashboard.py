"""Goal 10: the dashboard of a year, beside a sum of its kept days, and beside counting its numbers anew."""

import statistics
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client

from benchmarks.timing import in_turn, p95
from benchmarks.workloads.lead_list import figures
from leadflow.insights import rollups
from leadflow.insights.asking import ask, calendar, everything
from leadflow.insights.figures import Figures
from leadflow.kit.clock import now
from leadflow.kit.periods import preset
from leadflow.models import Organisation
from leadflow.people.models import User
from pipeline.services import pipelines

DEALS = 4  # one deal for so many leads

_FILL = """
UPDATE leadflow_leadcycle SET
    mql_at = CASE WHEN lead_id % 3 = 0 THEN lead_at + (lead_id % 40) * interval '1 day' END,
    customer_at = CASE WHEN lead_id % 27 = 0 THEN lead_at + (lead_id % 120) * interval '1 day' END;
INSERT INTO pipeline_deal (name, lead_id, owner_id, kind, custom, pipeline_id, stage_id, status, rank, amount,
    currency, rate, base_amount, follows_lines, opened_at, stage_since, won_at, lost_at, next_step_kind, competitor,
    origin, external_system, external_id, search_text, created_at, version)
    SELECT 'Deal ' || l.id, l.id, l.owner_id, 'new', '{{}}', {pipeline}, s.id, s.kind, 'a' || l.id, l.id % 9000, 'EUR', 1,
        l.id % 9000, false, c.at, c.at, CASE WHEN s.kind = 'won' THEN c.at + c.took END,
        CASE WHEN s.kind = 'lost' THEN c.at + c.took END, '', '', 'live', '', '', '', c.at, 1
    FROM leadflow_lead l
    CROSS JOIN LATERAL (SELECT l.created_at AS at, (l.id % 60) * interval '1 day' AS took) c
    JOIN pipeline_pipelinestage s ON s.id = ({stages})[1 + l.id / {every} % 3]
    WHERE l.id % {every} = 0;
"""
_BORN = """WITH p AS (SELECT l.id, l.source_id,
    min(least(lead_at, mql_at, sal_at, sql_at, opportunity_at, customer_at)) AS born,
    min(least(mql_at, sal_at, sql_at, opportunity_at, customer_at)) AS mql, min(customer_at) AS bought
    FROM leadflow_lead l JOIN leadflow_leadcycle c ON c.lead_id = l.id
    WHERE l.deleted_at IS NULL AND l.merged_into_id IS NULL
    GROUP BY l.id) """
_IN = "born >= %(start)s AND born < %(end)s"
_WON = "deleted_at IS NULL AND status = 'won' AND won_at >= %(start)s AND won_at < %(end)s"
RAW = {
    "leads": _BORN + "SELECT count(*) FROM p WHERE " + _IN,
    "became_mql": _BORN
    + "SELECT count(*) FROM p WHERE mql <= born + interval '30 days' AND "
    + _IN,
    "became_customer": _BORN
    + "SELECT count(*) FROM p WHERE bought <= born + interval '90 days' AND "
    + _IN,
    "by_source": _BORN
    + f"SELECT sum(n) FROM (SELECT source_id, count(*) AS n FROM p WHERE {_IN} GROUP BY 1) rows",
    "by_day": _BORN
    + f"SELECT sum(n) FROM (SELECT date(born), count(*) AS n FROM p WHERE {_IN} GROUP BY 1) rows",
    "won_revenue": f"SELECT coalesce(sum(base_amount), 0) FROM pipeline_deal WHERE {_WON}",
    "close_rate": f"SELECT count(*) FROM pipeline_deal WHERE {_WON}",
    "sales_cycle": f"""SELECT count(*) FROM (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY won_at - opened_at)
        FROM pipeline_deal WHERE {_WON}) one""",
}

# the least that any such page has to read
SUMS = """SELECT measure, source_id, detail, sum(n), sum(amount) FROM insights_dailyfact
    WHERE day >= %(first)s AND day < %(end)s AND measure NOT LIKE 'took%%' GROUP BY 1, 2, 3"""


def measure(rounds: int) -> list[dict[str, Any]]:
    """The whole page, signed in as an admin, beside eight of its numbers counted from the rows."""
    fill()
    settings.ALLOWED_HOSTS.append("testserver")
    client = Client()
    client.force_login(User.objects.get(email="admin@bench.example"))
    known = calendar(Organisation.current())
    shown = Figures(ask(everything(), preset("last_365_days", now(), known)))
    period = shown.ask.period
    window = {"start": period.start, "end": period.end}

    def limit() -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(SUMS, {"first": period.start_on, "end": period.end_on})
            return cursor.fetchall()

    def raw() -> dict[str, Any]:
        with connection.cursor() as cursor:
            return {name: _one(cursor, sql, window) for name, sql in RAW.items()}

    def project() -> bytes:
        found: bytes = client.get("/dashboard/?range=last_365_days").content
        return found

    _agree(raw(), shown)
    times = in_turn(rounds, 3, sql=limit, limit=limit, project=project, raw=raw)
    of_raw = round(statistics.median(times["raw"]) / statistics.median(times["project"]), 2)
    words = f"{of_raw}x as fast as eight of its numbers counted anew ({p95(times['raw']):.0f} ms)"
    return [figures("dashboard, a year", times, project) | {"of_raw": of_raw, "beside": words}]


def fill() -> None:
    """Stages of the leads and a deal for every fourth, then everything counted."""
    pipeline = pipelines.ensure_default()
    stages = [pipeline.stages.filter(kind=kind).first().pk for kind in ("open", "won", "lost")]
    with connection.cursor() as cursor:
        cursor.execute(_FILL.format(pipeline=pipeline.pk, stages=f"ARRAY{stages}", every=DEALS))
        cursor.execute("ANALYZE")
    rollups.rebuild()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _one(cursor: Any, sql: str, window: dict[str, Any]) -> Any:
    cursor.execute(sql, window)
    return cursor.fetchone()[0]


def _agree(raw: dict[str, Any], shown: Figures) -> None:
    people, closing = shown.people, shown.trade.closing
    page = {
        "leads": people.counts["lead"],
        "became_mql": people.total("mql_in_time").n,
        "became_customer": people.total("customer_in_time").n,
        "by_source": sum(row["leads"] for row in people.by_source().values()),
        "by_day": sum(people.by_day().values()),
        "won_revenue": closing.revenue or Decimal(0),
        "close_rate": closing.won,
    }
    if wrong := {name for name, value in page.items() if value != raw[name]}:
        raise AssertionError(f"the dashboard says otherwise than the rows: {sorted(wrong)}")
