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
WITH submission AS (
    INSERT INTO capture_submission (client_submission_id, state, channel, raw, headers, page_url, utm, answers,
        consent_given, lead_created, proposed, reason, attempts, error, origin, received_at, form_id, version_id)
    VALUES (%(client)s, 'processed', 'api', %(raw)s, '{}', '', '{}', %(raw)s, true, true, '{}', '', 1, '', 'live',
        now(), %(form)s, %(version)s) RETURNING id
), lead AS (
    INSERT INTO leadflow_lead (public_id, first_name, last_name, email, phone, job_title, seniority, department,
        city, region, country, language, time_zone, social, preferred_channel, preferred_time, custom, direction,
        buyer_stage, funnel_position, stage, furthest_stage, stage_since, status, disposition, origin,
        search_text, created_at, version)
    VALUES (%(public)s, 'Ann', 'Bench', %(email)s, '', '', '', '', '', '', '', '', '', '{}', '', '', '{}', 'inbound',
        '', '', 'lead', 'lead', now(), '', '', 'live', %(email)s, now(), 1) RETURNING id
), identity AS (
    INSERT INTO leadflow_leadidentity (lead_id, kind, value, value_norm, is_primary, created_at)
    SELECT id, 'email', %(email)s, %(email)s, true, now() FROM lead
), cycle AS (
    INSERT INTO leadflow_leadcycle (lead_id, number, started_at, lead_at, reason)
    SELECT id, 1, now(), now(), '' FROM lead
), score AS (
    INSERT INTO leadflow_leadscore (lead_id, fit, engagement, bant, grade, band, cell, priority, revision)
    SELECT id, 0, 0, 0, 'D', 4, 'D4', 4, 0 FROM lead
), consent AS (
    INSERT INTO leadflow_consent (lead_id, channel, purpose, state, basis, text, text_version, text_hash, method,
        url, source, at)
    SELECT id, 'email', 'marketing', 'given', 'consent', 'Yes', '1', '', 'form', '', '', now() FROM lead
)
INSERT INTO events_event (kind, lead_id, subject_type, hops, origin, data, occurred_at, recorded_at)
SELECT 'lead.captured', id, '', 0, 'live', '{"created": true}', now(), now() FROM lead
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
                "client": environ["HTTP_IDEMPOTENCY_KEY"] + "-bare",
                "raw": Json(body),
                "form": os.environ["BENCH_FORM"],
                "version": os.environ["BENCH_VERSION"],
                "public": uuid.uuid4().hex[:16],
                "email": body["email"],
            },
        )
    start("200 OK", [("Content-Type", "application/json")])
    return [b'{"ok": true}']
