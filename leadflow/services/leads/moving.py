"""Moving leads by hand between stages, and taking such a move back for a minute."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.errors import Conflict, InvalidTransition, StaleVersion
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.models import Lead, LeadCycle, LeadStage
from leadflow.models.stages import STAMP, may_advance
from leadflow.people.models import User
from leadflow.services.leads.lifecycle import advance_many, locked, remember, snapshot
from leadflow.services.undoing import Memory

_MEMORY = Memory(
    "leads.moved",
    over=lazy("It is too late to undo this. Move the lead back by hand."),
    nothing=lazy("There is nothing to undo."),
)


class Held(NamedTuple):
    """A lead that stayed where she was, and why."""

    lead: Lead
    why: str


class Moved(NamedTuple):
    """What became of a move of many: those that moved, how each stood before, those held back."""

    leads: list[Lead]
    before: dict[int, Lead]
    held: list[Held]


@transaction.atomic
def move(
    lead: Lead, *, to: str, version: int | None = None, by: User, at: datetime | None = None
) -> Moved:
    """Put one lead to another stage, as somebody saw her at `version`.

    Raises StaleVersion naming who changed her since, InvalidTransition where the stages do not follow.
    """
    versions = {} if version is None else {lead.pk: version}
    moved = move_many(lead_ids=[lead.pk], to=to, versions=versions, by=by, at=at)
    if moved.leads:
        return moved
    now = Lead.objects.living().filter(pk=lead.pk).first()
    if now is None:
        raise Conflict(_("This lead is gone. Somebody put it in the trash meanwhile."))
    if version is not None and now.version != version:
        raise StaleVersion(_what_happened(now), lead=now.pk)
    raise InvalidTransition(moved.held[0].why if moved.held else refusal(now.stage, to))


@transaction.atomic
def move_many(
    *,
    lead_ids: Iterable[int],
    to: str,
    versions: Mapping[int, int] | None = None,
    by: User,
    at: datetime | None = None,
) -> Moved:
    """Put each lead to a stage where hers allows it and nobody changed her since; the rest is named."""
    seen = versions or {}
    rows = [row for row in locked(lead_ids) if not row.deleted_at and not row.merged_into_id]
    stale = [row for row in rows if seen.get(row.pk, row.version) != row.version]
    ready = [row for row in rows if row not in stale and row.stage != to]
    able = [row for row in ready if may_advance(row.stage, to)]
    held = [Held(row, _("somebody changed it meanwhile")) for row in stale]
    held += [Held(row, refusal(row.stage, to)) for row in ready if row not in able]
    moved = advance_many(lead_ids=[row.pk for row in able], to=to, by=by, reason="hand", at=at)
    return Moved(moved, {row.pk: row for row in able}, held)


def refusal(stage: str, to: str) -> str:
    """Why a lead does not go there."""
    return _("A lead cannot go from %(from)s to %(to)s.") % {
        "from": LeadStage(stage).label,
        "to": LeadStage(to).label,
    }


def _what_happened(lead: Lead) -> str:
    last = Event.objects.filter(lead_id=lead.pk).order_by("-id").first()
    actor = User.objects.filter(pk=last.actor_id).first() if last and last.actor_id else None
    who = actor.first_name if actor else _("Somebody")
    if last and last.kind == Kind.LEAD_ADVANCED:
        words = _("%(who)s moved this lead to %(stage)s.")
        return words % {"who": who, "stage": LeadStage(lead.stage).label}
    return _("%(who)s changed this lead.") % {"who": who}


# --- Undo: a signed memory of how leads stood, good for a minute and for who made the move ------------


def memory_of(moved: Moved, by: User) -> str:
    """What `undo_many` needs to put the leads back to how they stood."""
    rows = [_remembered(moved.before[lead.pk], lead) for lead in moved.leads]
    return _MEMORY.keep(rows, by)


def _remembered(before: Lead, after: Lead) -> dict[str, Any]:
    return {
        "lead": after.pk,
        "version": after.version,
        "stage": before.stage,
        "furthest": before.furthest_stage,
        "since": before.stage_since.isoformat(),
        "status": before.status,
        "disposition": before.disposition,
    }


@transaction.atomic
def undo_many(token: str, *, by: User, at: datetime | None = None) -> list[Lead]:
    """Take back what one moved, all or nothing. Raises Conflict when it is too late, StaleVersion
    when somebody changed one of the leads since, Invalid for what is not hers to undo."""
    at = at or clock.now()
    memories = {memory["lead"]: memory for memory in _MEMORY.read(token, by)}
    rows = [row for row in locked(memories) if not row.deleted_at and not row.merged_into_id]
    if len(rows) < len(memories):
        raise Conflict(_("This lead is gone. Somebody put it in the trash meanwhile."))
    for row in rows:
        if row.version != memories[row.pk]["version"]:
            raise StaleVersion(_what_happened(row), lead=row.pk)
    was = {row.pk: snapshot(row) for row in rows}
    for row in rows:
        _put_back(row, memories[row.pk], by, at)
    remember(rows, was, by=by, at=at)
    return rows


def _put_back(row: Lead, memory: Mapping[str, Any], by: User, at: datetime) -> None:
    left, reached = row.stage, row.stage_since
    row.stage, row.furthest_stage = memory["stage"], memory["furthest"]
    row.status, row.disposition = memory["status"], memory["disposition"]
    row.stage_since = parse_datetime(memory["since"]) or at
    row.version += 1
    row.save(
        update_fields=[
            "stage", "furthest_stage", "status", "disposition", "stage_since", "version",
        ]
    )  # fmt: skip
    # what was never meant was never reached
    column = STAMP[left]
    LeadCycle.objects.filter(lead=row, **{column: reached}).update(**{column: None})
    data = {"from": left, "to": row.stage, "reason": "undo"}
    record(Kind.LEAD_ADVANCED, lead_id=row.pk, by=by, data=data, at=at)
