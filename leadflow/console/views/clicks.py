"""Clicks and opens: whom they are thought to be of, and judging them again after the rules changed."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from leadflow.console.page import saved
from leadflow.errors import Invalid
from leadflow.mail import reclassifying
from leadflow.mail.models import Hit
from leadflow.models import Engagement
from leadflow.runs.models import Run
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest

HERE = "console:clicks"
_Actor = Engagement.Actor


@require_safe
@access("hit.judge")
def overview(request: HtmxHttpRequest) -> HttpResponse:
    """Who did what in 30 days, and what came of the last count or judging."""
    run = reclassifying.newest()
    is_done = run is not None and run.state == Run.State.DONE
    told = reclassifying.standing()
    context = {
        "actors": [one.label for one in _Actor],
        "rows": [
            (kind.label, [told.get(kind, {}).get(who, 0) for who in _Actor])
            for kind in (Hit.Kind.CLICK, Hit.Kind.OPEN)
        ],
        "spans": reclassifying.SPANS,
        "run": run,
        "is_done": is_done,
        "found": reclassifying.Turned.read(run.result or {}) if run and is_done else None,
    }
    return render(request, "console/clicks.html", context)


@require_POST
@access("hit.judge")
def count(request: HtmxHttpRequest) -> HttpResponse:
    """Count what judging again would change."""
    told = request.POST.get("days", "")
    if told and told not in {str(days) for days in reclassifying.SPANS}:
        raise Invalid(_("Choose one of the spans."))
    reclassifying.count(days=int(told) if told else None, by=request.user)
    return saved(request, reverse(HERE), _("It is being counted. Nothing changes yet."))


@require_POST
@access("hit.judge")
def judge(request: HtmxHttpRequest) -> HttpResponse:
    """Judge again what was counted."""
    told = request.POST.get("run", "")
    run_id = int(told) if told.isascii() and told.isdigit() and len(told) < 19 else 0
    reclassifying.apply(run_id=run_id, by=request.user)
    return saved(request, reverse(HERE), _("They are being judged again. Scores follow."))
