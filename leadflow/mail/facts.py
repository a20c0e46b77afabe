"""What the ledger tells the rest of the product: facts in the event log, in the same transaction."""

from datetime import datetime
from typing import Any

from leadflow.events.kinds import Kind
from leadflow.events.log import inserting, record, wake_on_commit
from leadflow.kit import clock
from leadflow.mail.models import Delivery
from leadflow.models import Origin

_ABOUT_A_LEAD = (Delivery.Kind.MARKETING, Delivery.Kind.PERSONAL)


def sent(delivery: Delivery, at: datetime | None = None) -> None:
    """A message to a lead was accepted, now or `at`; staff mail is no fact about anybody."""
    _tell(Kind.DELIVERY_SENT, delivery, "", at)


def telling_sent(delivery: Delivery, source: str) -> tuple[str, list[Any]] | None:
    """The INSERT of that fact, for the statement that makes it true; None where there is none."""
    if not _is_about_a_lead(delivery):
        return None
    return inserting(Kind.DELIVERY_SENT, source=source, **_told(delivery, ""))


def wake(delivery: Delivery) -> None:
    """Let what was inserted so be read."""
    if _is_about_a_lead(delivery):
        wake_on_commit()


def failed(delivery: Delivery, reason: str) -> None:
    """A message to a lead will not arrive."""
    _tell(Kind.DELIVERY_FAILED, delivery, reason)


def suppressed(delivery: Delivery, reason: str) -> None:
    """The address of a lead turned out not to exist: nothing may be sent to it any more."""
    if delivery.lead_id is not None:
        record(
            Kind.ADDRESS_SUPPRESSED,
            lead_id=delivery.lead_id,
            subject=delivery,
            data={"channel": "email", "reason": reason[:200]},
            origin=delivery.origin,
        )


def _tell(kind: Kind, delivery: Delivery, reason: str, at: datetime | None = None) -> None:
    if _is_about_a_lead(delivery):
        record(kind, **_told(delivery, reason, at))


def _is_about_a_lead(delivery: Delivery) -> bool:
    return delivery.lead_id is not None and delivery.kind in _ABOUT_A_LEAD


def _told(delivery: Delivery, reason: str, at: datetime | None = None) -> dict[str, Any]:
    demo = delivery.origin == Origin.DEMO
    return {
        "lead_id": delivery.lead_id,
        "by": delivery.by,
        "subject": delivery,
        "data": {
            "delivery": delivery.pk,
            "kind": delivery.kind,
            "title": delivery.subject,
            "reason": reason,
            "campaign": delivery.headers.get("X-Campaign", ""),
        },
        "at": min(delivery.due_at, clock.now()) if demo else at or clock.now(),
        "origin": delivery.origin,
    }
