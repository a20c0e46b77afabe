"""What becomes of a message that was not simply accepted: deferred, refused, lost, poisoned."""

import re
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import InvalidTransition
from leadflow.mail import bounces, facts, ledger
from leadflow.mail.ledger import BACKOFF, BREAKER, MAX_ERRORS, Answer, execute, fetch
from leadflow.mail.models import SMTP, Delivery
from leadflow.models import Suppression
from leadflow.people.models import User
from leadflow.services import addresses

GONE = "The address does not exist"  # a reason that rules ask about
_MINE = " WHERE id = %s AND token = %s AND state IN ('claimed', 'sending')"
_FREE = "token = NULL, lease_until = NULL, smtp_code = %s, smtp_text = %s"


def _mine(delivery: Delivery) -> list[Any]:
    return [delivery.pk, delivery.token]


@transaction.atomic
def defer(delivery: Delivery, answer: Answer, *, no: int | None = None) -> None:
    """A clean "not now": wait by the back-off list, fail after its end."""
    code, text = answer.stored
    if delivery.attempts >= len(BACKOFF):
        done = execute(
            f"UPDATE mail_delivery SET state = 'failed', settled_at = statement_timestamp(), {_FREE},"  # noqa: S608
            f" reason = 'Put off too often' {_MINE}",
            [code, text, *_mine(delivery)],
        )
        if done:
            facts.failed(delivery, text)
    else:
        wait = timedelta(seconds=BACKOFF[delivery.attempts])
        execute(
            f"UPDATE mail_delivery SET state = 'queued', attempts = attempts + 1, {_FREE},"  # noqa: S608
            " not_before = statement_timestamp() + %s,"
            f" reason = CASE WHEN cancelled_at IS NULL THEN 'The server asked to wait' ELSE reason END {_MINE}",
            [code, text, wait, *_mine(delivery)],
        )
    _close(delivery, no, "deferred", answer)


@transaction.atomic
def put_back(delivery: Delivery, answer: Answer, *, no: int | None = None) -> None:
    """The transport went down under it: wait with all the others, no attempt is burned."""
    code, text = answer.stored
    execute(
        f"UPDATE mail_delivery SET state = 'queued', {_FREE} {_MINE}",  # noqa: S608
        [code, text, *_mine(delivery)],
    )
    _close(delivery, no, "deferred", answer)


@transaction.atomic
def strand(delivery: Delivery) -> None:
    """The way out that it names is not there any more, a mailbox that was taken away for instance."""
    words = _("What it was to go out by is not there any more")
    done = execute(
        "UPDATE mail_delivery SET state = 'failed', settled_at = statement_timestamp(), token = NULL,"  # noqa: S608
        f" lease_until = NULL, reason = %s {_MINE}",
        [words, *_mine(delivery)],
    )
    if done:
        facts.failed(delivery, words)


@transaction.atomic
def refuse(delivery: Delivery, answer: Answer, *, no: int | None = None) -> None:
    """A final "no"; an address that does not exist is suppressed, and her story says so.

    A sender whose lease ran out meanwhile settles nothing: another one may be at it, or a person decides.
    """
    code, text = answer.stored
    reason = GONE if is_hard_bounce(answer) else "The server refused it"
    done = execute(
        f"UPDATE mail_delivery SET state = 'failed', settled_at = statement_timestamp(), {_FREE},"  # noqa: S608
        f" reason = %s {_MINE}",
        [code, text, reason, *_mine(delivery)],
    )
    if done:
        facts.failed(delivery, text)
    _close(delivery, no, "refused", answer)
    if done and is_hard_bounce(answer):
        _suppress(delivery, answer)


# 5.1.x: a bad address; 5.2.1: a mailbox that is shut
_GONE = re.compile(r"5\.(1\.\d|2\.1)\b")
_ENHANCED = re.compile(r"\d\.\d{1,3}\.\d")
_NO_SUCH_MAILBOX = (550, 551, 553)


