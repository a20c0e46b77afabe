"""The sending protocol as SQL: claim, begin, finish, expire. Nothing else moves a delivery.

Each function is one short transaction on the database's own clock. A claim is a lease with a fencing
token; `begin` is committed after the server said 354 and before the first byte of the message, so that
whatever fails before it is a clean retry and whatever is lost after it is listed, never repeated.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from leadflow.mail import facts
from leadflow.mail.models import AT_LEAST_ONCE, Delivery
from leadflow.services import addresses

LEASE = timedelta(minutes=2)
BACKOFF = (60, 300, 900, 3_600, 14_400, 43_200)  # seconds after the first, second … deferral
BREAKER = (10, 30, 60, 300)  # seconds that a transport rests after its first, second … failure
STALE_AFTER = timedelta(hours=24)
WRITTEN_OFF_AFTER = timedelta(hours=72)
MAX_TRIES = 3
MAX_ERRORS = 3

# A message may not begin: the address is suppressed for all mail, or for this purpose. The function
# `mail_begin` of the migrations asks the same.
_SUPPRESSED = """EXISTS (
    SELECT 1 FROM leadflow_suppression s WHERE s.email_hash = d.to_hash AND s.lifted_at IS NULL
    AND d.kind <> 'essential'
    AND (s.purpose = '' OR (d.kind = 'marketing' AND s.purpose = d.purpose)))"""

# `mail_begin` would have to wait, or the address has no row yet
_NOT_NOW = 0

# What may be claimed while ways out are closed; demo mail stays here and needs none.
_PASSABLE = (
    "AND (d.origin = 'demo' OR (((d.via <> '' AND d.via <> ALL(%s)) OR (d.via = '' AND d.kind <> ALL(%s)))"
    " AND split_part(d.to_norm, '@', 2) <> ALL(%s)))"
)

# Marketing of a sender that is paused waits where it is.
_PAUSED = """(d.kind = 'marketing' AND d.origin <> 'demo' AND EXISTS (
    SELECT 1 FROM mail_senderguard g WHERE g.from_address = d.from_address AND g.paused_at IS NOT NULL))"""

# What somebody paused waits too: its campaign, or all whose keys begin so.
BY_HOLD = "h.name IN (d.headers ->> 'X-Campaign', split_part(d.key, ':', 1) || ':' || split_part(d.key, ':', 2))"
_HELD = f"EXISTS (SELECT 1 FROM mail_mailhold h WHERE {BY_HOLD})"  # noqa: S608


@dataclass(frozen=True)
class Answer:
    """What the next server said, or how the connection ended."""

    code: int | None
    text: str
    about_receiver: bool = False  # said of the receiver's address, not of us or of the message

    @property
    def stored(self) -> tuple[int | None, str]:
        """As it fits the ledger."""
        return self.code, self.text.replace("\x00", "")[:500]


@dataclass(frozen=True)
class Accepted:
    """A message that its server accepted, before the ledger knows."""

    delivery: Delivery
    no: int
    answer: Answer


@dataclass(frozen=True)
class Closed:
    """What nobody claims now: mail that goes by these ways out, mail of these kinds, which goes by one
    of them where it names no way of its own, and mail to these domains."""

    ways: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()

    @property
    def lists(self) -> list[list[str]]:
        """As the query asks for them."""
        return [list(self.ways), list(self.kinds), list(self.domains)]


_ALL_OPEN = Closed()
# (id, kind, via, origin, receiving domain) of what is due -> the ids that may be claimed
Fit = Callable[[list[tuple[Any, ...]]], list[int]]


def fetch(sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def execute(sql: str, params: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def promote() -> int:
    """Planned messages whose time has come wait to be sent; stale marketing waits for a person."""
    execute(
        "UPDATE mail_delivery SET held_at = statement_timestamp() WHERE state = 'planned' AND held_at IS NULL"
        " AND released_at IS NULL AND kind = 'marketing' AND origin <> 'demo'"
        " AND not_before < statement_timestamp() - %s",
        [STALE_AFTER],
    )
    return execute(
        "UPDATE mail_delivery SET state = 'queued' WHERE state = 'planned' AND not_before <= statement_timestamp()"
        " AND held_at IS NULL",
        [],
    )


def expire() -> int:
    """Take back what a dead process held: unbegun rows wait again, begun ones are uncertain."""
    freed = execute(
        "UPDATE mail_delivery SET state = 'queued', token = NULL, lease_until = NULL"
        " WHERE state = 'claimed' AND lease_until <= statement_timestamp()",
        [],
    )
    lost = fetch(
        "UPDATE mail_delivery SET state = 'uncertain', reason = 'The answer was lost'"
        " WHERE state = 'sending' AND lease_until <= statement_timestamp() RETURNING id",
        [],
    )
    _repeat_essential()
    _write_off()
    return freed + len(lost)


def _repeat_essential() -> int:
    """Essential mail is repeated with the same Message-ID; a second copy beats a lost reset link."""
    return execute(
        "UPDATE mail_delivery SET state = 'queued', token = NULL, lease_until = NULL,"
        " not_before = statement_timestamp() WHERE state = 'uncertain' AND kind = ANY(%s) AND tries < %s"
        " AND cancelled_at IS NULL AND to_norm <> ''"
        " AND (lease_until IS NULL OR lease_until <= statement_timestamp())",
        [list(AT_LEAST_ONCE), MAX_TRIES],
    )


def _write_off() -> int:
    return execute(
        "UPDATE mail_delivery SET state = 'failed', reason = 'Uncertain for 72 hours: not counted',"
        " settled_at = statement_timestamp() WHERE state = 'uncertain' AND began_at < statement_timestamp() - %s",
        [WRITTEN_OFF_AFTER],
    )


def claim(
    *,
    limit: int = 20,
    lease: timedelta = LEASE,
    closed: Closed = _ALL_OPEN,
    fit: Fit | None = None,
) -> list[Delivery]:
    """Lease up to `limit` due messages to this process; suppressed ones are settled on the way.

    What people wait for, such as a link to sign in, comes before marketing, however much of that is due.
    Those whose way out is `closed` (its circuit breaker is open) are left alone, so is marketing of a
    sender that is paused; `fit` chooses among what is found. Empty only when nothing is due.
    """
    while True:
        token = uuid.uuid4()
        ids = _lease(token, limit, lease, closed, fit)
        if len(ids) > skip_stopped(ids, token) + set_aside(ids, token):
            mine = Delivery.objects.filter(token=token, state=Delivery.State.CLAIMED)
            return sorted(mine.prefetch_related("by"), key=_turn)
        if not ids:
            return []


def _turn(delivery: Delivery) -> tuple[bool, datetime, int]:
    return delivery.kind == Delivery.Kind.MARKETING, delivery.not_before, delivery.pk


@transaction.atomic
def _lease(
    token: uuid.UUID, limit: int, lease: timedelta, closed: Closed, fit: Fit | None
) -> list[int]:
    passable = "" if closed == _ALL_OPEN else _PASSABLE
    found = fetch(
        "SELECT d.id, d.kind, d.via, d.origin, split_part(d.to_norm, '@', 2) FROM mail_delivery d"  # noqa: S608
        f" WHERE d.state = 'queued' AND d.not_before <= statement_timestamp() AND NOT {_PAUSED} {passable}"
        " ORDER BY (d.kind = 'marketing'), d.not_before, d.id LIMIT %s FOR UPDATE OF d SKIP LOCKED",
        [*([] if closed == _ALL_OPEN else closed.lists), limit],
    )
    ids = [int(row[0]) for row in found] if fit is None else fit(found)
    if ids:
        execute(
            "UPDATE mail_delivery SET state = 'claimed', token = %s,"
            " lease_until = statement_timestamp() + %s WHERE id = ANY(%s)",
            [token, lease, ids],
        )
    return ids


def skip_stopped(ids: list[int], token: uuid.UUID) -> int:
    """Claimed messages that may not go are settled before any connection is made for them: their receiver
    is suppressed, or they were cancelled while nobody knew whether they had left."""
    return execute(
        "UPDATE mail_delivery d SET state = 'skipped', settled_at = statement_timestamp(), token = NULL,"  # noqa: S608
        " reason = CASE WHEN cancelled_at IS NULL THEN 'The address is suppressed' ELSE reason END"
        " WHERE id = ANY(%s) AND token = %s AND state = 'claimed'"
        f" AND (cancelled_at IS NOT NULL OR {_SUPPRESSED})",
        [ids, token],
    )


def set_aside(ids: list[int], token: uuid.UUID | None) -> int:
    """Claimed messages of what somebody paused wait for the end of that, out of the sender's way."""
    return execute(
        "UPDATE mail_delivery d SET state = 'planned', held_at = statement_timestamp(), held_for = h.name,"  # noqa: S608
        " reason = h.reason, token = NULL, lease_until = NULL FROM mail_mailhold h"
        f" WHERE d.id = ANY(%s) AND d.token = %s AND d.state = 'claimed' AND {BY_HOLD}",
        [ids, token],
    )


