"""The limit of a form post: no framework, one connection a thread, the same durable rows, one commit."""

import json
import os
import threading
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import psycopg2
from psycopg2.extras import Json

_local = threading.local()
_SUBMISSION = """
WITH known AS (
    SELECT lead_id AS id FROM leadflow_leadidentity WHERE kind = 'email' AND value_norm = %(email)s
), lead AS (
    INSERT INTO leadflow_lead (public_id, first_name, last_name, email, phone, job_title, seniority, department,
        city, region, country, language, time_zone, social, preferred_channel, preferred_time, custom, direction,
        buyer_stage, funnel_position, stage, furthest_stage, stage_since, status, disposition, origin,
        search_text, created_at, version, company_id)
    SELECT %(public)s, 'Ann', 'Bench', %(email)s, '', '', '', '', '', '', '', '', '', '{}', '', '', '{}', 'inbound',
        '', '', 'lead', 'lead', now(), '', '', 'live', %(email)s, now(), 1,
        (SELECT id FROM leadflow_company WHERE domain = %(domain)s)
    WHERE NOT EXISTS (SELECT FROM known) RETURNING id
), identity AS (
    INSERT INTO leadflow_leadidentity (lead_id, kind, value, value_norm, is_primary, created_at)
    SELECT id, 'email', %(email)s, %(email)s, true, now() FROM lead
), cycle AS (
    INSERT INTO leadflow_leadcycle (lead_id, number, started_at, lead_at, reason)
    SELECT id, 1, now(), now(), '' FROM lead
), score AS (
    INSERT INTO leadflow_leadscore (lead_id, fit, engagement, bant, grade, band, cell, priority, revision)
    SELECT id, 0, 0, 0, 'D', 4, 'D4', 4, 0 FROM lead
), who AS (
    SELECT id FROM known UNION ALL SELECT id FROM lead
), submission AS (
    INSERT INTO capture_submission (client_submission_id, state, channel, raw, headers, page_url, utm, answers,
        consent_given, lead_created, proposed, reason, attempts, error, origin, received_at, processed_at, form_id,
        version_id, lead_id)
    SELECT %(client)s, 'processed', 'api', %(raw)s, '{}', '', '{}', %(raw)s, true, true, '{}', '', 0, '', 'live',
        now(), now(), %(form)s, %(version)s, id FROM who RETURNING id, lead_id
), answer AS (
    INSERT INTO leadflow_leadanswer (lead_id, key, label, value, source_type, source_id, answered_at)
    SELECT lead_id, 'message', 'Message', %(message)s, 'submission', id, now() FROM submission
), consent AS (
    INSERT INTO leadflow_consent (lead_id, channel, purpose, state, basis, text, text_version, text_hash, method,
        url, source, at)
    SELECT id, 'email', 'marketing', 'given', 'consent', 'Yes', '1', '', 'form', '', '', now() FROM who
), touch AS (
    INSERT INTO leadflow_touchpoint (lead_id, channel, utm, referrer, landing, label, occurred_at, origin)
    SELECT id, 'direct', '{}', '', '', 'Bench', now(), 'live' FROM who
), engagement AS (
    INSERT INTO leadflow_engagement (lead_id, kind, topic, label, actor_class, source_type, source_id, occurred_at,
        recorded_at, origin)
    SELECT lead_id, 'form.submitted', '', 'Bench', 'human', 'submission', id::text, now(), now(), 'live'
    FROM submission
)
INSERT INTO events_event (kind, lead_id, subject_type, hops, origin, data, occurred_at, recorded_at)
SELECT kind, who.id, '', 0, 'live', '{"created": true}', now(), now()
FROM who, unnest(ARRAY['lead.captured', 'engagement.recorded', 'consent.given', 'submission.received']) kind
"""


def application(
    environ: dict[str, Any], start: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    """Take one post."""
    body = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    if not hasattr(_local, "connection"):
        _local.connection = psycopg2.connect(os.environ["DATABASE_URL"])
    with _local.connection, _local.connection.cursor() as cursor:
        cursor.execute(
            _SUBMISSION,
            {
                "client": environ["HTTP_IDEMPOTENCY_KEY"],
                "raw": Json(body),
                "message": Json(body["message"]),
                "form": os.environ["BENCH_FORM"],
                "version": os.environ["BENCH_VERSION"],
                "public": uuid.uuid4().hex[:16],
                "email": body["email"],
                "domain": body["email"].partition("@")[2],
            },
        )
    answer = b'{"ok": true}'
    start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]
