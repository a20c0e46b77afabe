"""Looking into mailboxes: one at a time per process, under a lease, a message at a time.

A message and the cursor behind it are one transaction, fenced by the lease's token: a process that is
killed, or two that look at once, neither lose nor double anything. The mailbox itself is left as it is.
"""

import logging
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.kit import clock
from leadflow.mail import imap, inbound, own, reading
from leadflow.mail.inbound import Came
from leadflow.mail.ledger import execute, fetch
from leadflow.mail.mailboxes import account_of
from leadflow.mail.models import Mailbox

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=60)
LEASE = timedelta(minutes=5)
BACKOFF = (60, 120, 300, 900, 1_800, 3_600)  # seconds after the first, second … failure
BATCH = 100
_FREE = "token = NULL, lease_until = NULL, polled_at = %s"


class Fenced(Exception):
    """The lease ran out and another process has the mailbox."""


def poll_due(stop: Callable[[], bool] = lambda: False, lease: timedelta = LEASE) -> int:
    """Look into every mailbox whose time has come; how many messages came in."""
    came = 0
    while not stop() and (mailbox := claim(lease)) is not None:
        came += _poll(mailbox, stop)
    return came


def claim(lease: timedelta = LEASE) -> Mailbox | None:
    """Lease the mailbox that has waited longest; None when none is due."""
    token = uuid.uuid4()
    rows = fetch(
        "UPDATE mail_mailbox SET token = %s, lease_until = statement_timestamp() + %s WHERE id = ("
        " SELECT id FROM mail_mailbox WHERE kind = 'imap' AND NOT is_paused AND origin <> 'demo'"
        " AND due_at <= statement_timestamp()"
        " AND (lease_until IS NULL OR lease_until <= statement_timestamp())"
        " ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id",
        [token, lease],
    )
    return Mailbox.objects.get(pk=rows[0][0]) if rows else None


def _poll(mailbox: Mailbox, stop: Callable[[], bool]) -> int:
    try:
        came, more = _look(mailbox, stop)
    except imap.Failed as error:
        fail(mailbox, str(error))
        if mailbox.owner_id is not None:
            own.failed(mailbox, str(error), is_refused=isinstance(error, imap.Refused))
        return 0
    except Fenced:
        return 0
    except Exception as error:
        log.exception("mailbox %s could not be read", mailbox.pk)
        fail(mailbox, _("It could not be read: %(why)s") % {"why": type(error).__name__})
        return 0
    _finish(mailbox, more)
    return came


def _look(mailbox: Mailbox, stop: Callable[[], bool]) -> tuple[int, bool]:
    """Take in what is new; how many came, and whether more lies there."""
    came = 0
    with imap.session(account_of(mailbox)) as session:
        uids = _new(mailbox, session)
        for found in session.sizes(uids[:BATCH]):
            if stop():
                return came, True
            came += take(mailbox, _fetched(mailbox, session, found))
    return came, len(uids) > BATCH


def _new(mailbox: Mailbox, session: imap.Session) -> list[int]:
    """The messages behind the cursor. A folder whose numbers began anew is read from its last days on."""
    if mailbox.uid_validity == session.validity:
        return session.newer(mailbox.last_uid)
    if mailbox.uid_validity is None:
        after = 0 if mailbox.from_start else max(session.next_uid - 1, 0)
        _set_cursor(mailbox, session.validity, after)
        return session.newer(after) if mailbox.from_start else []
    since = (mailbox.polled_at or mailbox.created_at) - timedelta(days=2)
    uids = session.since(since.date())
    _set_cursor(mailbox, session.validity, min(uids, default=session.next_uid) - 1)
    return uids


def _set_cursor(mailbox: Mailbox, validity: int, uid: int) -> None:
    _fenced(
        mailbox, "uid_validity = %s, last_uid = %s", [validity, uid]
    )  # committed before the first message is taken
    mailbox.uid_validity, mailbox.last_uid = validity, uid


def _fetched(mailbox: Mailbox, session: imap.Session, found: imap.Found) -> Came:
    whole = found.size <= reading.MAX_BYTES
    raw = session.fetch(found.uid, most=None if whole else reading.HEAD_BYTES)
    return Came(mailbox, raw, size=None if whole else found.size, uid=found.uid)


@transaction.atomic
def take(mailbox: Mailbox, came: Came) -> int:
    """Keep one message and move the cursor behind it, in one transaction; 0 where it was here."""
    _fenced(
        mailbox,
        "last_uid = greatest(last_uid, %s), lease_until = statement_timestamp() + %s",
        [came.uid, LEASE],
    )
    return int(inbound.receive(came) is not None)


def _fenced(mailbox: Mailbox, change: str, params: list[Any]) -> None:
    sql = f"UPDATE mail_mailbox SET {change} WHERE id = %s AND token = %s"  # noqa: S608
    if not execute(sql, [*params, mailbox.pk, mailbox.token]):
        raise Fenced


def _finish(mailbox: Mailbox, more: bool) -> None:
    wait = timedelta(0) if more else EVERY
    execute(
        f"UPDATE mail_mailbox SET {_FREE}, error = '', failures = 0,"  # noqa: S608
        " due_at = statement_timestamp() + %s WHERE id = %s AND token = %s",
        [clock.now(), wait, mailbox.pk, mailbox.token],
    )


def fail(mailbox: Mailbox, words: str) -> None:
    """It was not reached: say why, and wait longer after each time."""
    wait = timedelta(seconds=BACKOFF[min(mailbox.failures, len(BACKOFF) - 1)])
    execute(
        f"UPDATE mail_mailbox SET {_FREE}, error = %s, failures = failures + 1,"  # noqa: S608
        " due_at = statement_timestamp() + %s WHERE id = %s AND token = %s",
        [clock.now(), words.replace("\x00", "")[:500], wait, mailbox.pk, mailbox.token],
    )
