"""What segments hold of a person: the lists that she stood on."""

from typing import Any

from leadflow.models import Lead
from leadflow.segments import services
from leadflow.segments.models import SegmentMember
from leadflow.services.privacy import Holder


def _export(lead: Lead) -> list[dict[str, Any]]:
    rows = SegmentMember.objects.filter(lead=lead).order_by("id")
    return [dict(row) for row in rows.values("segment__name", "entered_at", "left_at")]


def _erase(leads: list[Lead]) -> None:
    services.forget([lead.pk for lead in leads])


HOLDER = Holder("segments", _export, _erase)
