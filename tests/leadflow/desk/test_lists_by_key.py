"""Every order that a list offers walks along an index: no page is sorted, however many rows there are."""

import json

import pytest
from django.db import connection
from django.test import RequestFactory

from leadflow.desk.tables import (
    COMPANIES,
    CUSTOMERS,
    LEADS,
    companies_of,
    customers_of,
    leads_of,
)
from leadflow.web.ordering import parts
from leadflow.web.tables import by_of
from pipeline.services import pipelines
from pipeline.views.listing import DEALS, rows_of

pytestmark = pytest.mark.django_db

LISTS = {
    "leads": (LEADS, leads_of),
    "companies": (COMPANIES, companies_of),
    "customers": (CUSTOMERS, customers_of),
    "deals": (DEALS, rows_of),
}
ORDERS = [
    (name, column.key, down)
    for name, (table, _rows) in LISTS.items()
    for column in table.columns
    if column.sort
    for down in (False, True)
]
ROWS = """
INSERT INTO leadflow_company (name, name_norm, domain, industry, country, city, size, custom, search_text, origin,
    external_system, external_id, created_at, version)
    SELECT 'C' || n, 'c' || n, CASE WHEN n % 2 = 0 THEN 'c' || n || '.example' END, 'I' || n, 'NL', '', n, '{}', '',
        'live', '', '', now() - n * interval '1 minute', 1 FROM generate_series(1, 2000) n;
INSERT INTO leadflow_lead (public_id, first_name, last_name, email, phone, job_title, seniority, department, city,
    region, country, language, time_zone, social, preferred_channel, preferred_time, custom, direction, buyer_stage,
    funnel_position, stage, furthest_stage, stage_since, status, disposition, origin, search_text, created_at, version,
    company_id, last_activity_at, next_step_at)
    SELECT 'k' || c.id, '', 'L' || c.id % 500, c.id || '@c.example', '', '', '', '', '', '', 'NL', '', '', '{}', '', '',
        '{}', 'inbound', '', '', 'lead', 'lead', c.created_at, '', '', 'live', '', c.created_at, 1, c.id,
        CASE WHEN c.id % 3 > 0 THEN c.created_at END, CASE WHEN c.id % 3 > 0 THEN c.created_at END
    FROM leadflow_company c;
INSERT INTO leadflow_leadscore (lead_id, fit, engagement, bant, grade, band, cell, priority, revision)
    SELECT id, 1, id % 100, 0, 'B', 2, 'B2', 2, 1 FROM leadflow_lead;
INSERT INTO pipeline_deal (name, kind, custom, pipeline_id, stage_id, status, rank, amount, currency, follows_lines,
    opened_at, stage_since, expected_close_on, next_step_at, next_step_kind, competitor, origin, external_system,
    external_id, search_text, created_at, version, won_at, lost_at)
    SELECT 'D' || c.id, 'new', '{}', s.pipeline_id, s.id, s.kind, 'm', c.id, 'EUR', false,
        c.created_at, c.created_at, c.created_at::date, c.created_at, '', '', 'live', '', '', '', c.created_at, 1,
        CASE WHEN s.kind = 'won' THEN c.created_at END, CASE WHEN s.kind = 'lost' THEN c.created_at END
    FROM leadflow_company c JOIN pipeline_pipelinestage s ON s.position = c.id % 7;
INSERT INTO leadflow_customer (company_id, started_at, won_by, origin)
    SELECT id, created_at, '', 'live' FROM leadflow_company;
ANALYZE leadflow_customer; ANALYZE leadflow_company; ANALYZE leadflow_lead; ANALYZE leadflow_leadscore; ANALYZE pipeline_deal;
"""


@pytest.fixture
def many(db):
    pipelines.ensure_default()  # a test that commits may have emptied it: then there would be no deals
    with connection.cursor() as cursor:
        cursor.execute(ROWS)


def sorts_of(plan):
    """The full sorts of many rows; an incremental one only puts rows of an equal first key in order."""
    if plan["Node Type"] == "Sort" and plan["Plan Rows"] > 300:
        yield plan["Sort Key"]
    for below in plan.get("Plans", []):
        yield from sorts_of(below)


def test_no_page_of_any_order_is_sorted(many, alice):
    sorted_pages = {}
    for name, key, down in ORDERS:
        table, rows = LISTS[name]
        for part in parts(rows(alice), [by_of(table.by_key[key], down)], None, False):
            plan = json.loads(part[: table.size + 1].explain(format="json"))[0]["Plan"]
            if found := list(sorts_of(plan)):
                sorted_pages[name, key, down] = found

    assert sorted_pages == {}


def test_walking_any_order_meets_every_row_once(many, alice):
    for name, key, down in ORDERS:
        table, rows = LISTS[name]
        wanted = sorted(rows(alice).order_by("pk").values_list("pk", flat=True)[:110])
        url, met = f"?sort={'-' if down else ''}{key}", []
        while url:
            page = table.page(RequestFactory().get(f"/{url}"), rows(alice).filter(pk__in=wanted))
            met += [row.pk for row in page.rows]
            url = page.next_url

        assert sorted(met) == wanted, (name, key, down)
