"""Facts of behaviour: appended once each, whoever reports them twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from leadflow.events.kinds import Kind
from leadflow.events.log import record_many
from leadflow.kit import clock
from leadflow.models import Campaign, Channel, Engagement, Lead, Origin, Source, Touchpoint
from leadflow.models.together import Together


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


@transaction.atomic
def append(facts: Sequence[Fact], *, origin: str = Origin.LIVE) -> int:
    """Append the facts that are new; records `engagement.recorded` once per lead that a human moved.

    Returns how many facts were new.
    """
    now = clock.now()
    before = _count(facts)
    Engagement.objects.bulk_create(_rows(facts, origin, now), ignore_conflicts=True)
    new = _count(facts) - before
    if new:
        _record(facts, origin, now)
    return new


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
            value=f.value, occurred_at=f.at or now, origin=origin,
        )
        for f in facts
    ]  # fmt: skip


def _count(facts: Sequence[Fact]) -> int:
    return Engagement.objects.filter(
        lead__in={f.lead_id for f in facts},
        source_type__in={f.source_type for f in facts},
        source_id__in={f.source_id for f in facts},
    ).count()


def _record(
    facts: Sequence[Fact], origin: str, now: datetime, together: Together | None = None
) -> None:
    human = [f for f in facts if f.actor_class == Engagement.Actor.HUMAN]
    for kind in sorted({f.kind for f in human}):
        rows = [f for f in human if f.kind == kind]
        record_many(
            Kind.ENGAGEMENT_RECORDED,
            sorted({f.lead_id for f in rows}),
            by=None,
            data={"kind": kind, "label": rows[0].label[:200]},
            at=rows[0].at or now,
            origin=origin,
            together=together,
        )


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
    """Append a marketing touch: how the person came to us this time."""
    point = Touchpoint(
        lead=lead,
        source=source,
        campaign=campaign,
        channel=channel or (source.channel if source else Channel.DIRECT),
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
