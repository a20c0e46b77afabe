"""Deals as they stood at an earlier moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from leadflow.history import changes
from leadflow.models import Company
from leadflow.people.models import User
from pipeline.models import Deal, PipelineStage, StageKind


@dataclass(frozen=True, slots=True)
class OpenThen:
    """A deal that was open then: its stage and worth of that time, and the deal as it is today."""

    deal: Deal
    stage: str  # empty where the stage is gone since
    amount: Decimal | None
    currency: str


def open_then(user: User, company: Company, at: datetime, most: int) -> Sequence[OpenThen]:
    """The deals of a company that were open at that moment, as far as she may see them today.

    Three queries. Deals that went to the trash since are not shown.
    """
    rows = Deal.objects.visible_to(user).filter(company=company, created_at__lte=at)
    today = {deal.pk: deal for deal in rows.select_related("stage").order_by("-pk")[:most]}
    then = [
        deal
        for deal in changes.many_as_of(list(today.values()), at)
        if deal.status == StageKind.OPEN and (deal.opened_at or at) <= at
    ]
    stages = PipelineStage.objects.in_bulk({deal.stage_id for deal in then})
    return [
        OpenThen(
            today[deal.pk],
            stages[deal.stage_id].name if deal.stage_id in stages else "",
            deal.amount,
            deal.currency,
        )
        for deal in then
    ]
