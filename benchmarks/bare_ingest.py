"""The limit of a beacon: no framework, one connection a thread, the same durable rows, one commit."""

import json
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

import psycopg2

_local = threading.local()
_BEACON = """
WITH who AS (
    INSERT INTO capture_visitor (key, is_anonymous, is_shared, first_seen_at, last_seen_at)
    VALUES (%(who)s, false, false, now(), now())
    ON CONFLICT (key) DO UPDATE SET last_seen_at = EXCLUDED.last_seen_at RETURNING id
), visit AS (
    INSERT INTO capture_visit (visitor_id, key, started_at, last_seen_at, site, landing, referrer, utm, source,
        device, origin)
    SELECT id, %(visit)s, now(), now(), 'shop.example', '', '', '{}', '', 'desktop', 'live' FROM who
    ON CONFLICT (visitor_id, key) DO UPDATE SET last_seen_at = EXCLUDED.last_seen_at RETURNING id
)
INSERT INTO capture_behaviour (visit_id, act_id, kind, label, topic, page, data, occurred_at)
SELECT visit.id, %(act)s, 'page.viewed', 'Prices', 'pricing', 'https://shop.example/pricing/', '{}', now() FROM visit
"""


def application(
    environ: dict[str, Any], start: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    """Take one beacon with one act."""
    told = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    if not hasattr(_local, "connection"):
        _local.connection = psycopg2.connect(os.environ["DATABASE_URL"])
    with _local.connection, _local.connection.cursor() as cursor:
        act = told["acts"][0]["i"]
        cursor.execute(_BEACON, {"who": told["who"], "visit": told["visit"], "act": act})
    start("204 No Content", [])
    return []
