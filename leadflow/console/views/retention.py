"""Whom the retention policy would erase: looked at first, then switched on."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from leadflow.console.page import saved
from leadflow.models import Lead, Organisation
from leadflow.runs.models import Run
from leadflow.services import retention
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest

SHOWN = 50
COUNTED = 1_000


@require_safe
@access("settings.edit")
def dry_run(request: HtmxHttpRequest) -> HttpResponse:
    """The dry run: how many, the first of them by name, and the switch."""
    ids = retention.dry_run(limit=COUNTED + 1)
    rows = (
        Lead.objects.visible_to(request.user)
        .filter(pk__in=ids[:SHOWN])
        .select_related("owner")
        .order_by("pk")
    )
    context = {
        "current": Organisation.current(),
        "count": min(len(ids), COUNTED),
        "is_more": len(ids) > COUNTED,
        "rows": rows,
        "last": Run.objects.visible_to(request.user)
        .filter(kind=retention.KIND)
        .order_by("-pk")
        .first(),
    }
    return render(request, "console/retention.html", context)


@require_POST
@access("settings.edit")
def confirm(request: HtmxHttpRequest) -> HttpResponse:
    """Let each night erase from now on."""
    retention.confirm(by=request.user)
    return saved(request, reverse("console:retention"), _("Erasing starts tonight after two."))


@require_POST
@access("settings.edit")
def pause(request: HtmxHttpRequest) -> HttpResponse:
    """Erase nobody any more."""
    retention.pause(by=request.user)
    return saved(
        request, reverse("console:retention"), _("Nobody is erased until you confirm again.")
    )
