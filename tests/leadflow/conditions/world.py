"""A small world with one column of each type, so that the evaluators are tested apart from leads."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import leadflow.conditions
from leadflow.conditions.fields import catalogue_of
from leadflow.conditions.language import Catalogue, EventKind, Field, Happening, Type, read_value

VECTORS = Path(leadflow.conditions.__file__).with_name("vectors.json")
SAID = {"page.viewed": "Viewed a page", "mail.opened": "Opened a mail"}


def vectors() -> dict[str, Any]:
    return json.loads(VECTORS.read_text())


def field_from(spec: dict[str, Any], sql: Any = None) -> Field:
    return Field(
        spec["key"],
        spec["key"].capitalize(),
        Type(spec["type"]),
        choices=tuple((key, label) for key, label in spec.get("choices", [])),
        ordered=spec.get("ordered", False),
        sql=sql,
    )


def catalogue_from(
    data: dict[str, Any], sql: dict[str, Any] | None = None, rows: dict[str, Any] | None = None
) -> Catalogue:
    known, tables = sql or {}, rows or {}
    return catalogue_of(
        [field_from(spec, known.get(spec["key"])) for spec in data["fields"]],
        [
            EventKind(
                kind["key"],
                SAID[kind["key"]],
                tuple(field_from(one, known.get(one["key"])) for one in kind["fields"]),
                tables.get(kind["key"]),
            )
            for kind in data["events"]
        ],
    )


def typed(catalogue: Catalogue, record: dict[str, Any]) -> dict[str, Any]:
    return {key: read_value(catalogue.fields[key], raw) for key, raw in record.items()}


def happenings(catalogue: Catalogue, events: list[dict[str, Any]]) -> Any:
    def of(kind: str) -> list[Happening]:
        known = catalogue.events[kind]
        return [
            Happening(
                datetime.fromisoformat(one["at"]),
                {k: read_value(known.field(k), v) for k, v in one.get("data", {}).items()},
            )
            for one in events
            if one["kind"] == kind
        ]

    return of


def cases() -> list[tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]], bool]]:
    """(rule, record, events, expected) of every vector."""
    found = []
    for case in vectors()["cases"]:
        for expected in (True, False):
            for record in case["yes" if expected else "no"]:
                record = dict(record)
                found.append((case["rule"], record, record.pop("events", []), expected))
    return found
