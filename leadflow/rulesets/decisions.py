"""Writing decisions down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadflow.kit import clock
from leadflow.rulesets.models import Decision, RuleVersion


@dataclass(frozen=True)
class Made:
    """What `decide()` said about one lead at one revision of her state."""

    lead_id: int
    revision: int
    outcome: str
    trace: Mapping[str, Any]


def record_many(
    version: RuleVersion, made: Sequence[Made], *, at: datetime | None = None
) -> list[Decision]:
    """Keep these decisions; one that is known already (same lead, version, revision) is left alone."""
    at = at or clock.now()
    rows = [
        Decision(
            version=version,
            lead_id=one.lead_id,
            revision=one.revision,
            outcome=one.outcome,
            trace=dict(one.trace),
            at=at,
        )
        for one in made
    ]
    Decision.objects.bulk_create(rows, batch_size=2_000, ignore_conflicts=True)
    return rows
