"""Copies in the Sent folder of a colleague's own mailbox: at most one each, and harmless when it fails."""

import logging
from collections.abc import Callable

from leadflow.mail import imap, own
from leadflow.mail.compose import compose
from leadflow.mail.ledger import fetch
from leadflow.mail.models import Delivery, OwnMailbox, SentCopy

log = logging.getLogger(__name__)

# The row is committed before the copy is tried: a killed process leaves `trying`, and nobody tries again.
_CLAIM = """
INSERT INTO mail_sentcopy (delivery_id, own_id, state, error, at)
SELECT d.id, o.id, 'trying', '', statement_timestamp() FROM mail_delivery d
JOIN mail_ownmailbox o ON d.via = 'own:' || o.id AND NOT o.keeps_sent
WHERE d.state IN ('sent', 'delivered') AND d.sent_at > statement_timestamp() - interval '1 day'
AND d.via LIKE 'own:%%' AND NOT EXISTS (SELECT 1 FROM mail_sentcopy c WHERE c.delivery_id = d.id)
ORDER BY d.id LIMIT 1
ON CONFLICT DO NOTHING RETURNING delivery_id"""


def keep_due(stop: Callable[[], bool] = lambda: False, most: int = 200) -> int:
    """Keep the copies of what left; how many were tried."""
    for tried in range(most):
        claimed = [] if stop() else fetch(_CLAIM, [])
        if not claimed:
            return tried
        _keep(
            SentCopy.objects.select_related("delivery", "own__mailbox").get(delivery=claimed[0][0])
        )
    return most


def _keep(copy: SentCopy) -> None:
    state, error = SentCopy.State.KEPT, ""
    try:
        imap.append(own.account_of(copy.own.mailbox), copy.own.sent_folder, _raw(copy.delivery))
    except imap.Failed as failure:
        state, error = SentCopy.State.FAILED, str(failure)
    except Exception as failure:
        log.exception("the copy of delivery %s was not kept", copy.delivery_id)
        state, error = SentCopy.State.FAILED, type(failure).__name__
    SentCopy.objects.filter(pk=copy.pk).update(state=state, error=error[:300])


def _raw(delivery: Delivery) -> bytes:
    """The message as it left, with line ends as IMAP wants them."""
    lines = compose(delivery).as_bytes().replace(b"\r\n", b"\n")
    return lines.replace(b"\n", b"\r\n")


def troubles(mailbox: OwnMailbox) -> list[SentCopy]:
    """The newest copies that were not kept."""
    rows = SentCopy.objects.filter(own=mailbox, state=SentCopy.State.FAILED)
    return list(rows.select_related("delivery").order_by("-pk")[:5])
