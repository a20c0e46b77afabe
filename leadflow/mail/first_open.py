"""The picture of a message that nobody asked anything of before: nearly every open, in two statements.

What comes later is judged together with what came before (`leadflow.mail.engagement`); the first hit is
judged alone, so hit, fact and event are written at once. Whatever is not as simple is left to there.
"""

from datetime import datetime
from typing import Any

from django.db import connection

from leadflow.events.log import wake_on_commit
from leadflow.mail import hits
from leadflow.mail.models import OUTBOX, Delivery, Hit
from leadflow.mail.services import NOT_MEASURED
from leadflow.models import Engagement
from leadflow.models.together import insert_from
from leadflow.services import addresses
from leadflow.services.engagement import Fact, inserting

_LOCK = "SELECT FROM mail_delivery WHERE id = %s FOR UPDATE"  # hits of one message come one after the other
# asked behind the lock, by a statement of its own: it sees what whoever held it wrote
_WRITE = """
WITH first AS (
    SELECT FROM leadflow_lead WHERE id = %s AND merged_into_id IS NULL
        AND NOT EXISTS (SELECT FROM mail_hit WHERE delivery_id = %s)
        AND NOT EXISTS (SELECT FROM leadflow_suppression
            WHERE email_hash = %s AND purpose IN ('', %s) AND lifted_at IS NULL)
), hit AS ({hit} RETURNING id), {told}
SELECT count(*) FROM hit
"""


def taken(delivery: Delivery, *, at: datetime, method: str, agent: str, network: str) -> bool:
    """Keep the first hit of a message with what follows from it, in the caller's transaction; False where it
    is not the first, or where more has to be asked: then nothing was written."""
    if delivery.lead_id is None:
        return False
    asked = hits.Asked(hits.OPEN, at, 0, method[:8], agent[:200], network)
    sent_at = None if delivery.transport == OUTBOX else delivery.sent_at
    ((verdict, why),) = hits.judge([asked], hits.Circumstances(sent_at, 0, asked.at))
    hit, about = insert_from(
        Hit(
            delivery_id=delivery.pk, kind=asked.kind, at=asked.at, method=asked.method, agent=asked.agent,
            network=network, verdict=verdict, why=why,
        ),
        "first",
    )  # fmt: skip
    told, more = inserting(
        fact_of_open(delivery, delivery.lead_id, verdict), source="hit", origin=delivery.origin
    )
    known: list[Any] = [
        delivery.lead_id, delivery.pk, addresses.address_hash(delivery.to_norm), NOT_MEASURED,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [delivery.pk])
        cursor.execute(_WRITE.format(hit=hit, told=told), [*known, *about, *more])
        is_taken = bool(cursor.fetchone()[0])
    if is_taken and verdict == Engagement.Actor.HUMAN:
        wake_on_commit()
    return is_taken


def fact_of_open(delivery: Delivery, lead_id: int, verdict: str) -> Fact:
    """What the picture tells of a lead, by who is thought to have loaded it."""
    return Fact(
        lead_id=lead_id,
        kind="mail.opened",
        source_type="delivery",
        source_id=named(str(delivery.pk), verdict),
        label=delivery.subject,
        topic=delivery.subject[:80],
        actor_class=verdict,
    )


def named(source: str, verdict: str) -> str:
    """A fact of its own for each who may have done it."""
    return source if verdict == Engagement.Actor.HUMAN else f"{source}:{verdict}"
