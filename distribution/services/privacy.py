"""What routing holds of a person: what its rules read of her when she was given to somebody."""

from typing import Any

from distribution.models import Assignment
from leadflow.models import Lead
from leadflow.models.erasing import erasing
from leadflow.services.privacy import Holder


def _export(lead: Lead) -> list[dict[str, Any]]:
    rows = Assignment.objects.filter(lead=lead).order_by("id")
    return [dict(row) for row in rows.values("pool__name", "reason", "trace", "at")]


def _erase(leads: list[Lead]) -> None:
    """That she was routed stays, so that numbers do not move; not by what."""
    with erasing():
        Assignment.objects.filter(lead__in=leads).update(trace={})


HOLDER = Holder("assignments", _export, _erase)
