"""What the settings show of each adapter: whether it is on, and what it filled lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count

from leadflow.kit import clock
from leadflow.models import Organisation, ProvidedValue
from leadflow.services.enrichment import label_of
from leadflow.services.lookups.adapters import Adapter, installed

LATELY = timedelta(days=30)
CAP = 10_000  # values that are counted of one adapter; more is told as more


@dataclass(frozen=True)
class Shown:
    """One adapter: what it filled in 30 days, field by field, and how much of it was taken out again."""

    adapter: Adapter
    is_on: bool
    filled: Sequence[tuple[str, int]]
    taken_out: int
    is_capped: bool = False

    @property
    def count(self) -> int:
        return sum(n for _label, n in self.filled)


def shown(*, at: datetime | None = None) -> list[Shown]:
    """Every adapter, in its order: one query for each."""
    since, off = (at or clock.now()) - LATELY, Organisation.current().lookups_off
    return [_shown(one, one.key not in off, since) for one in installed().values()]


def _shown(adapter: Adapter, is_on: bool, since: datetime) -> Shown:
    rows = ProvidedValue.objects.filter(provider=adapter.key, received_at__gte=since)
    newest = rows.order_by("-received_at").values("pk")[:CAP]
    sums: Any = (
        ProvidedValue.objects.filter(pk__in=newest)
        .order_by()
        .values("field", "state")
        .annotate(n=Count("pk"), of_leads=Count("lead"))
    )
    filled: dict[str, int] = {}
    taken_out = 0
    for row in sums:
        if row["state"] == ProvidedValue.State.DISMISSED:
            taken_out += row["n"]
            continue
        for n, is_lead in ((row["of_leads"], True), (row["n"] - row["of_leads"], False)):
            if n:
                label = label_of(_named(row["field"], is_lead), {})
                filled[label] = filled.get(label, 0) + n
    total = sum(filled.values()) + taken_out
    return Shown(adapter, is_on, sorted(filled.items()), taken_out, total >= CAP)


def _named(field: str, is_lead: bool) -> ProvidedValue:
    return ProvidedValue(field=field, lead_id=1 if is_lead else None)