def is_hard_bounce(answer: Answer) -> bool:
    """Whether the server says that the address itself is wrong, judged by its words as bounces are.

    Codes count where the words name no other cause: a full mailbox and a policy are none, whatever code
    comes with them; a server without such codes is believed where it refuses the receiver.
    """
    if answer.code is None or answer.code < 500:
        return False
    has_code = bool(_ENHANCED.match(answer.text))
    if bounces.judge_answer(answer.code, answer.text) == bounces.HARD:
        return answer.about_receiver or has_code
    if bounces.excuses_address(answer.text):
        return False
    if has_code:
        return bool(_GONE.match(answer.text))
    return answer.about_receiver and answer.code in _NO_SUCH_MAILBOX


@transaction.atomic
def bounce(delivery: Delivery, answer: Answer, *, is_hard: bool | None = None) -> bool:
    """A report says afterwards that it did not arrive; whether that was news.

    It settles an uncertain one too: what came back had left. Who read the whole report says whether
    the address is wrong.
    """
    code, text = answer.stored
    hard = is_hard_bounce(answer) if is_hard is None else is_hard
    reason = GONE if hard else "It came back"
    done = execute(
        "UPDATE mail_delivery SET state = 'bounced', smtp_code = %s, smtp_text = %s,"
        " reason = %s, settled_at = statement_timestamp(), lease_until = NULL,"
        " sent_at = coalesce(sent_at, began_at)"
        " WHERE id = %s AND state IN ('sent', 'delivered', 'uncertain')",
        [code, text, reason, delivery.pk],
    )
    if not done:
        return False
    facts.failed(delivery, text)
    if hard:
        _suppress(delivery, answer)
    return True


@transaction.atomic
def complain(delivery: Delivery, words: str) -> bool:
    """Her provider says that she called it unwanted: nothing goes to her any more; whether it was news."""
    done = execute(
        "UPDATE mail_delivery SET state = 'complained', reason = 'They complained',"
        " settled_at = statement_timestamp(), lease_until = NULL,"
        " sent_at = coalesce(sent_at, began_at)"
        " WHERE id = %s AND state IN ('sent', 'delivered', 'uncertain', 'bounced')",
        [delivery.pk],
    )
    if not done:
        return False
    addresses.suppress(
        email=delivery.to_norm,
        reason=Suppression.Reason.COMPLAINT,
        by=None,
        detail=words[:200],
    )
    facts.suppressed(delivery, words or "complaint")
    return True


def _suppress(delivery: Delivery, answer: Answer) -> None:
    addresses.suppress(
        email=delivery.to_norm,
        reason=Suppression.Reason.HARD_BOUNCE,
        by=None,
        detail=answer.text,
    )
    facts.suppressed(delivery, answer.text)


@transaction.atomic
def lose(delivery: Delivery, answer: Answer, *, no: int) -> None:
    """The connection ended between the last byte and the answer: nobody can know."""
    code, text = answer.stored
    execute(
        "UPDATE mail_delivery SET state = 'uncertain', reason = 'The answer was lost',"
        " lease_until = NULL, smtp_code = %s, smtp_text = %s"
        " WHERE id = %s AND token = %s AND state = 'sending'",
        [code, text, *_mine(delivery)],
    )
    _close(delivery, no, "lost", answer)


@transaction.atomic
def poison(delivery: Delivery, error: str) -> None:
    """This process could not even write it: try twice more, then set it aside."""
    text = error.replace("\x00", "")[:500]
    execute(
        "UPDATE mail_delivery SET errors = errors + 1, token = NULL, lease_until = NULL,"
        " smtp_text = %s, not_before = statement_timestamp() + interval '30 seconds',"
        " state = CASE WHEN errors + 1 >= %s THEN 'failed' ELSE 'queued' END,"
        " settled_at = CASE WHEN errors + 1 >= %s THEN statement_timestamp() END,"
        " reason = CASE WHEN errors + 1 >= %s THEN 'poison' ELSE 'It could not be written' END"
        " WHERE id = %s AND token = %s AND state = 'claimed'",
        [text, MAX_ERRORS, MAX_ERRORS, MAX_ERRORS, *_mine(delivery)],
    )


