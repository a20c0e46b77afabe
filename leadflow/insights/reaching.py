"""When a person first reached each stage, over all cycles; skipped stages are implied."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Min, QuerySet
from django.db.models.functions import Least

from leadflow.models import Lead, LeadStage
from leadflow.models.stages import STAMP

STAGES: Sequence[str] = (
    LeadStage.LEAD,
    LeadStage.MQL,
    LeadStage.SAL,
    LeadStage.SQL,
    LeadStage.OPPORTUNITY,
    LeadStage.CUSTOMER,
)
_STAMPS = tuple(STAMP[stage] for stage in STAGES)


def reached_at(stage: str) -> str:
    """The annotation with the time at which a person first reached a stage, or a later one."""
    return f"reached_{stage}"


def with_stages(leads: QuerySet[Lead], *, from_subscriber: bool = False) -> QuerySet[Lead]:
    """Annotate when each stage was first reached."""
    times: dict[str, Any] = {}
    for position, stage in enumerate(STAGES):
        stamps = _STAMPS[position:]
        if from_subscriber and stage == LeadStage.LEAD:
            stamps = ("subscriber_at", *stamps)
        firsts = [Min(f"cycles__{stamp}") for stamp in stamps]
        times[reached_at(stage)] = Least(*firsts) if len(firsts) > 1 else firsts[0]
    return leads.annotate(**times)
