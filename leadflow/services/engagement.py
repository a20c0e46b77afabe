"""Facts of behaviour: appended once each, whoever reports them twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from leadflow.events import log
from leadflow.events.kinds import Kind
from leadflow.events.log import record_many
from leadflow.kit import clock
from leadflow.models import Campaign, Channel, Engagement, Lead, Origin, Source, Touchpoint
from leadflow.models.together import Together, insert_from
from leadflow.services import channels

Key = tuple[int, str, str, str]


@dataclass(frozen=True)
class Fact:
    """Something that a lead did; (lead, kind, source_type, source_id) makes it one fact."""

    lead_id: int
    kind: str
    source_type: str
    source_id: str
    label: str = ""
    topic: str = ""
    actor_class: str = Engagement.Actor.HUMAN
    value: Decimal | None = None
    at: datetime | None = None
    provider: str = ""
    confidence: float | None = None

    @property
    def key(self) -> Key:
        """What makes it one fact, whoever tells it twice."""
        return (self.lead_id, self.kind, self.source_type, self.source_id)


@transaction.atomic(savepoint=False)
def append(facts: Sequence[Fact], *, origin: str = Origin.LIVE) -> int:
    """Append the facts that are new; records `engagement.recorded` once per lead that a human moved.

    Returns how many facts were new.
    """
    now = clock.now()
    kept = known(facts)
    new = {fact.key: fact for fact in facts if fact.key not in kept}
    Engagement.objects.bulk_create(_rows([*new.values()], origin, now), ignore_conflicts=True)
    _record([*new.values()], origin, now)
    return len(new)


def take_back(facts: Sequence[Fact]) -> int:
    """Delete facts that were reported by mistake; how many there were.

    The caller appends what was true instead, which is the event by which sums are folded anew.
    """
    gone = 0
    for kind in sorted({fact.kind for fact in facts}):
        mine = [fact for fact in facts if fact.kind == kind]
        rows = Engagement.objects.filter(
            kind=kind,
            lead__in={fact.lead_id for fact in mine},
            source_type__in={fact.source_type for fact in mine},
            source_id__in={fact.source_id for fact in mine},
        )
        gone += rows.delete()[0]
    return gone


def append_new(facts: Sequence[Fact], *, origin: str = Origin.LIVE, together: Together) -> None:
    """Append facts that nobody can have reported yet, with the rows that they come from."""
    now = clock.now()
    together.add(_rows(facts, origin, now))
    _record(facts, origin, now, together)


def _rows(facts: Sequence[Fact], origin: str, now: datetime) -> list[Engagement]:
    return [
        Engagement(
            lead_id=f.lead_id, kind=f.kind, topic=f.topic, label=f.label[:200],
            actor_class=f.actor_class, source_type=f.source_type, source_id=f.source_id,
            value=f.value, occurred_at=f.at or now, origin=origin, provider=f.provider[:60],
            confidence=f.confidence,
        )
        for f in facts
    ]  # fmt: skip


def inserting(fact: Fact, *, source: str, origin: str) -> tuple[str, list[Any]]:
    """The parts `fact` and `told` of a larger statement: they append a fact that is new, and its event, for
    the one row of `source`. Whoever runs the statement calls `wake_on_commit` behind it."""
    now = clock.now()
    (row,) = _rows([fact], origin, now)
    sql, values = insert_from(row, source)
    parts = f"fact AS ({sql} ON CONFLICT DO NOTHING RETURNING id)"
    if fact.actor_class != Engagement.Actor.HUMAN:
        return parts, values
    event, more = log.inserting(
        Kind.ENGAGEMENT_RECORDED, source="fact", lead_id=fact.lead_id, data=_told(fact),
        at=fact.at or now, origin=origin,
    )  # fmt: skip
    return f"{parts}, told AS ({event})", values + more


def known(facts: Sequence[Fact]) -> set[Key]:
    """Which of these facts, and of those that share their sources, are kept already."""
    rows = Engagement.objects.filter(
        lead__in={f.lead_id for f in facts},
        source_type__in={f.source_type for f in facts},
        source_id__in={f.source_id for f in facts},
    )
    return set(rows.values_list("lead_id", "kind", "source_type", "source_id"))


def _record(
    facts: Sequence[Fact], origin: str, now: datetime, together: Together | None = None
) -> None:
    """One event per lead and kind, telling the first of what she did."""
    first: dict[tuple[str, int], Fact] = {}
    for fact in facts:
        if fact.actor_class == Engagement.Actor.HUMAN:
            first.setdefault((fact.kind, fact.lead_id), fact)
    told = [first[key] for key in sorted(first)]
    record_many(
        Kind.ENGAGEMENT_RECORDED,
        [fact.lead_id for fact in told],
        by=None,
        data=[_told(fact) for fact in told],
        at=[fact.at or now for fact in told],
        origin=origin,
        together=together,
    )


def _told(fact: Fact) -> dict[str, Any]:
    """What the timeline says of it."""
    data: dict[str, Any] = {"kind": fact.kind, "label": fact.label[:200]}
    if fact.provider:
        data |= {"provider": fact.provider[:60], "confidence": fact.confidence}
    return data


def touch(
    *,
    lead: Lead,
    source: Source | None,
    campaign: Campaign | None = None,
    channel: str = "",
    utm: dict[str, str] | None = None,
    referrer: str = "",
    landing: str = "",
    label: str = "",
    at: datetime | None = None,
    origin: str = Origin.LIVE,
    together: Together | None = None,
) -> Touchpoint:
    """Append a marketing touch: how the person came to us this time.

    What its link and referrer tell is read by the rules of channels; where they say nothing, `channel`
    or the source's own counts.
    """
    words = utm or {}
    is_named = source is not None and words.get("utm_source", "").lower() == source.name.lower()
    # a source that the link itself names is known better than the page that led here tells
    came_from = "" if is_named else referrer
    told = channels.of_touch(utm=words, referrer=came_from, landing=landing)
    point = Touchpoint(
        lead=lead,
        source=source,
        campaign=campaign,
        channel=told or channel or (source.channel if source else Channel.DIRECT),
        utm=utm or {},
        referrer=referrer[:500],
        landing=landing[:500],
        label=label[:200],
        occurred_at=at or clock.now(),
        origin=origin,
    )
    if together is None:
        point.save(force_insert=True)
    else:
        together.add([point])
    return point
