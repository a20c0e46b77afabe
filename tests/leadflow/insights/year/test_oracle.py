"""Each KPI against raw SQL that was written apart from it, on a year of generated history."""

from decimal import Decimal

import pytest
from django.db import connection

from leadflow.insights.kpis import KPIS, compute
from tests.leadflow.insights.conftest import NOW, Q2, asked

pytestmark = pytest.mark.django_db

W = {"s": Q2.start, "e": Q2.end, "now": NOW}
BORN = """with p as (select l.id, l.source_id,
  min(least(lead_at, mql_at, sal_at, sql_at, opportunity_at, customer_at)) born,
  min(least(mql_at, sal_at, sql_at, opportunity_at, customer_at)) mql,
  min(least(sal_at, sql_at, opportunity_at, customer_at)) sal,
  min(least(sql_at, opportunity_at, customer_at)) sql,
  min(least(opportunity_at, customer_at)) opp, min(customer_at) cust
  from leadflow_lead l join leadflow_leadcycle c on c.lead_id = l.id
  where l.deleted_at is null and l.merged_into_id is null group by l.id) """
C = " from p where born >= %(s)s and born < %(e)s "
WON = " from pipeline_deal d where deleted_at is null and status='won' and won_at >= %(s)s and won_at < %(e)s "
CLOSED = """ from pipeline_deal d left join pipeline_lostreason r on r.id = d.lost_reason_id
  where d.deleted_at is null and ((status='won' and won_at >= %(s)s and won_at < %(e)s)
  or (status='lost' and lost_at >= %(s)s and lost_at < %(e)s and coalesce(r.counts, true))) """
DAYS = "extract(epoch from won_at - coalesce(qualified_at, opened_at)) / 86400"
YEAR = {"s": Q2.start.replace(year=2025), "e": Q2.end}


def one(sql, **more):
    with connection.cursor() as cursor:
        cursor.execute(sql, W | more)
        value = cursor.fetchone()[0]
    return None if value is None else Decimal(str(value))


ORACLE = {
    "leads": BORN + "select count(*)" + C,
    "became_mql": BORN + "select avg((coalesce(mql <= born + interval '30 days', false))::int)" + C,
    "became_customer": BORN + "select avg((coalesce(cust <= born + interval '90 days', false))::int)" + C,
    "period_conversion": BORN + "select (select count(*) from p where cust >= %(s)s and cust < %(e)s)::numeric / count(*)" + C,
    "acceptance": BORN + """select avg((coalesce(sal <= mql + interval '7 days', false))::int) from p
        where mql >= %(s)s and mql < %(e)s and (sal is not null or mql <= %(now)s - interval '7 days')""",
    "unattended": """select count(*) from leadflow_lead where deleted_at is null and merged_into_id is null and disposition = ''
        and stage in ('lead','mql','sal','sql') and (owner_id is null or next_step_at is null or next_step_at < %(now)s)""",
    "cpl": BORN + "select 3000.0 * 15 / 30 / count(*)" + C,
    "paid_cpl": BORN + "select 3000.0 * 15 / 30 / count(*)" + C + "and source_id = (select id from leadflow_source where name = 'Ads')",
    "won_revenue": "select sum(amount)" + WON,
    "won_deals": "select count(*)" + WON,
    "lost_deals": "select count(*)" + CLOSED + "and status = 'lost'",
    "deal_size": "select avg(amount)" + WON + "and amount > 0",
    "close_rate": "select avg((status='won')::int)" + CLOSED,
    "close_rate_by_value": "select sum(case when status='won' then amount else 0 end) / sum(amount)" + CLOSED,
    "created_win_rate": """select avg((status='won')::int) from pipeline_deal d left join pipeline_lostreason r on r.id = d.lost_reason_id
        where d.deleted_at is null and opened_at >= %(s)s and opened_at < %(e)s and not (status='lost' and not coalesce(r.counts, true))""",
    "sales_cycle": f"select percentile_cont(0.5) within group (order by {DAYS})" + WON + f"and {DAYS} >= 0",
    "time_to_close": BORN.replace("where l.deleted_at is null and l.merged_into_id is null", "") + """select percentile_cont(0.5) within group (order by extract(epoch from won_at - born) / 86400)
        from pipeline_deal d join p on p.id = d.lead_id where d.deleted_at is null and status='won' and kind='new'
        and won_at >= %(s)s and won_at < %(e)s and born <= coalesce(opened_at, won_at)""",
    "realised_velocity": "select sum(amount) / 91" + WON,
    "open_deals": "select count(*) from pipeline_deal where deleted_at is null and status='open'",
    "open_value": "select sum(amount) from pipeline_deal where deleted_at is null and status='open'",
    "weighted": """select sum(amount * case l.probability_source when 'manual' then coalesce(d.probability, s.probability)
        when 'historical' then coalesce(s.historical, s.probability) else s.probability end / 100.0) from pipeline_deal d
        join pipeline_pipelinestage s on s.id = d.stage_id join pipeline_pipeline l on l.id = d.pipeline_id
        where deleted_at is null and status='open'""",
}  # fmt: skip


