"""Keeping mail from beginning for a while: what somebody paused lies in the ledger and is not sent.

A hold names a campaign or the beginning of keys. What waits is set aside at once, and `begin` asks as well,
so that what comes into the ledger later, or was put off by a server meanwhile, does not leave either.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from leadflow.kit import clock
from leadflow.mail import ledger, wake
from leadflow.mail.models import Delivery, MailHold

_SET_ASIDE = f"""
UPDATE mail_delivery d SET state = 'planned', held_at = coalesce(d.held_at, statement_timestamp()), held_for = h.name,
    reason = h.reason, token = NULL, lease_until = NULL
FROM mail_mailhold h
WHERE h.name = ANY(%s) AND {ledger.BY_HOLD} AND d.held_for = '' AND d.state IN ('planned', 'queued', 'claimed')
"""  # noqa: S608  texts of ours only
_GO_ON = """
UPDATE mail_delivery d SET held_at = NULL, held_for = '', reason = '', due_at = new.due_at,
    state = CASE WHEN new.is_due THEN 'queued' ELSE 'planned' END,
    not_before = CASE WHEN new.is_due THEN statement_timestamp() ELSE new.not_before END
FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::boolean[])
    AS new (id, due_at, not_before, is_due)
WHERE d.id = new.id AND d.state = 'planned' AND d.held_for <> ''
"""


@transaction.atomic
def hold(*, names: Collection[str], reason: str) -> int:
    """Keep mail of these names from beginning until they are released; how many messages it set aside.

    One of which bytes are on the way goes out; a sender that only has it claimed is fenced off.
    """
    rows = [MailHold(name=name, reason=reason[:200]) for name in names]
    MailHold.objects.bulk_create(rows, ignore_conflicts=True)
    return ledger.execute(_SET_ASIDE, [list(names)]) if names else 0


@transaction.atomic
def release(*, names: Iterable[str]) -> None:
    """Hold back nothing more of these names. What was set aside stays so until `go_on` says when it leaves."""
    MailHold.objects.filter(name__in=list(names)).delete()


def set_aside(names: Iterable[str]) -> QuerySet[Delivery]:
    """What waits for the end of these pauses."""
    return Delivery.objects.filter(held_for__in=list(names), state=Delivery.State.PLANNED)


@transaction.atomic
def go_on(*, moments: Mapping[int, datetime]) -> int:
    """Let messages that were set aside leave, each at its moment (business time); how many."""
    if not moments:
        return 0
    due, at = list(moments.values()), clock.now()
    real = [clock.to_real(moment) for moment in due]
    wake.on_commit()
    is_due = [moment <= at for moment in due]
    return ledger.execute(_GO_ON, [list(moments), due, real, is_due])
