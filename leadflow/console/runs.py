"""The progress of long work: a page, a fragment that any page embeds, and the way to call it off."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from leadflow.runs import registry, services
from leadflow.runs.models import Run
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, is_part, redirect, render_part


@require_safe
@access("self.edit")
def run(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """How far a run is; for who asked for it, and for admins."""
    return _shown(request, _visible(request, pk))


@require_POST
@access("self.edit")
def cancel(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Call a run off; it ends after the chunk that it is in."""
    row = services.cancel(_visible(request, pk), by=request.user)
    return (
        _shown(request, row)
        if is_part(request)
        else redirect(request, reverse("runs:run", args=[pk]))
    )


def _visible(request: HtmxHttpRequest, pk: int) -> Run:
    return get_object_or_404(Run.objects.visible_to(request.user), pk=pk)


def _shown(request: HtmxHttpRequest, row: Run) -> HttpResponse:
    context = {"run": row, "label": registry.label_of(row.kind), "result_url": _result_url(row)}
    return render_part(request, "console/run.html", "progress", context)


def _result_url(row: Run) -> str:
    if row.state != Run.State.DONE or row.kind not in {k.key for k in registry.kinds()}:
        return ""
    make = registry.kind_of(row.kind).result_url
    return make({**row.args, **row.result}) if make else ""
