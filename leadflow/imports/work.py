"""An import as a run: one chunk, one transaction, one checkpoint."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from leadflow.imports import services, undoing
from leadflow.imports.models import Import
from leadflow.runs.registry import RunKind, register
from leadflow.runs.working import Work


def work(work: Work) -> Mapping[str, Any]:
    """Take in the lines that wait, a chunk at a time, each with its lines in the ledger."""
    imported = Import.objects.get(pk=work.args["import"])
    with work.chunk() as chunk:
        chunk.total = services.measure(imported)
        chunk.by = imported.counted - work.progress  # what an earlier run of this import did
    for lines in services.waiting(imported):
        with work.chunk() as chunk:
            chunk.by = services.take(imported, lines)
    services.finish(imported)
    return {"import": imported.pk}


def _result_url(data: Mapping[str, Any]) -> str:
    return reverse("imports:result", args=[data["import"]])


def install() -> None:
    """Make imports a kind of run."""
    register(RunKind("import", _("Import"), work, heavy=True, result_url=_result_url))
    register(
        RunKind(
            "import-undo", _("Undo an import"), undoing.work, heavy=True, result_url=_result_url
        )
    )
