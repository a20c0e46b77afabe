"""The limit of an opened mail and of a hook's call: no framework, the same durable rows, one commit."""

import hashlib
import hmac
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

import psycopg2

from leadflow.kit import tokens

SECRET = "a-secret-of-the-benchmark"
PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
_local = threading.local()
_OPEN = """
WITH mail AS (
    SELECT id, lead_id, subject FROM mail_delivery WHERE public_id = %(mail)s
), hit AS (
    INSERT INTO mail_hit (delivery_id, kind, link_id, at, method, agent, network, verdict, why)
    SELECT id, 'open', NULL, now(), 'GET', %(agent)s, '127.0.0.0', 'human', '' FROM mail
), kept AS (
    INSERT INTO leadflow_engagement (lead_id, kind, topic, label, actor_class, source_type, source_id, provider,
        occurred_at, recorded_at, origin)
    SELECT lead_id, 'mail.opened', left(subject, 80), subject, 'human', 'delivery', id::text, '', now(), now(), 'live'
    FROM mail ON CONFLICT DO NOTHING RETURNING lead_id, label
)
INSERT INTO events_event (kind, lead_id, subject_type, hops, origin, data, occurred_at, recorded_at)
SELECT 'engagement.recorded', lead_id, '', 0, 'live', jsonb_build_object('kind', 'mail.opened', 'label', label), now(),
    now() FROM kept
"""
_CALL = """
WITH hook AS (
    UPDATE integrations_inboundhook SET received = received + 1, last_received_at = now() WHERE code = %(code)s
    RETURNING id, name
), kept AS (
    INSERT INTO integrations_hookcall (hook_id, provider_id, received_at, headers, body, origin, state, reason, made,
        lead_ids, company_ids)
    SELECT id, %(key)s, now(), '{}', %(body)s, 'api', 'waiting', '', '[]', '{}', '{}' FROM hook
    ON CONFLICT DO NOTHING RETURNING id, hook_id
)
INSERT INTO events_event (kind, subject_type, subject_id, hops, origin, data, occurred_at, recorded_at)
SELECT 'hook.received', 'integrations.hookcall', kept.id, 0, 'api',
    jsonb_build_object('call', kept.id, 'hook', hook.id, 'name', hook.name), now(), now()
FROM kept JOIN hook ON hook.id = kept.hook_id
"""


def application(
    environ: dict[str, Any], start: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    """`/t/o/TOKEN` is an opened mail, `/in/CODE/` a signed call."""
    parts = environ["PATH_INFO"].strip("/").split("/")
    if parts[0] == "t":
        answer = _opened(parts[2], environ.get("HTTP_USER_AGENT", ""))
    else:
        size = int(environ["CONTENT_LENGTH"])
        answer = _called(parts[1], environ["wsgi.input"].read(size), environ["HTTP_X_SIGNATURE"])
    start("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]


def _opened(token: str, agent: str) -> bytes:
    mail = tokens.read(os.environ["SECRET_KEY"], "open.v1", token)
    _write(_OPEN, {"mail": mail, "agent": agent[:200]})
    return PIXEL


def _called(code: str, body: bytes, signature: str) -> bytes:
    good = "sha256=" + hmac.digest(SECRET.encode(), body, hashlib.sha256).hex()
    if not hmac.compare_digest(signature, good):
        raise ValueError("not signed")
    _write(_CALL, {"code": code, "key": hashlib.sha256(body).hexdigest(), "body": body.decode()})
    return b"{}"


def _write(sql: str, values: dict[str, Any]) -> None:
    if not hasattr(_local, "connection"):
        _local.connection = psycopg2.connect(os.environ["DATABASE_URL"])
    with _local.connection, _local.connection.cursor() as cursor:
        cursor.execute(sql, values)
