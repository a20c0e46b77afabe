"""An import as a run: one chunk, one transaction, one checkpoint."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from leadflow.imports import services
from leadflow.imports.models import Import
from leadflow.runs.registry import RunKind, register
from leadflow.runs.working import Work


def work(work: Work) -> Mapping[str, Any]:
    """Write the ledger, then take in what is pending until nothing is."""
    imported = Import.objects.get(pk=work.args["import"])
    if imported.lines is None:
        with work.chunk() as chunk:
            chunk.by, chunk.total = 0, services.stage(imported)
    else:
        work.expect(imported.lines)
    left = 1
    while left:
        imported.refresh_from_db()
        with work.chunk() as chunk:
            left = chunk.by = services.apply_chunk(imported)
    services.finish(imported)
    return {"import": imported.pk}


def _result_url(data: Mapping[str, Any]) -> str:
    return reverse("imports:result", args=[data["import"]])


def install() -> None:
    """Make imports a kind of run."""
    register(RunKind("import", _("Import"), work, heavy=True, result_url=_result_url))
