"""What hand-overs hold of a person: what sales wrote when it took her or sent her back."""

from typing import Any

from leadflow.handover.models import Handover
from leadflow.models import Lead
from leadflow.services.privacy import Holder


def _export(lead: Lead) -> list[dict[str, Any]]:
    rows = Handover.objects.filter(lead=lead).order_by("id")
    told = rows.values("state", "why", "reason", "note", "offered_at", "decided_at")
    return [dict(row) for row in told]


def _erase(leads: list[Lead]) -> None:
    """The rows stay, so that numbers do not move; not what was written about her."""
    Handover.objects.filter(lead__in=leads).update(note="")


HOLDER = Holder("handovers", _export, _erase)
