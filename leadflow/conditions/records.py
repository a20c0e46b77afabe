"""Reads records for the Python evaluator: what `matches` is asked about, in few queries.

A field's value comes from the same expression that SQL compares, so the two evaluators see one value.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any

from django.db.models import Model, QuerySet

from leadflow.conditions.grammar import Count, EventKind, Field, Group, Node, Test
from leadflow.conditions.matching import Happening, nothing_happened, read_value
from leadflow.conditions.sql import Json, Many, expression, model_of


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one record: its fields, and what was done by kind."""

    pk: int
    values: Mapping[str, Any]
    done: Mapping[str, Sequence[Happening]]

    def events(self, kind: str) -> Iterable[Happening]:
        """The shape that `matches` asks for."""
        return self.done.get(kind) or nothing_happened(kind)


def asked(rules: Iterable[Group]) -> tuple[list[Field], list[EventKind]]:
    """The fields and the kinds of event that rules look at."""
    fields: dict[str, Field] = {}
    kinds: dict[str, EventKind] = {}
    for node in _conditions(rules):
        if isinstance(node, Count):
            kinds[node.kind.key] = node.kind
        else:
            fields[node.field.key] = node.field
    return list(fields.values()), list(kinds.values())


def _conditions(nodes: Iterable[Node]) -> Iterator[Test | Count]:
    for node in nodes:
        if isinstance(node, Group):
            yield from _conditions(node.items)
        else:
            yield node


def load(
    rows: QuerySet[Any], rules: Iterable[Group], *, at: datetime, lead: str = "pk"
) -> dict[int, Known]:
    """Everything that the rules look at, for each row, by primary key.

    One query for the columns, one per list field, one per kind of event. Read a large table in
    slices: all of it stands in memory.
    """
    fields, kinds = asked(rules)
    single = [one for one in fields if not isinstance(one.sql, Many)]
    values, leads = _columns(rows, single, lead)
    for one in fields:
        if isinstance(one.sql, Many):
            _fill_list(values, one)
    done = {kind.key: _happenings(kind, set(leads.values()), at) for kind in kinds}
    return {
        pk: Known(pk, values[pk], {kind: by.get(leads[pk], []) for kind, by in done.items()})
        for pk in values
    }


def _columns(
    rows: QuerySet[Any], fields: list[Field], lead: str
) -> tuple[dict[int, dict[str, Any]], dict[int, Any]]:
    names = [f"asked_{number}" for number in range(len(fields))]
    columns = {name: expression(one) for name, one in zip(names, fields, strict=True)}
    values: dict[int, dict[str, Any]] = {}
    leads: dict[int, Any] = {}
    for pk, person, *found in rows.order_by().values_list("pk", lead, *columns.values()):
        values[pk] = {one.key: value for one, value in zip(fields, found, strict=True)}
        leads[pk] = person
    return values, leads


def _fill_list(values: dict[int, dict[str, Any]], of: Field) -> None:
    for record in values.values():
        record[of.key] = []
    rows = model_of(of.sql).filter(**of.sql.where, **{f"{of.sql.link}__in": values})
    for pk, value in rows.values_list(of.sql.link, of.sql.value):
        values[pk][of.key].append(value)


def _happenings(kind: EventKind, leads: set[Any], at: datetime) -> dict[Any, list[Happening]]:
    source = kind.sql
    rows = model_of(source).filter(
        **source.where, **{f"{source.link}__in": leads, f"{source.at}__lte": at}
    )
    keys = [one.key for one in kind.fields]
    columns = (expression(one) for one in kind.fields)
    found: dict[Any, list[Happening]] = {}
    for lead, when, *data in rows.values_list(source.link, source.at, *columns):
        happening = Happening(when, dict(zip(keys, data, strict=True)))
        found.setdefault(lead, []).append(happening)
    return found


def read(one: Model, fields: Iterable[Field]) -> dict[str, Any]:
    """The fields of one object in memory, such as a lead as it was.

    Columns and custom values come from the object, whatever stands elsewhere from the database.
    """
    return {field.key: _read(one, field) for field in fields}


def _read(one: Model, of: Field) -> Any:
    if of.python is not None:
        return of.python(one)
    match of.sql:
        case Json(path, key):
            return read_value(of, (_follow(one, path) or {}).get(key))
        case Many():
            rows = model_of(of.sql).filter(**of.sql.where, **{of.sql.link: one.pk})
            return list(rows.values_list(of.sql.value, flat=True))
        case str():
            return _follow(one, of.sql)
    stored = type(one)._default_manager.filter(pk=one.pk)
    return stored.values_list(expression(of), flat=True).first()


def _follow(one: Any, path: str) -> Any:
    return reduce(lambda found, name: getattr(found, name, None), path.split("__"), one)