def test_every_kpi_agrees_with_raw_sql(history):
    figures = asked()
    found = {key: compute(key, figures).number for key in ORACLE}
    wanted = {key: one(sql) for key, sql in ORACLE.items()}

    assert all(value for value in wanted.values()), wanted
    assert {key: float(found[key] or 0) for key in found} == pytest.approx(
        {key: float(wanted[key]) for key in wanted}, rel=1e-9
    )


def test_velocity_agrees_with_its_parts_in_raw_sql(history):
    n = one("""select sum(extract(epoch from least(coalesce(won_at, lost_at, %(e)s), %(e)s)
        - greatest(coalesce(qualified_at, opened_at), %(s)s))) / extract(epoch from %(e)s::timestamptz - %(s)s::timestamptz)
        from pipeline_deal where deleted_at is null and coalesce(qualified_at, opened_at) < %(e)s
        and (status = 'open' or coalesce(won_at, lost_at) is not null)
        and coalesce(won_at, lost_at, %(e)s) > greatest(coalesce(qualified_at, opened_at), %(s)s)""")  # fmt: skip
    w = one("select avg((status='won')::int)" + CLOSED, **YEAR)
    a = one("select avg(amount)" + WON + "and amount > 0", **YEAR)
    cycle = one(f"select percentile_cont(0.5) within group (order by {DAYS})" + WON + f"and {DAYS} >= 0", **YEAR)  # fmt: skip

    found = compute("velocity", asked()).number

    assert float(found) == pytest.approx(float(n * w * a / cycle), rel=1e-6)


def test_the_funnel_agrees_with_raw_sql_and_never_rises(history):
    counts = asked().people.counts
    found = [counts[s] for s in ("lead", "mql", "sal", "sql", "opportunity", "customer")]

    assert found == [
        int(one(BORN + f"select count({column})" + C))
        for column in ("born", "mql", "sal", "sql", "opp", "cust")
    ]
    assert found == sorted(found, reverse=True)
    assert found[-1] > 0


def test_every_number_opens_as_many_rows_as_it_says(history):
    figures, wrong = asked(), []
    for key, kpi in KPIS.items():
        found = compute(key, figures)
        says: dict[str, object] = {
            one.part: one.number for one in found.facts if one.unit == "count"
        }
        says |= {one.part: one.count for one in found.left_out}
        says.pop("", None)
        if kpi.unit in ("count", "share") and key != "close_rate_by_value":
            says[""] = found.numerator
            if "all" in kpi.rows and found.denominator is not None:
                says["all"] = found.denominator
        if kpi.unit == "days":
            says[""] = found.n
        opened = {part: kpi.rows_of(figures, part).count() for part in says}
        if opened != says:
            wrong.append((key, says, opened))

    assert wrong == []
