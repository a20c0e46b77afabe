"""Recording facts: `record` and `record_many`, inside the transaction that makes them true."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction

from leadflow.events import fitting
from leadflow.events.bell import bell
from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.models.choices import Origin
from leadflow.models.copying import copy_in
from leadflow.models.together import Together, insert_from
from leadflow.people.models import User

MANY = 50  # facts from which on COPY pays


class NoTransaction(RuntimeError):
    """An event was recorded outside a transaction: it could survive a change that did not."""


class Causes:
    """The events that a handler is working on; what it records follows from them."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.first = events[0]
        self.by_lead = {event.lead_id: event for event in events}

    def of(self, lead_id: int | None) -> Event:
        """The event that led to a new fact about this lead: its own, else the first of the batch."""
        return self.by_lead.get(lead_id, self.first)


causes: ContextVar[Causes | None] = ContextVar("causes", default=None)


def require_transaction() -> None:
    """Raise unless a transaction is open."""
    if not connection.in_atomic_block:
        raise NoTransaction("Record an event in the transaction of the change that it reports.")


def record(
    kind: Kind | str,
    *,
    lead_id: int | None = None,
    by: User | None = None,
    subject: models.Model | None = None,
    data: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    origin: str | None = None,
    together: Together | None = None,
) -> Event:
    """Record one fact. `by` is empty for the system; `origin` follows the cause where not given.

    With `together` it is written with the rows that make it true.
    """
    fitting.check(Kind.of(kind).payload, data or {})
    event = _make(Kind.of(kind), lead_id, by, subject, data or {}, at, origin)
    require_transaction()
    if together is None:
        event.save(force_insert=True)
    else:
        together.add([event])
    wake_on_commit()
    return event


def inserting(
    kind: Kind | str,
    *,
    source: str,
    lead_id: int | None = None,
    by: User | None = None,
    subject: models.Model | None = None,
    data: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    origin: str | None = None,
) -> tuple[str, list[Any]]:
    """The INSERT of one fact for each row of `source`, a part of the statement that makes it true.

    Whoever runs the statement calls `wake_on_commit` behind it.
    """
    fitting.check(Kind.of(kind).payload, data or {})
    event = _make(Kind.of(kind), lead_id, by, subject, data or {}, at, origin)
    return insert_from(event, source)


def record_many(
    kind: Kind | str,
    lead_ids: Sequence[int | None],
    *,
    by: User | Sequence[User | None] | None = None,
    subjects: Sequence[models.Model] | None = None,
    data: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    at: datetime | Sequence[datetime] | None = None,
    origin: str | None = None,
    together: Together | None = None,
) -> list[Event]:
    """Record one fact per lead; `data`, `at` and `by` are one for all or one for each."""
    require_transaction()
    count = len(lead_ids)
    is_one = data is None or isinstance(data, Mapping)
    each: Sequence[Mapping[str, Any]] = [data or {}] * count if is_one else data  # type: ignore[assignment, list-item]
    for datum in each[:1] if is_one else each:
        fitting.check(Kind.of(kind).payload, datum)
    moments = at if isinstance(at, Sequence) else [at] * count
    about: Sequence[models.Model | None] = subjects or [None] * count
    actors = by if isinstance(by, Sequence) else [by] * count
    events = [
        _make(Kind.of(kind), lead_id, actor, subject, datum, moment, origin)
        for lead_id, actor, subject, datum, moment in zip(
            lead_ids, actors, about, each, moments, strict=True
        )
    ]
    if together is not None:
        together.add(events)
    elif events:
        _insert(events)
    if events:
        wake_on_commit()
    return events


def _insert(events: Sequence[Event]) -> None:
    if len(events) < MANY:
        Event.objects.bulk_create(events)
    else:
        copy_in(events)


def _make(
    kind: Kind,
    lead_id: int | None,
    by: User | None,
    subject: models.Model | None,
    data: Mapping[str, Any],
    at: datetime | None,
    origin: str | None,
) -> Event:
    batch = causes.get()
    cause = batch.of(lead_id) if batch else None
    now = clock.now()
    return Event(
        kind=kind.value,
        lead_id=lead_id,
        actor_id=by.pk if by else None,
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        cause_id=cause.pk if cause else None,
        hops=cause.hops + 1 if cause else 0,
        origin=origin or (cause.origin if cause else Origin.LIVE),
        data=dict(data),
        occurred_at=at or now,
        recorded_at=now,
    )


def wake_relay() -> None:
    """Tell the relay that there is something to read; a lost message costs one sweep."""
    bell.ring()


def wake_on_commit() -> None:
    """Once per transaction. A wake registered in a savepoint falls with the savepoint's events."""
    if not any(entry[1] is wake_relay for entry in connection.run_on_commit):
        transaction.on_commit(wake_relay, robust=True)
