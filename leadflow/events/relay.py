"""The relay: hands every recorded fact to those who react to it, in order, once.

One at a time (advisory lock). A batch is one transaction: claim, react, stamp. A crash anywhere in
it leaves the batch as it was. Handlers that look at the outcome only (`once_a_batch`) come last.

A batch is tried whole, in one savepoint. Where a handler raises, all of it is taken back and done again
with a savepoint for each handler: the one that raises loses its own only, halving its batch finds the
event that it cannot take, and the others go through.
"""

import logging
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from leadflow.events import registry
from leadflow.events.failures import store
from leadflow.events.log import Causes, causes
from leadflow.events.models import Event
from leadflow.kit import clock, stopping

log = logging.getLogger(__name__)

BATCH = 1_000
MAX_HOPS = 8
LOCK = 0x1EADF10  # any number that nobody else of this database locks


@dataclass
class Report:
    """What a run of the relay did; `busy` when another relay was at work, `more` when time was up."""

    events: int = 0
    batches: int = 0
    failures: int = 0
    busy: bool = False
    more: bool = False


def run(batch: int = BATCH, seconds: float | None = None) -> Report:
    """Dispatch until nothing is pending, another relay works, time is up or a stop was asked for.

    Who finds this one busy goes away at once. What it committed before it came may have missed the last
    look here, so there is one more look after the lock is free: nobody has to wait for nobody.
    """
    report = Report()
    deadline = time.monotonic() + seconds if seconds is not None else None
    while _one_batch(report, batch) or (not report.busy and _is_pending()):
        if stopping.is_asked() or (deadline is not None and time.monotonic() > deadline):
            report.more = True
            break
    return report


def _is_pending() -> bool:
    return Event.objects.filter(dispatched_at=None).exists()


def _one_batch(report: Report, size: int) -> bool:
    """Dispatch up to `size` pending events in one transaction; whether there may be more."""
    with transaction.atomic():
        if not _take_lock():
            report.busy = True
            return False
        events = list(Event.objects.filter(dispatched_at=None).order_by("id")[:size])
        if events:
            report.failures += _react_all(events)
            _stamp(events)
    report.events += len(events)
    report.batches += bool(events)
    return bool(events)


def _take_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _kind_of_group(event: Event) -> Hashable:
    return (event.kind, event.origin)


def _records_of(event: Event) -> list[Hashable]:
    """What an event is about; a merging is about the row that went, too."""
    leads = {event.lead_id, event.data.get("merged")} - {None}
    keys: list[Hashable] = [("lead", pk) for pk in leads]
    return [*keys, (event.subject_type, event.subject_id)] if event.subject_id else keys


def grouped(events: Sequence[Event]) -> Iterator[list[Event]]:
    """Batches of one kind and origin; the facts of one lead, or of one record, are never reordered.

    Facts about different records have no order among themselves, so an event takes the earliest round
    in which everything before it about its records is done: a burst of forms is a few large batches,
    and not one batch for every step of every person.
    """
    rounds: list[dict[Hashable, list[Event]]] = []
    latest: dict[Hashable, tuple[int, Hashable]] = {}  # record -> its last round, and of which kind
    for event in events:
        mine, records = _kind_of_group(event), _records_of(event)
        before = [latest[key] for key in records if key in latest]
        turn = max((number + (kind != mine) for number, kind in before), default=0)
        if turn == len(rounds):
            rounds.append({})
        rounds[turn].setdefault(mine, []).append(event)
        latest.update(dict.fromkeys(records, (turn, mine)))
    for one in rounds:
        yield from one.values()


Call = Callable[[registry.Handler, Sequence[Event]], int]


def _react_all(events: Sequence[Event]) -> int:
    """Let everybody react to a batch, at once or, where that fails, carefully; the number of failures."""
    try:
        with transaction.atomic():
            failed = _hand_out(events, _plainly)
            _check_constraints()
            return failed
    except Exception:
        if _is_cut_off():
            raise
    return _hand_out(events, react)


def _hand_out(events: Sequence[Event], call: Call) -> int:
    failed = sum(_dispatch(group, call) for group in grouped(events))
    return failed + _settle(events, call)


def _dispatch(group: Sequence[Event], call: Call) -> int:
    """Hand a group to each of its handlers; the number of failures."""
    looping = [event for event in group if event.hops > MAX_HOPS]
    for event in looping:
        store(
            event, "", f"loop: {event.hops} events led to this one, each caused by the one before"
        )
    calm = [event for event in group if event.hops <= MAX_HOPS]
    failed = len(looping)
    if calm:
        for handler in registry.handlers_of(calm[0].kind, calm[0].origin):
            if not registry.is_once_a_batch(handler):
                failed += call(handler, calm)
    return failed


def _settle(events: Sequence[Event], call: Call) -> int:
    """Hand all facts of the batch to those who look at the outcome only; the number of failures."""
    told: dict[tuple[registry.Handler, str], list[Event]] = {}
    for event in events:
        if event.hops <= MAX_HOPS:
            for handler in registry.handlers_of(event.kind, event.origin):
                if registry.is_once_a_batch(handler):
                    told.setdefault((handler, event.origin), []).append(event)
    return sum(call(handler, some) for (handler, _origin), some in told.items())


def _plainly(handler: registry.Handler, events: Sequence[Event]) -> int:
    """Call the handler; what it raises is the caller's."""
    token = causes.set(Causes(events))
    try:
        handler(events)
    finally:
        causes.reset(token)
    return 0


def react(handler: registry.Handler, events: Sequence[Event]) -> int:
    """Call the handler; where it raises, halve the batch down to the events that it cannot take."""
    error = _attempt(handler, events)
    if error is None:
        return 0
    if len(events) == 1:
        log.error("%s failed on event %s", registry.name_of(handler), events[0].pk, exc_info=error)
        store(events[0], registry.name_of(handler), f"{type(error).__name__}: {error}")
        return 1
    middle = len(events) // 2
    return react(handler, events[:middle]) + react(handler, events[middle:])


def _attempt(handler: registry.Handler, events: Sequence[Event]) -> Exception | None:
    try:
        with transaction.atomic():
            _plainly(handler, events)
            _check_constraints()
    except Exception as error:  # a handler may raise anything; it fails alone
        if _is_cut_off():
            raise
        return error
    return None


def _is_cut_off() -> bool:
    """Whether the connection is gone, and with it the batch: that is nobody's failure."""
    return connection.connection is None or bool(connection.connection.closed)


def _check_constraints() -> None:
    """Foreign keys are checked at commit; one bad row must not take the whole batch with it."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def _stamp(events: Sequence[Event]) -> None:
    """Mark the events as dispatched and number them in the order in which they may be polled."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE events_event e SET dispatched_at = %s, seq = numbered.seq
            FROM (SELECT id, nextval('events_event_seq_order') AS seq
                  FROM unnest(%s::bigint[]) WITH ORDINALITY AS ids(id, place)
                  ORDER BY place) numbered
            WHERE e.id = numbered.id
            """,
            [clock.now(), [event.pk for event in events]],
        )
