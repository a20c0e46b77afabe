"""What the facts about deals carry: ids and before and after, as they were at that moment."""

from typing import Any

from pipeline.models import Deal


def told(deal: Deal, **more: Any) -> dict[str, Any]:
    """The data of a deal's event; stage names for people, ids for numbers."""
    return {
        "deal": deal.pk,
        "title": deal.name,
        "to": deal.stage.name,
        "stage": deal.stage_id,
        "amount": None if deal.amount is None else str(deal.amount),
        "currency": deal.currency,
        "company": deal.company_id,
        "owner": deal.owner_id,
        **more,
    }
