"""What an automation would have done, what it did, and what it said before."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from leadflow.errors import Invalid
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, render_part
from nurturing.forms.automations import trigger_words
from nurturing.models import AutomationRun
from nurturing.selectors import automations as selectors
from nurturing.services.automations import documents, trying
from nurturing.views.automations import automation_or_404, head

PAGE = 50


@require_safe
@access("automation.edit")
def try_on(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The draft on the last month: what it would have met, and what would be done."""
    automation = automation_or_404(pk)
    context = head(request, automation, "try")
    document = context["version"].document
    try:
        tried = trying.try_on(document)
    except Invalid as error:
        tried = None
        context["wrong"] = error.message
    seen = selectors.visible([one.record for one in tried.sample], request.user) if tried else set()
    context |= {
        "tried": tried,
        "sample": [one for one in tried.sample if one.record.pk in seen] if tried else [],
        "unseen": sum(one.record.pk not in seen for one in tried.sample) if tried else 0,
        "most": max((n for _day, n in tried.days), default=0) if tried else 0,
        "trigger": trigger_words(document),
        "condition": documents.rule_words(document),
        "steps": [documents.step_words(step) for step in document["steps"]],
        "limit": trying.MOST,
    }
    return render(request, "nurturing/automation_try.html", context)


@dataclass(frozen=True)
class Page:
    """One page of the log, keyed by the time and the id that it begins after."""

    rows: list[tuple[AutomationRun, Any, list[tuple[str, str]]]]
    count_words: str
    next_url: str
    previous_url: str = ""


@require_safe
@access("automation.view")
def log(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """What it did and did not do, newest first, as far as the reader may see what it was about."""
    automation = automation_or_404(pk)
    state = request.GET.get("state", "")
    context = head(request, automation, "log") | {
        "state": state,
        "states": AutomationRun.State.choices,
        "page": _page(request, selectors.runs(automation, request.user, state=state), state),
    }
    return render_part(request, "nurturing/automation_log.html", "rows", context)


def _page(request: HtmxHttpRequest, rows: Any, state: str) -> Page:
    after = _place(request.GET.get("before", ""))
    if after is not None:
        at, pk = after
        rows = rows.filter(Q(at__lt=at) | Q(at=at, pk__lt=pk))
    found = list(rows[: PAGE + 1])
    kept = found[:PAGE]
    about = selectors.subjects(kept, request.user)
    words: dict[tuple[int, str], str] = {
        (row.version_id, step["id"]): "" for row in kept for step in row.version.document["steps"]
    }
    for version in {row.version for row in kept}:
        for step in version.document["steps"]:
            words[version.pk, step["id"]] = documents.step_words(step)
    lines = [
        (row, about.get(row.pk),
         [(words.get((row.version_id, one["id"]), one["type"]), one["reason"]) for one in row.steps])
        for row in kept
    ]  # fmt: skip
    more = ""
    if len(found) > PAGE:
        last = f"{kept[-1].at.isoformat()},{kept[-1].pk}"
        more = "?" + urlencode({"state": state, "before": last})
    count = ngettext("%(n)s entry on this page", "%(n)s entries on this page", len(kept))
    back = f"?{urlencode({'state': state})}" if after else ""
    return Page(lines, count % {"n": len(kept)}, more, back)


def _place(told: str) -> tuple[datetime, int] | None:
    """The entry after which a page begins; the newest page for what is none."""
    time, _comma, pk = told.partition(",")
    try:
        at = datetime.fromisoformat(time)
    except ValueError:
        return None
    if at.tzinfo is None or not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    return at, int(pk)


@require_safe
@access("automation.view")
def versions(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Every version in words, the newest first; an earlier one can decide again."""
    automation = automation_or_404(pk)
    rows = automation.rule_set.versions.select_related("published_by", "saved_by")
    context = head(request, automation, "versions") | {
        "versions": [
            (
                row,
                trigger_words(row.document),
                documents.rule_words(row.document),
                [documents.step_words(step) for step in row.document["steps"]],
            )
            for row in rows.order_by("-number")[:PAGE]
        ],
        "none": _("Everybody"),
    }
    return render(request, "nurturing/automation_versions.html", context)