def _close(delivery: Delivery, no: int | None, phase: str, answer: Answer) -> None:
    if no is not None:
        ledger.close_attempt(delivery, no, phase, answer)


# --- the circuit breaker -------------------------------------------------------------------------


def resting() -> tuple[str, ...]:
    """The ways out over which mail waits."""
    rows = fetch("SELECT name FROM mail_transport WHERE open_until > statement_timestamp()", [])
    return tuple(row[0] for row in rows)


def trip(error: str, name: str = SMTP) -> None:
    """The server was not reached, or refused us as such: rest longer after each failure."""
    text = error.replace("\x00", "")[:500]
    execute(
        "INSERT INTO mail_transport AS t (name, failures, last_error, open_until, changed_at)"
        " VALUES (%s, 1, %s, statement_timestamp() + make_interval(secs => %s), statement_timestamp())"
        " ON CONFLICT (name) DO UPDATE SET failures = t.failures + 1, changed_at = statement_timestamp(),"
        " last_error = EXCLUDED.last_error, open_until = statement_timestamp() + make_interval(secs =>"
        " (%s::int[])[least(t.failures + 1, %s)])",
        [name, text, BREAKER[0], list(BREAKER), len(BREAKER)],
    )


def mend(name: str = SMTP) -> None:
    """The server answered again."""
    execute(
        "UPDATE mail_transport SET failures = 0, open_until = NULL, last_error = '',"
        " changed_at = statement_timestamp() WHERE name = %s AND failures > 0",
        [name],
    )


# --- what a person decides about an uncertain or a held message -----------------------------------


@transaction.atomic
def arrived(delivery: Delivery, evidence: str) -> bool:
    """Whoever opens, follows, answers or opts out has got it: an uncertain message was sent.

    Whether that was news. Any other stays as it is, and two proofs at the same moment are one.
    """
    done = execute(
        f"UPDATE mail_delivery SET {_ARRIVED}, reason = %s WHERE id = %s AND state = 'uncertain'",  # noqa: S608
        [evidence[:200], delivery.pk],
    )
    if done:
        facts.sent(delivery, at=delivery.began_at)
    return bool(done)


_ARRIVED = "state = 'sent', sent_at = began_at, settled_at = statement_timestamp()"


@transaction.atomic
def mark_sent(*, delivery: Delivery, by: User | None) -> None:
    """A person says that it had arrived."""
    _settle(delivery, _ARRIVED, f"Marked as sent by {by}")
    facts.sent(delivery, at=delivery.began_at)


@transaction.atomic
def write_off(*, delivery: Delivery, by: User | None) -> None:
    """Not counted as sent, not sent again."""
    _settle(
        delivery, "state = 'failed', settled_at = statement_timestamp()", f"Written off by {by}"
    )


@transaction.atomic
def resend(*, delivery: Delivery, by: User | None) -> None:
    """Send it again, knowing that it may arrive twice (with one Message-ID). Raises InvalidTransition
    where its receiver was erased meanwhile."""
    if not delivery.to_norm:
        raise InvalidTransition(_("Its receiver was erased."), delivery=delivery.pk)
    _settle(
        delivery,
        "state = 'queued', token = NULL, lease_until = NULL, not_before = statement_timestamp()",
        f"Sent again by {by}",
    )


def _settle(delivery: Delivery, change: str, note: str) -> None:
    done = execute(
        f"UPDATE mail_delivery SET {change}, reason = %s WHERE id = %s AND state = 'uncertain'",  # noqa: S608
        [note[:200], delivery.pk],
    )
    if not done:
        raise InvalidTransition("This message is no longer uncertain.", delivery=delivery.pk)


@transaction.atomic
def let_go(*, ids: list[int]) -> int:
    """Release messages that waited for a person because they were too late."""
    return execute(
        "UPDATE mail_delivery SET released_at = statement_timestamp(), held_at = NULL"
        " WHERE id = ANY(%s) AND state = 'planned' AND held_at IS NOT NULL AND held_for = ''",
        [ids],
    )
