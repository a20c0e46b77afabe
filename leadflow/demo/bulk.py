"""A large workspace fast: the story told once for some hundred people, then multiplied by the database.

Each copy of a row is the row with its keys moved on by a fixed stride, so the constraints and the links
between rows hold as they did in the original; what has to be unique (addresses, domains, public ids) gets
the number of the copy. What happened to a copy happened up to a week earlier, so that no two copies share
their moments; what is still to come stays where it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction
from django.db.backends.utils import CursorWrapper

from capture.models import FormDay, Submission
from distribution.models import Assignment, ResponseClock
from leadflow.demo.bare import bare
from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.handover.models import Handover
from leadflow.history.models import FieldChange
from leadflow.insights import rollups
from leadflow.insights.models import Counted
from leadflow.models import (
    Activity,
    Company,
    Consent,
    Customer,
    Engagement,
    EngagementSum,
    Lead,
    LeadAnswer,
    LeadCycle,
    LeadIdentity,
    LeadScore,
    Note,
    SpendEntry,
    Touchpoint,
)
from leadflow.rulesets.models import Decision
from leadflow.segments import services as segments
from leadflow.segments.models import SegmentMember
from nurturing.models import Enrolment
from pipeline.models import Conversion, Deal
from pipeline.services import upkeep
from qualification.models import BantAnswer

TOLD = 400  # so many people have a story of their own
# parents before children; events come last, they name the others by type and id
COPIED: tuple[type[models.Model], ...] = (
    Company, Lead, LeadIdentity, LeadCycle, LeadScore, EngagementSum, Touchpoint, Engagement, Consent,
    Submission, LeadAnswer, Decision, BantAnswer, SegmentMember, Enrolment, Handover, Assignment,
    ResponseClock, Deal, Conversion, Customer, Activity, Note,
)  # fmt: skip
_ADDRESS = "regexp_replace({col}, '@', '.' || k || '@')"
_REF = "CASE WHEN {col} LIKE 'deal:%%' THEN 'deal:' || substr({col}, 6)::bigint + k * {deal} ELSE {col} END"
_NEW = {
    (Lead, "public_id"): "left(md5({col} || '-' || k), 16)",
    (Lead, "email"): _ADDRESS,
    (LeadIdentity, "value"): _ADDRESS,
    (LeadIdentity, "value_norm"): _ADDRESS,
    (Company, "domain"): "'c' || k || '.' || {col}",
    (Submission, "client_submission_id"): "{col} || '-' || k",
    (Deal, "rank"): "rpad({col}, 6, '0') || lpad(k::text, 7, '0') || '1'",
    (Activity, "subject_ref"): _REF,
    (Note, "subject_ref"): _REF,
    (Customer, "won_by"): _REF,
}
# What lies ahead is not moved back with the rest.
_AHEAD = frozenset({"due_at", "next_step_at", "next_crossing_at", "refreshed_at"})
_EARLIER = "k * 7919 %% 10080 * interval '1 minute'"  # spreads the copies over a week
# A copy has the facts that its page and the numbers read; how its score went up is left out.
_TOLD_KINDS = (
    Kind.LEAD_CAPTURED, Kind.LEAD_ADVANCED, Kind.LEAD_ASSIGNED, Kind.LEAD_DISQUALIFIED,
    Kind.LEAD_RECYCLED, Kind.LEAD_CONVERTED, Kind.SUBMISSION_RECEIVED, Kind.CONSENT_GIVEN,
    Kind.CONSENT_WITHDRAWN, Kind.HANDOVER_ACCEPTED, Kind.HANDOVER_REJECTED, Kind.ACTIVITY_LOGGED,
    Kind.NOTE_ADDED, Kind.DEAL_OPENED, Kind.DEAL_MOVED, Kind.DEAL_WON, Kind.DEAL_LOST,
    Kind.CUSTOMER_WON,
)  # fmt: skip
_CHUNK = 250  # copies a statement: a bounded memory, and a place to stop


@dataclass(frozen=True)
class _Table:
    """A table to copy, and how far the keys of a copy move on."""

    model: type[models.Model]
    stride: int

    @property
    def name(self) -> str:
        return connection.ops.quote_name(self.model._meta.db_table)


@transaction.atomic
def multiply(wanted: int) -> int:
    """Copy the told people until about `wanted` leads are there; how many are there then."""
    told = Lead.objects.count()
    copies = max(0, -(-wanted // told) - 1) if told else 0
    tables = {model: _Table(model, _highest(model)) for model in COPIED}
    every: list[type[models.Model]] = [*COPIED, Event]
    with (
        bare([connection.ops.quote_name(m._meta.db_table) for m in every]),
        connection.cursor() as cursor,
    ):
        for first in range(1, copies + 1, _CHUNK):
            last = min(first + _CHUNK - 1, copies)
            for table in tables.values():
                cursor.execute(_copy(table, tables), [first, last])
            cursor.execute(*_events(tables, first, last))
        for model in every:
            _move_sequence(cursor, model)
    _add_up(copies + 1)
    return Lead.objects.count()


def _add_up(times: int) -> None:
    """What is counted or paid for many: totals of the board, members, visits to forms, spend."""
    upkeep.recompute()
    segments.recount()
    FormDay.objects.update(views=models.F("views") * times, starts=models.F("starts") * times)
    SpendEntry.objects.filter(is_demo=True).update(amount=models.F("amount") * times)
    with bare([Counted._meta.db_table]), connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {FieldChange._meta.db_table}")  # it is read for every lead
        rollups.rebuild()


def _highest(model: type[models.Model]) -> int:
    return int(model._default_manager.aggregate(top=models.Max("pk"))["top"] or 0)


def _copy(table: _Table, tables: Mapping[type[models.Model], _Table]) -> str:
    """INSERT … SELECT over the originals (keys up to the stride) and the numbers of the copies."""
    columns, values = [], []
    for field in table.model._meta.concrete_fields:
        column = connection.ops.quote_name(str(field.column))
        columns.append(column)
        values.append(_value(table, field, f"t.{column}", tables))
    key = connection.ops.quote_name(str(_pk(table.model).column))
    return (
        f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT {', '.join(values)}"  # noqa: S608
        f" FROM {table.name} t, generate_series(%s::int, %s::int) k WHERE t.{key} <= {table.stride}"
    )


def _pk(model: type[models.Model]) -> "models.Field[object, object]":
    field = model._meta.pk
    if field is None:
        raise TypeError(model)
    return field


def _value(
    table: _Table,
    field: "models.Field[object, object]",
    column: str,
    tables: Mapping[type[models.Model], _Table],
) -> str:
    if new := _NEW.get((table.model, field.name)):
        return new.format(col=column, deal=tables[Deal].stride)
    target = field.related_model
    if isinstance(target, type) and target in tables:
        return f"{column} + k * {tables[target].stride}"
    if isinstance(field, models.DateTimeField) and field.name not in _AHEAD:
        return f"{column} - {_EARLIER}"
    return f"{column} + k * {table.stride}" if field.primary_key else column


def _events(
    tables: Mapping[type[models.Model], _Table], first: int, last: int
) -> tuple[str, list[Any]]:
    """The history of the copies: past, and reacted to already, so nothing starts by it."""
    subject = " ".join(
        f"WHEN '{model._meta.label_lower}' THEN e.subject_id + k * {table.stride}"
        for model, table in tables.items()
    )
    named = ", ".join(f"'{model._meta.label_lower}'" for model in tables)
    return (
        (
            "INSERT INTO events_event (kind, lead_id, subject_type, subject_id, actor_id, hops, origin,"  # noqa: S608
            " data, occurred_at, recorded_at, dispatched_at)"
            f" SELECT e.kind, e.lead_id + k * {tables[Lead].stride}, e.subject_type,"
            f" CASE e.subject_type {subject} ELSE e.subject_id END, e.actor_id, e.hops, e.origin,"
            f" e.data, e.occurred_at - {_EARLIER}, e.recorded_at, e.recorded_at"
            f" FROM events_event e, generate_series(%s::int, %s::int) k WHERE e.lead_id <= {tables[Lead].stride}"
            f" AND e.kind = ANY(%s) AND (e.subject_id IS NULL OR e.subject_type IN ({named}))"
        ),
        [first, last, [kind.value for kind in _TOLD_KINDS]],
    )


def _move_sequence(cursor: CursorWrapper, model: type[models.Model]) -> None:
    column = _pk(model).column
    cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [model._meta.db_table, column])
    name = cursor.fetchone()[0]
    if name:
        cursor.execute("SELECT setval(%s, %s)", [name, max(_highest(model), 1)])
