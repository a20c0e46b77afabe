"""Telling other programs: a message is a row, sent at least once and unordered, the same id on every try.

Rows are written in the transaction of what they tell; a tick claims them with a lease, two at a time for
one endpoint, so that one that hangs keeps nobody waiting. No answer is ever followed elsewhere.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from leadflow import net
from leadflow.errors import Conflict
from leadflow.integrations import endpoints, signing
from leadflow.integrations.models import WebhookDelivery, WebhookEndpoint
from leadflow.kit import clock, ids
from leadflow.models import Lead
from leadflow.notifications.models import Notice
from leadflow.notifications.services import Told, tell_many
from leadflow.people import selectors as people
from leadflow.people.models import User
from leadflow.services.privacy import Holder, register

State = WebhookDelivery.State
# How long after each failed try the next comes: ten tries within about three days.
BACKOFF = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2),
    timedelta(hours=5), timedelta(hours=10), timedelta(hours=14), timedelta(hours=20),
    timedelta(hours=24),
)  # fmt: skip
PATIENCE = timedelta(days=5)  # an endpoint that takes nothing for so long is switched off
LEASE = timedelta(seconds=60)
AT_ONCE = 2  # messages on their way to one endpoint
BATCH = 16
KEPT = timedelta(days=30)
MOST_REPLAYED = 1_000
MOST_READ = 1_024  # bytes of an answer that are kept
GONE = 410


@dataclass(frozen=True, kw_only=True)
class Message:
    """One thing to tell one endpoint; `key` says which, so that it is told once."""

    endpoint: WebhookEndpoint
    key: str
    kind: str
    data: Mapping[str, Any]
    lead_ids: Sequence[int] = ()


@transaction.atomic(savepoint=False)
def queue_many(messages: Iterable[Message], *, at: datetime) -> int:
    """Write messages down, in the transaction of what they tell; how many were new."""
    rows = [_row(message, at) for message in messages]
    known = set(
        WebhookDelivery.objects.filter(
            endpoint__in={row.endpoint_id for row in rows}, key__in={row.key for row in rows}
        ).values_list("endpoint_id", "key")
    )
    fresh = [row for row in rows if (row.endpoint_id, row.key) not in known]
    WebhookDelivery.objects.bulk_create(fresh, batch_size=1_000, ignore_conflicts=True)
    return len(fresh)


def _row(message: Message, at: datetime) -> WebhookDelivery:
    message_id = f"msg_{ids.uuid7().hex}"
    told = {"type": message.kind, "timestamp": at.isoformat(), "data": message.data}
    return WebhookDelivery(
        endpoint=message.endpoint, key=message.key, kind=message.kind, message_id=message_id,
        body=json.dumps(told, ensure_ascii=False, separators=(",", ":"), default=str),
        lead_ids=sorted(message.lead_ids), made_at=at, due_at=at,
    )  # fmt: skip


@transaction.atomic
def trial(endpoint: WebhookEndpoint, *, by: User, at: datetime | None = None) -> WebhookDelivery:
    """Send a message that says nothing, to see whether it arrives. Raises Conflict where it is off."""
    if not endpoint.is_on:
        raise Conflict(_("This endpoint is off. Switch it on first."))
    at = at or database_time()
    told = {"words": "A test from LeadFlow.", "by": by.pk}
    key = f"test:{ids.code(12)}"
    queue_many([Message(endpoint=endpoint, key=key, kind="test.sent", data=told)], at=at)
    return WebhookDelivery.objects.get(endpoint=endpoint, key=key)


def listed() -> QuerySet[WebhookEndpoint]:
    """The endpoints by name, each with how many messages wait (`waiting`) and were given up (`failed`)."""
    waiting = Q(deliveries__state__in=[State.WAITING, State.SENDING])
    return WebhookEndpoint.objects.annotate(
        waiting=Count("deliveries", filter=waiting),
        failed=Count("deliveries", filter=Q(deliveries__state=State.FAILED)),
    ).order_by("name", "pk")


@transaction.atomic
def replay(deliveries: Iterable[WebhookDelivery], *, at: datetime | None = None) -> int:
    """Send settled messages once more, with the id that they had; how many."""
    at = at or database_time()
    wanted = [row.pk for row in deliveries]
    rows = WebhookDelivery.objects.filter(pk__in=wanted, state__in=[State.DONE, State.FAILED])
    return rows.exclude(body="").update(
        state=State.WAITING, tries=0, due_at=at, settled_at=None, token=None, lease_until=None
    )


# --- Sending ----------------------------------------------------------------------------------------


def deliver_due(
    *,
    at: datetime | None = None,
    seconds: float = 45.0,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Send what is due, for about so many seconds; how many messages were tried."""
    ends, tried = time.monotonic() + seconds, 0
    while time.monotonic() < ends and not stop():
        claimed = _claim(at or database_time())
        if not claimed:
            break
        _send(claimed, at)
        tried += len(claimed)
    return tried