def release(token: uuid.UUID | None, ids: Sequence[int] | None = None) -> int:
    """Give unbegun rows back at once, all of them or these: the process stops, or their way is closed."""
    some, given = ("", []) if ids is None else (" AND id = ANY(%s)", [list(ids)])
    return execute(
        "UPDATE mail_delivery SET state = 'queued', token = NULL, lease_until = NULL"  # noqa: S608
        f" WHERE token = %s AND state = 'claimed'{some}",
        [token, *given],
    )


def renew(token: uuid.UUID | None, lease: timedelta = LEASE) -> int:
    """Keep the unbegun rest of a batch while its neighbours are being sent slowly."""
    return execute(
        "UPDATE mail_delivery SET lease_until = statement_timestamp() + %s WHERE token = %s AND state = 'claimed'"
        " AND lease_until > statement_timestamp()",
        [lease, token],
    )


def begin(delivery: Delivery, *, transport: str, lease: timedelta = LEASE) -> int | None:
    """Commit to sending now: the attempt's number, or None when this process is fenced off.

    `mail_begin` holds the address row FOR SHARE, which waits for an opt-out under way; the suppression
    is then read by a statement that begins after it.
    """
    sql, params = _beginning(delivery, transport, lease, waits=True)
    no = fetch(sql, params)[0][0]
    if no == _NOT_NOW:
        addresses.ensure([delivery.to_norm])
        no = fetch(sql, params)[0][0]
    return _begun(delivery, no)


