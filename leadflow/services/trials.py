"""When a trial began: told by a form, or by the product itself, and often by both."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from leadflow.kit import clock
from leadflow.models import Engagement, Lead
from leadflow.services import engagement

BEGUN = "trial.begun"
SAME = timedelta(days=1)  # what two sources tell of a person within so long is one trial


def begin(facts: Sequence[engagement.Fact], *, origin: str) -> int:
    """Append the trials that are new; how many. One that the other source told already is the same trial,
    so that what waits for it begins once. In the caller's transaction."""
    if not facts:
        return 0
    ids = sorted({fact.lead_id for fact in facts})
    rows = Lead.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    list(rows.values_list("pk", flat=True))  # both sources at once: the second sees the first
    told = _told_by(ids)
    return engagement.append([f for f in facts if not _is_told(f, told[f.lead_id])], origin=origin)


def _told_by(lead_ids: Iterable[int]) -> dict[int, list[tuple[str, datetime]]]:
    found: dict[int, list[tuple[str, datetime]]] = defaultdict(list)
    rows = Engagement.objects.filter(kind=BEGUN, lead__in=lead_ids)
    for pk, source, at in rows.values_list("lead_id", "source_type", "occurred_at"):
        found[pk].append((source, at))
    return found


def _is_told(fact: engagement.Fact, told: Sequence[tuple[str, datetime]]) -> bool:
    at = fact.at or clock.now()
    return any(source != fact.source_type and abs(at - when) <= SAME for source, when in told)