@transaction.atomic
def _claim(at: datetime) -> list[WebhookDelivery]:
    """Lease what is due, for each endpoint as many as it has room for; one process claims at a time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('leadflow.integrations.outbound'))")
        cursor.execute(_FREE, [at])
        token = uuid.uuid4()
        cursor.execute(_LEASE, [at, AT_ONCE, BATCH, token, at + LEASE])
    rows = WebhookDelivery.objects.filter(token=token, state=State.SENDING)
    return list(rows.select_related("endpoint").order_by("due_at", "pk"))


# whose process died goes back: a second copy beats a lost message, and has the same id
_FREE = """
UPDATE integrations_webhookdelivery SET state = 'waiting', token = NULL, lease_until = NULL
WHERE state = 'sending' AND lease_until <= %s
"""
_LEASE = """
WITH busy AS (
    SELECT endpoint_id, count(*) AS n FROM integrations_webhookdelivery WHERE state = 'sending'
    GROUP BY endpoint_id
), due AS MATERIALIZED (
    SELECT next.id FROM integrations_webhookendpoint e
    LEFT JOIN busy ON busy.endpoint_id = e.id
    CROSS JOIN LATERAL (
        SELECT d.id, d.due_at FROM integrations_webhookdelivery d
        WHERE d.endpoint_id = e.id AND d.state = 'waiting' AND d.due_at <= %s
        ORDER BY d.due_at, d.id LIMIT greatest(0, %s - coalesce(busy.n, 0))
    ) next
    WHERE e.state = 'on' ORDER BY next.due_at, next.id LIMIT %s
)
UPDATE integrations_webhookdelivery d SET state = 'sending', token = %s, lease_until = %s
FROM due WHERE d.id = due.id
"""


@dataclass(frozen=True)
class _Try:
    """How one try went; status 0 where nobody answered."""

    status: int
    said: str
    millis: int

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


def _send(claimed: Sequence[WebhookDelivery], at: datetime | None) -> None:
    """Send all at once, each in a thread that never touches the database."""
    asked = [(row, *_request(row)) for row in claimed]
    with ThreadPoolExecutor(max_workers=len(asked)) as pool:
        waiting = {
            pool.submit(_post, row.endpoint.url, body, headers, refused): row
            for row, body, headers, refused in asked
        }
        for done in as_completed(waiting):
            _settle(waiting[done], done.result(), at or database_time())


def _request(row: WebhookDelivery) -> tuple[bytes, dict[str, str], str]:
    """Body and headers by Standard Webhooks, or the reason why it may not leave."""
    secrets = endpoints.secrets_of(row.endpoint)
    refused = endpoints.own_host_refusal(row.endpoint.url)
    if not secrets:
        refused = _("The secret cannot be read: SECRET_KEY was changed. Give it a new secret.")
    body, stamp = row.body.encode(), str(int(clock.now().timestamp()))
    signed = [signing.standard(one, row.message_id, stamp, body) for one in secrets]
    headers = {
        "Content-Type": "application/json",
        "webhook-id": row.message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(signed),
    }
    return body, headers, refused


def _post(url: str, body: bytes, headers: Mapping[str, str], refused: str) -> _Try:
    began = time.monotonic()
    if refused:
        return _Try(0, refused, 0)
    try:
        answer = net.post(url, body=body, headers=headers, most=MOST_READ)
    except net.Unreachable as error:
        return _Try(0, str(error)[:300], _millis(began))
    said = answer.body.decode("utf-8", "replace").replace("\x00", "")
    if 300 <= answer.status < 400:
        said = "A redirect is never followed."
    return _Try(answer.status, said, _millis(began))


def _millis(began: float) -> int:
    return round((time.monotonic() - began) * 1_000)


@transaction.atomic
def _settle(row: WebhookDelivery, how: _Try, at: datetime) -> None:
    """Write down how it went, unless another process took the row over meanwhile."""
    mine = WebhookDelivery.objects.select_for_update(of=("self",)).filter(
        pk=row.pk, token=row.token, state=State.SENDING
    )
    held = mine.first()
    if held is None:
        return
    held.tries += 1
    told = {"at": at.isoformat(), "status": how.status, "said": how.said, "ms": how.millis}
    held.log = [*held.log[-19:], told]
    held.token = held.lease_until = None
    if how.is_taken:
        held.state, held.settled_at = State.DONE, at
    elif held.tries > len(BACKOFF) or how.status == GONE:
        held.state, held.settled_at = State.FAILED, at
    else:
        held.state, held.due_at = State.WAITING, at + BACKOFF[held.tries - 1]
    held.save(
        update_fields=["state", "tries", "due_at", "token", "lease_until", "settled_at", "log"]
    )
    _judge(row.endpoint_id, how, at)


def _judge(endpoint_id: int, how: _Try, at: datetime) -> None:
    """Whether the endpoint works: cleared by a success, switched off when it is gone or fails for days."""
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=endpoint_id)
    if how.is_taken:
        endpoint.failing_since, endpoint.last_ok_at = None, at
    else:
        endpoint.failing_since = endpoint.failing_since or at
    why = "" if how.is_taken else _why_off(endpoint, how, at)
    if why and endpoint.is_on:
        endpoint.state, endpoint.reason = WebhookEndpoint.State.DISABLED, why
        _tell_admins(endpoint, why, at)
    endpoint.save(update_fields=["failing_since", "last_ok_at", "state", "reason"])


def _why_off(endpoint: WebhookEndpoint, how: _Try, at: datetime) -> str:
    if how.status == GONE:
        return _("It answered that it is gone (410).")
    since = endpoint.failing_since or at
    return _("It took nothing for five days.") if at - since >= PATIENCE else ""


def _tell_admins(endpoint: WebhookEndpoint, why: str, at: datetime) -> None:
    told = set(people.active_admins())
    if endpoint.created_by:
        told.add(endpoint.created_by)
    words = _("The webhook “%(name)s” was switched off. %(why)s")
    tell_many(
        [
            Told(
                user=user,
                key=f"webhook-off:{endpoint.pk}:{at:%Y%m%d%H%M%S}",
                kind=Notice.WORKSPACE,
                sentence=words % {"name": endpoint.name, "why": why},
                url=endpoint.get_absolute_url(),
                at=at,
            )
            for user in sorted(told, key=lambda one: one.pk)
        ]
    )


def database_time() -> datetime:
    """The clock by which leases and back-off go."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found


def forget(*, at: datetime | None = None) -> int:
    """Drop messages that are older than the log keeps them; how many."""
    before = (at or database_time()) - KEPT
    return WebhookDelivery.objects.filter(made_at__lt=before).delete()[0]


# --- The person's own rights ------------------------------------------------------------------------


def _personal_rows(lead: Lead) -> list[dict[str, Any]]:
    rows = WebhookDelivery.objects.filter(lead_ids__contains=[lead.pk]).select_related("endpoint")
    return [
        {
            "endpoint": row.endpoint.name,
            "made_at": row.made_at,
            "state": row.state,
            "body": row.body,
        }
        for row in rows
    ]


def _erase(leads: list[Lead]) -> None:
    """What named her is emptied and sent no more; that there was a message stays."""
    rows = WebhookDelivery.objects.filter(lead_ids__overlap=[lead.pk for lead in leads])
    rows.filter(state__in=[State.WAITING, State.SENDING]).update(state=State.FAILED, token=None)
    rows.update(body="", log=[])


def install() -> None:
    """Answer for what the log of webhooks holds of a person."""
    register(Holder("messages to other programs", _personal_rows, _erase))