def pass_on(
    accepted: Accepted, following: Delivery, *, transport: str, lease: timedelta = LEASE
) -> int | None:
    """`finish` one message and `begin` the next in one commit; returns what `begin` returns.

    Of the two never more than one is being sent. Nothing waits with the first for the second: where the
    second cannot be had at once, the first is committed and the second begins by itself.
    """
    first, of_first = _finishing(accepted)
    second, of_second = _beginning(following, transport, lease, waits=False)
    no = fetch(f"{first}; {second}", [*of_first, *of_second])[0][0]
    facts.wake(accepted.delivery)
    if no == _NOT_NOW:
        return begin(following, transport=transport, lease=lease)
    return _begun(following, no)


def _beginning(
    delivery: Delivery, transport: str, lease: timedelta, *, waits: bool
) -> tuple[str, list[Any]]:
    """What asks the database for `begin`: the number, nothing where it is fenced off, or _NOT_NOW."""
    return "SELECT mail_begin(%s, %s, %s, %s, %s, %s, %s)", [
        delivery.pk, delivery.token, delivery.to_norm, transport, delivery.message_id, lease, waits,
    ]  # fmt: skip


def _begun(delivery: Delivery, no: int | None) -> int | None:
    if no:
        return no
    _skip_if_stopped(delivery)
    set_aside([delivery.pk], delivery.token)
    return None


def _skip_if_stopped(delivery: Delivery) -> None:
    execute(
        "UPDATE mail_delivery d SET state = 'skipped', settled_at = statement_timestamp(), token = NULL,"  # noqa: S608
        " reason = CASE WHEN cancelled_at IS NULL THEN 'The address is suppressed' ELSE reason END"
        " WHERE id = %s AND token = %s AND state = 'claimed'"
        f" AND (cancelled_at IS NOT NULL OR {_SUPPRESSED})",
        [delivery.pk, delivery.token],
    )
    execute(
        "UPDATE mail_delivery d SET state = 'queued', token = NULL, lease_until = NULL"  # noqa: S608
        f" WHERE id = %s AND token = %s AND state = 'claimed' AND {_PAUSED}",
        [delivery.pk, delivery.token],
    )


def finish(delivery: Delivery, no: int, answer: Answer) -> bool:
    """The server accepted it: the one write that may come late, over `uncertain` too."""
    sql, params = _finishing(Accepted(delivery, no, answer))
    done = bool(fetch(sql, params)[0][0])
    facts.wake(delivery)
    return done


def _finishing(accepted: Accepted) -> tuple[str, list[Any]]:
    """One statement: the row, its attempt and, where that was news, its fact."""
    delivery = accepted.delivery
    done = "SELECT mail_finish(%s, %s, %s, %s, %s) AS done"
    params = [delivery.pk, delivery.token, accepted.no, *accepted.answer.stored]
    told = facts.telling_sent(delivery, "finished WHERE done")
    if told is None:
        return done, params
    insert, values = told
    both = f"WITH finished AS ({done}), told AS ({insert}) SELECT done FROM finished"  # noqa: S608
    return both, [*params, *values]


def close_attempt(delivery: Delivery, no: int, phase: str, answer: Answer) -> None:
    code, text = answer.stored
    execute(
        "UPDATE mail_attempt SET phase = %s, code = %s, text = %s, ended_at = statement_timestamp()"
        " WHERE delivery_id = %s AND no = %s",
        [phase, code, text, delivery.pk, no],
    )


def is_overdue(age: timedelta) -> bool:
    """Whether anything has been ready, or held by a dead process, for longer than `age`."""
    sql = (
        "SELECT EXISTS (SELECT 1 FROM mail_delivery d WHERE state = 'queued'"  # noqa: S608
        f" AND not_before < statement_timestamp() - %s AND NOT {_PAUSED})"
        " OR EXISTS (SELECT 1 FROM mail_delivery WHERE state = 'planned' AND held_at IS NULL"
        " AND not_before < statement_timestamp() - %s)"
        " OR EXISTS (SELECT 1 FROM mail_delivery WHERE state IN ('claimed', 'sending')"
        " AND lease_until < statement_timestamp() - %s)"
    )
    return bool(fetch(sql, [age, age, age])[0][0])
