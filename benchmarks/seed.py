"""Filling a database by set-based SQL: deterministic, skewed and patchy as real data is."""

from django.db import connection

from leadflow.people.models import Role, User
from pipeline.services import upkeep

OWNERS = 40

# A tenth of the leads has neither company nor owner; few have a step ahead; the newest company of few
# people and the oldest of thousands; two hundred surnames make a quarter of all people.
_LEADS = """
SELECT setseed(0.42);
INSERT INTO leadflow_source (name, channel, direction, is_free, is_archived, created_at)
    SELECT 'Source ' || n, 'other', 'inbound', false, false, now() FROM generate_series(1, 8) n;
INSERT INTO leadflow_tag (name) SELECT 'Tag ' || n FROM generate_series(1, 20) n;
INSERT INTO leadflow_company (name, name_norm, domain, industry, country, city, size, custom, search_text, origin,
    external_system, external_id, created_at, version)
    SELECT 'Company ' || n, 'company ' || n, 'company' || n || '.example', 'Trade', 'NL', 'Delft',
        CASE WHEN n % 3 = 0 THEN n % 900 END, '{{}}',
        'company ' || n, 'live', '', '', now() - n * interval '1 minute', 1 FROM generate_series(1, {companies}) n;
INSERT INTO leadflow_lead (public_id, first_name, last_name, email, phone, job_title, seniority, department, city,
    region, country, language, time_zone, social, preferred_channel, preferred_time, custom, direction,
    buyer_stage, funnel_position, stage, furthest_stage, stage_since, status, disposition, origin, search_text,
    created_at, version, company_id, source_id, owner_id, assigned_at, last_activity_at, next_step_at)
    SELECT 'p' || n, 'First' || n % 5000, surname, 'lead' || n || '@company' || c || '.example', '',
        'Manager', 'manager', '', 'Delft', '', (ARRAY['NL','NL','NL','DE','BE','FR','',''])[1 + n % 8], '', '', '{{}}',
        '', '', '{{}}', 'inbound', '', '', stage, stage, at + age * 0.3, '',
        CASE WHEN n % 50 = 0 THEN 'disqualified' ELSE '' END, 'live',
        'first' || n % 5000 || ' ' || lower(surname) || ' company ' || c, at, 1,
        CASE WHEN n % 10 > 0 THEN company.id END, (SELECT min(id) FROM leadflow_source) + n % 8,
        CASE WHEN n % 11 > 0 THEN o END, CASE WHEN n % 11 > 0 THEN at END,
        CASE WHEN n % 3 = 0 THEN at + age * 0.9 END,
        CASE WHEN n % 7 = 0 THEN now() + (random() - 0.2) * interval '60 days' END
    FROM (
        SELECT n, 1 + floor({companies} * random() ^ 2)::bigint AS c, n * interval '20 seconds' AS age,
            now() - n * interval '20 seconds' AS at,
            (ARRAY['lead','lead','lead','lead','mql','sal','sql','opportunity'])[1 + n % 8] AS stage,
            CASE WHEN n % 4 = 0 THEN 'Common' || (n * 31) % 200 ELSE 'Last' || (n * 7919) % 99991 END AS surname,
            (SELECT min(id) FROM people_user) + floor({owners} * random() ^ 2)::bigint AS o
        FROM generate_series(1::bigint, {leads}) n
    ) made
    JOIN leadflow_company company ON company.name = 'Company ' || made.c;
INSERT INTO leadflow_leadidentity (lead_id, kind, value, value_norm, is_primary, created_at)
    SELECT id, 'email', email, email, true, created_at FROM leadflow_lead;
INSERT INTO leadflow_leadcycle (lead_id, number, started_at, lead_at, reason)
    SELECT id, 1, created_at, created_at, '' FROM leadflow_lead;
INSERT INTO leadflow_leadscore (lead_id, fit, engagement, bant, grade, band, cell, priority, revision, scored_at)
    SELECT id, fit, warmth, 0, grade, band, grade || band, band, 1, created_at
    FROM (
        SELECT id, created_at, 100 * random() AS fit, CASE WHEN id % 3 = 0 THEN 100 * random() ELSE 0 END AS warmth,
            (ARRAY['A','B','B','C','C','C','D','D'])[1 + id % 8] AS grade, 1 + (id / 8) % 4 AS band
        FROM leadflow_lead
    ) rated;
INSERT INTO leadflow_leadtag (lead_id, tag_id, at)
    SELECT id, (SELECT min(id) FROM leadflow_tag) + (id / 10) % 20, created_at FROM leadflow_lead WHERE id % 10 = 0;
"""

# A fifth as many open deals as leads, in the open stages of the pipeline that a new workspace has.
_DEALS = """
INSERT INTO pipeline_deal (name, kind, custom, pipeline_id, stage_id, status, rank, amount, currency, rate, base_amount,
    follows_lines, opened_at, stage_since, expected_close_on, next_step_at, next_step_kind, competitor, origin,
    external_system, external_id, search_text, created_at, version, company_id, lead_id, owner_id)
    SELECT 'Deal ' || n, 'new', '{{}}', stage.pipeline_id, stage.id, 'open', 'm' || lpad(to_hex(n), 7, '0'),
        100 * (n % 500), 'EUR', 1, 100 * (n % 500), false, at, at, CASE WHEN n % 3 > 0 THEN current_date + (n % 90)::int END,
        CASE WHEN n % 4 > 0 THEN now() + (n % 3000 - 500) * interval '20 minutes' END, 'call', '', 'live', '', '',
        'deal ' || n, at, 1, lead.company_id, lead.id, lead.owner_id
    FROM (SELECT n, now() - n * interval '100 seconds' AS at FROM generate_series(1::bigint, {deals}) n) made
    JOIN leadflow_lead lead ON lead.public_id = 'p' || 5 * made.n
    JOIN pipeline_pipelinestage stage ON stage.kind = 'open' AND stage.position = n % 5;
"""


def fill(leads: int) -> None:
    """Leads with identity, cycle, score and tags, companies, owners and deals; statistics are fresh."""
    for number in range(OWNERS):
        User.objects.create_user(f"u{number}@bench.example", name=f"User {number}", role=Role.REP)
    User.objects.create_user("admin@bench.example", name="Admin", role=Role.ADMIN)
    sizes = {
        "leads": leads,
        "companies": max(50, leads // 20),
        "owners": OWNERS,
        "deals": leads // 5,
    }
    with connection.cursor() as cursor:
        # what the statements make fits together; checking it row by row would take longer than making it
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_LEADS.format(**sizes))
        cursor.execute(_DEALS.format(**sizes))
        upkeep.recompute()
        cursor.execute("RESET session_replication_role")
        cursor.execute("VACUUM ANALYZE")
