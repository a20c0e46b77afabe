"""The lines of a file that made a person go with her."""

from typing import Any

from leadflow.imports.models import ImportRow
from leadflow.models import Lead
from leadflow.services.privacy import Holder, register


def _of(lead_ids: list[int]) -> Any:
    return ImportRow.objects.filter(imported__entity__in=["lead", "intent"], object_id__in=lead_ids)


def _export(lead: Lead) -> list[dict[str, Any]]:
    rows = _of([lead.pk]).select_related("imported").order_by("pk")
    return [
        {"file": row.imported.file_name, "line": row.line_no, "values": row.raw, "state": row.state}
        for row in rows
    ]


def _erase(leads: list[Lead]) -> None:
    _of([lead.pk for lead in leads]).update(raw=[], reason="", undo={})


def install() -> None:
    """Answer for what the ledger of imports holds of a person."""
    register(Holder("imports", _export, _erase))
