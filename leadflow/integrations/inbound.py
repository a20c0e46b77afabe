"""Calls of other programs: verified, kept as they came, once each; read again when a person asks."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import F, Func, IntegerField, OuterRef, QuerySet
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record, record_many
from leadflow.integrations import signing
from leadflow.integrations.models import HookCall, InboundHook
from leadflow.kit import clock, text
from leadflow.models import Lead, Origin
from leadflow.people.models import User
from leadflow.services.privacy import Holder, register

KEPT = timedelta(days=30)
MOST_AT_ONCE = 1_000
MOST_COUNTED = 1_001
# enough to see who called; nothing that signs or identifies a browser
SHOWN_HEADERS = ("content-type", "user-agent", "webhook-id", "webhook-timestamp")
State = HookCall.State
OPEN = (State.WAITING, State.FAILED)  # what a person may have to look at


@dataclass(frozen=True)
class Kept:
    """The row of a call, and whether this is its first time."""

    call_id: int
    is_new: bool


def listed() -> QuerySet[InboundHook]:
    """Every hook with how many of its calls wait or failed, as `open`, counted up to MOST_COUNTED."""
    some = HookCall.objects.filter(hook=OuterRef("pk"), state__in=OPEN)
    counted = Func(
        ArraySubquery(some.values("pk")[:MOST_COUNTED]), function="cardinality",
        output_field=IntegerField(),
    )  # fmt: skip
    return InboundHook.objects.select_related("source").annotate(open=counted)


def hook_at(code: str) -> InboundHook | None:
    """The hook that answers at that address."""
    return InboundHook.objects.filter(code=code, is_on=True).first()


def scheme_of(hook: InboundHook) -> signing.Scheme:
    """Where its signature stands."""
    return signing.Scheme(hook.signing, hook.header, hook.encoding, hook.prefix)


@transaction.atomic
def keep(*, hook: InboundHook, call: signing.Call, origin: str = Origin.API) -> Kept:
    """Keep a verified call before anything is done with it; records `hook.received` the first time."""
    row, is_new = HookCall.objects.get_or_create(
        hook=hook,
        provider_id=_id_of(hook, call),
        defaults={
            "received_at": call.at, "headers": _shown(call), "body": _body(hook, call), "origin": origin,
        },
    )  # fmt: skip
    if is_new:
        data = {"call": row.pk, "hook": hook.pk, "name": hook.name}
        record(Kind.HOOK_RECEIVED, subject=row, data=data, at=call.at, origin=origin)
    # last, so that calls at once wait for one another as shortly as can be
    counted = {"received": F("received") + 1} if is_new else {"repeated": F("repeated") + 1}
    InboundHook.objects.filter(pk=hook.pk).update(last_received_at=call.at, **counted)
    return Kept(row.pk, is_new)


def refuse(*, hook: InboundHook, at: datetime) -> None:
    """Count a call with a bad signature; nothing of it is kept."""
    InboundHook.objects.filter(pk=hook.pk).update(refused=F("refused") + 1, refused_at=at)


def _id_of(hook: InboundHook, call: signing.Call) -> str:
    """The id that the signature covers, else the body itself: an id that anybody may alter is none."""
    if hook.signing == InboundHook.Signing.STANDARD:
        return signing.standard_id(call)
    return hashlib.sha256(call.body).hexdigest()


def _shown(call: signing.Call) -> dict[str, str]:
    found = {name: text.clean(call.header(name))[:200] for name in SHOWN_HEADERS}
    return {name: value for name, value in found.items() if value}


def _body(hook: InboundHook, call: signing.Call) -> str:
    """As it came; a key that stands inside is not kept."""
    body = call.body.decode("utf-8-sig").replace("\0", "")
    if hook.signing == InboundHook.Signing.BODY:
        body = body.replace(signing.body_key(call.body, hook.header), "…")
    return body


# reading again


@transaction.atomic
def replay(*, calls: Iterable[HookCall], by: User | None) -> int:
    """Have calls read again, with the mapping of now; what they made before is not made twice.

    Raises Conflict for one whose person was erased: there is nothing left to read.
    """
    rows = list(calls)
    if any(not row.body for row in rows):
        raise Conflict(_("What this call brought was erased with its person."))
    HookCall.objects.filter(pk__in=[row.pk for row in rows]).update(state=State.WAITING, reason="")
    record_many(
        Kind.HOOK_RECEIVED, [None] * len(rows), by=by, subjects=rows,
        data=[{"call": row.pk, "hook": row.hook_id, "name": row.hook.name} for row in rows],
    )  # fmt: skip
    return len(rows)


def read_waiting(*, hook: InboundHook, by: User | None) -> int:
    """Have read what waits for a mapping; how many calls."""
    rows = hook.calls.filter(state=State.WAITING).exclude(body="").select_related("hook")
    return replay(calls=rows.order_by("pk")[:MOST_AT_ONCE], by=by)


def read_failed(*, hook: InboundHook, by: User | None) -> int:
    """Have read again what failed or waits, the oldest first; how many calls."""
    rows = hook.calls.filter(state__in=OPEN).exclude(body="")
    return replay(calls=rows.select_related("hook").order_by("pk")[:MOST_AT_ONCE], by=by)


def forget(*, at: datetime | None = None) -> int:
    """Drop calls that are older than the log keeps them; what they made stays. How many."""
    before = (at or clock.now()) - KEPT
    return HookCall.objects.filter(received_at__lt=before).delete()[0]


# the person's own rights


def _personal_rows(lead: Lead) -> list[dict[str, Any]]:
    rows = HookCall.objects.filter(lead_ids__contains=[lead.pk]).select_related("hook")
    return [
        {"hook": row.hook.name, "received_at": row.received_at, "body": row.body, "made": row.made}
        for row in rows
    ]


def _erase(people: list[Lead]) -> None:
    """Empty the calls that named her, and cannot be read again; that there was a call stays."""
    rows = HookCall.objects.filter(lead_ids__overlap=[lead.pk for lead in people])
    rows.update(body="", headers={}, made=[], reason="", state=State.IGNORED)


def install() -> None:
    """Answer for what the log of calls holds of a person."""
    register(Holder("calls of other programs", _personal_rows, _erase))
