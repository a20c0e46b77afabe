"""Filling a database by set-based SQL: deterministic, skewed as real data is."""

from django.db import connection

from leadflow.people.models import Role, User

OWNERS = 40

_FILL = """
SELECT setseed(0.42);
INSERT INTO leadflow_source (name, channel, direction, is_free, is_archived, created_at)
    SELECT 'Source ' || n, 'other', 'inbound', false, false, now() FROM generate_series(1, 8) n;
INSERT INTO leadflow_company (name, name_norm, domain, industry, country, city, custom, search_text, origin,
    external_system, external_id, created_at, version)
    SELECT 'Company ' || n, 'company ' || n, 'company' || n || '.example', 'Trade', 'NL', 'Delft', '{{}}',
        'company ' || n, 'live', '', '', now(), 1 FROM generate_series(1, {companies}) n;
INSERT INTO leadflow_lead (public_id, first_name, last_name, email, phone, job_title, seniority, department, city,
    region, country, language, time_zone, social, preferred_channel, preferred_time, custom, direction,
    buyer_stage, funnel_position, stage, furthest_stage, stage_since, status, disposition, origin, search_text,
    created_at, version, company_id, source_id, owner_id, assigned_at, last_activity_at)
    SELECT 'p' || n, 'First' || n, 'Last' || (n * 7919) % 99991, 'lead' || n || '@company' || c || '.example', '',
        'Manager', 'manager', '', 'Delft', '', 'NL', '', '', '{{}}', '', '', '{{}}', 'inbound', '', '',
        (ARRAY['lead','lead','lead','lead','mql','sal','sql','opportunity'])[1 + n % 8], 'lead', at, '', '', 'live',
        'first' || n || ' last' || (n * 7919) % 99991 || ' company ' || c, at, 1, c,
        (SELECT min(id) FROM leadflow_source) + n % 8, o, at, CASE WHEN n % 3 = 0 THEN at END
    FROM (
        SELECT n, 1 + floor({companies} * random() ^ 2)::bigint AS c, now() - n * interval '20 seconds' AS at,
            (SELECT min(id) FROM people_user) + floor({owners} * random() ^ 2)::bigint AS o
        FROM generate_series(1, {leads}) n
    ) made
    JOIN leadflow_company company ON company.id = made.c;
INSERT INTO leadflow_leadidentity (lead_id, kind, value, value_norm, is_primary, created_at)
    SELECT id, 'email', email, email, true, created_at FROM leadflow_lead;
INSERT INTO leadflow_leadcycle (lead_id, number, started_at, lead_at, reason)
    SELECT id, 1, created_at, created_at, '' FROM leadflow_lead;
INSERT INTO leadflow_leadscore (lead_id, fit, engagement, bant, grade, band, cell, priority, revision, scored_at)
    SELECT id, 100 * random(), 100 * random(), 0, 'B', 2, 'B2', 2, 1, created_at FROM leadflow_lead;
"""


def fill(leads: int) -> None:
    """Leads with identity, cycle and score, companies and owners; statistics are fresh afterwards."""
    for number in range(OWNERS):
        User.objects.create_user(f"u{number}@bench.example", name=f"User {number}", role=Role.REP)
    User.objects.create_user("admin@bench.example", name="Admin", role=Role.ADMIN)
    companies = max(50, leads // 20)
    with connection.cursor() as cursor:
        cursor.execute(_FILL.format(leads=leads, companies=companies, owners=OWNERS))
        cursor.execute("VACUUM ANALYZE")
