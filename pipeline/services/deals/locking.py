"""The one frame in which deals change: boards locked, then deals; history and totals kept.

The order of locks is the same everywhere: boards, deals, leads, each in id order.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.errors import Conflict, StaleVersion
from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.history import changes
from leadflow.people.models import User
from pipeline.models import BoardRevision, Deal
from pipeline.services import totals
from pipeline.services.deals import period

# What a person sees of a deal: it has a history, and a change of it makes older views stale.
WATCHED = (
    "name", "lead", "company", "owner", "team", "kind", "pipeline", "stage", "status", "amount",
    "currency", "rate", "probability", "expected_close_on", "need", "qualified_at", "won_at", "lost_at",
    "lost_reason", "competitor", "return_on", "deleted_at", "custom",
)  # fmt: skip
_KEYS = {name: Deal._meta.get_field(name).attname for name in WATCHED}  # type: ignore[union-attr]
_STORED = [field.name for field in Deal._meta.concrete_fields]


def raise_boards(pipeline_ids: Iterable[int]) -> None:
    """Lock these boards until the transaction ends, and tell everybody who polls that they changed."""
    ids = set(pipeline_ids)
    held = BoardRevision.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    list(held.values_list("pk", flat=True))
    BoardRevision.objects.filter(pk__in=ids).update(number=F("number") + 1)


@contextmanager
def changing(
    deal_ids: Iterable[int],
    *,
    by: User | None,
    at: datetime,
    cause: str,
    boards: Iterable[int] = (),
) -> Iterator[list[Deal]]:
    """Hand out the deals locked, in id order; on leaving, store what the caller changed on them.

    `boards` names further pipelines that the change touches. Raises Conflict where commission that is
    settled would change (`period`).
    """
    deals = _locked(set(deal_ids), set(boards))
    seen = {deal.pk: _watched(deal) for deal in deals}
    stored = {deal.pk: _all(deal) for deal in deals}
    settled = {deal.pk for deal in deals if period.is_settled(deal)}
    held = totals.shares(deals)
    yield deals
    for deal in deals:
        now, was = _watched(deal), seen[deal.pk]
        moved = [name for name in now if now[name] != was[name]]
        period.check(deal, was_settled=deal.pk in settled, changed=moved)
        deal.version += bool(moved)
    touched = [deal for deal in deals if _all(deal) != stored[deal.pk]]
    if touched:
        names = _differing([(stored[deal.pk], _all(deal)) for deal in touched])
        Deal.objects.bulk_update(touched, names, batch_size=500)
    totals.apply(held, totals.shares(deals))
    changes.record_many(
        [(deal, seen[deal.pk], _watched(deal)) for deal in touched], by=by, at=at, cause=cause
    )


def _locked(ids: set[int], boards: set[int]) -> list[Deal]:
    boards |= set(Deal.objects.filter(pk__in=ids).values_list("pipeline_id", flat=True))
    raise_boards(boards)
    rows = Deal.objects.select_for_update(of=("self",)).filter(pk__in=ids)
    deals = list(rows.select_related("stage", "lead", "company", "owner").order_by("pk"))
    if {deal.pipeline_id for deal in deals} - boards:
        raise StaleVersion(_("This deal went to another pipeline meanwhile. Look again."))
    return deals


def _watched(deal: Deal) -> dict[str, Any]:
    return {name: getattr(deal, attname) for name, attname in _KEYS.items()}


def _all(deal: Deal) -> tuple[Any, ...]:
    return tuple(getattr(deal, field.attname) for field in Deal._meta.concrete_fields)


def _differing(pairs: Iterable[tuple[tuple[Any, ...], tuple[Any, ...]]]) -> list[str]:
    """The fields in which any deal differs from what is stored: a card that moves is a small update."""
    changed = {
        name
        for was, now in pairs
        for name, one, other in zip(_STORED, was, now, strict=True)
        if one != other
    }
    return sorted(changed)


def the_one(deals: list[Deal], version: int | None) -> Deal:
    """The only deal of the frame. Raises Conflict where it is gone, StaleVersion where `version`,
    which the person saw, is no longer the present one."""
    if not deals or deals[0].deleted_at:
        raise Conflict(_("This deal is in the trash. Somebody put it there meanwhile."))
    deal = deals[0]
    if version is not None and deal.version != version:
        raise StaleVersion(_what_happened(deal), deal=deal.pk)
    return deal


_SENTENCES: dict[str, Any] = {
    Kind.DEAL_MOVED: lazy("%(who)s moved this deal to %(stage)s."),
    Kind.DEAL_WON: lazy("%(who)s closed this deal as won."),
    Kind.DEAL_LOST: lazy("%(who)s closed this deal as lost."),
    Kind.DEAL_REOPENED: lazy("%(who)s opened this deal again in %(stage)s."),
}


def _what_happened(deal: Deal) -> str:
    rows = Event.objects.filter(subject_type=Deal._meta.label_lower, subject_id=deal.pk)
    last = rows.order_by("-pk").first()
    actor = User.objects.filter(pk=last.actor_id).first() if last and last.actor_id else None
    who = actor.first_name if actor else _("Somebody")
    sentence = _SENTENCES.get(last.kind) if last else None
    return str(sentence or _("%(who)s changed this deal.")) % {"who": who, "stage": deal.stage.name}
