"""What came of a sequence, and the rows behind each number."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from leadflow.kit import clock
from leadflow.models import Organisation
from leadflow.people.access import Scope, allowed, scope_of
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest
from nurturing import rules
from nurturing.selectors import outcomes, results
from nurturing.selectors.outcomes import Mails, Rate
from nurturing.services import documents
from nurturing.services.steps import step_name
from nurturing.views.broadcasts import number_of
from nurturing.views.build import head, sequence_or_404
from nurturing.views.casting import Page

PAGE = 50
SPANS = {"30": 30, "90": 90, "all": 0}
_COLUMNS = (
    "delivered", "bounced", "opened", "clicked", "replied", "goal", "unsubscribed", "complained",
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One number of a mail: how many, the share, and which rows are behind it."""

    what: str
    count: int
    rate: Rate


@dataclass(frozen=True)
class Line:
    """One mail of the table."""

    step_id: str
    name: str
    depth: int
    mails: Mails
    cells: list[Cell]


def names() -> dict[str, Any]:
    """What each number is called."""
    return {
        "sent": _("Sent"),
        "delivered": _("Delivered"),
        "bounced": _("Bounced"),
        "bounced_hard": _("Bounced for good"),
        "bounced_soft": _("Bounced for now"),
        "opened": _("Opened"),
        "clicked": _("Clicked"),
        "opened_by_machine": _("Opened by a machine"),
        "clicked_by_machine": _("Clicked by a machine"),
        "replied": _("Replied"),
        "goal": _("Goal after it"),
        "unsubscribed": _("Unsubscribed"),
        "complained": _("Complained"),
        "taken": _("Took this step"),
        "left_out": _("Left out"),
    }


def _since(span: str) -> Any:
    days = SPANS[span]
    return clock.now() - timedelta(days=days) if days else None


def _span(request: HtmxHttpRequest) -> str:
    span = request.GET.get("span", "90")
    if span not in SPANS:
        raise Http404
    return span


@require_safe
@access("sequence.view")
def page(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The tab Results: whole, per mail, per way, and the effect."""
    sequence, span = sequence_or_404(pk), _span(request)
    context = head(request, sequence, "results")
    since = _since(span)
    document = (context["live"] or context["version"]).document
    numbers = results.mails(sequence, since=since)
    known = rules.Tree(document["steps"]).places
    names_ = names()
    context |= {
        "span": span,
        "walks": results.walks(sequence, since=since),
        "whole": _line("", _("All mails"), 0, outcomes.total(list(numbers.values()))),
        "lines": [
            _line(step_id, step_name(place.step), place.depth, numbers.get(step_id, Mails()))
            for step_id, place in known.items()
            if place.step["type"] == "email"
        ],
        "gone": outcomes.total([one for key, one in numbers.items() if key not in known]),
        "columns": [names_[one] for one in ("sent", *_COLUMNS)],
        "names": names_,
        "effect": results.effect(sequence, at=clock.now()),
        "horizon": results.HORIZON.days,
        "goal": any((document.get("goal") or {}).values()),
        "splits": results.splits(sequence, document, _all_time(sequence, span, numbers)),
        "is_whole": scope_of(request.user, "lead.view") == Scope.ALL,
        "uncounted": _uncounted(document),
        "is_sales": documents.is_sales(document),
    }
    return render(request, "nurturing/results.html", context)


def _uncounted(document: Mapping[str, Any]) -> list[str]:
    """The numbers that nobody counts for what it sends now: letters of owners carry no counters."""
    if documents.is_sales(document):
        return ["opened", "clicked"]
    own = documents.counts_opens(document)
    counts = Organisation.current().track_opens if own is None else own
    return [] if counts else ["opened"]


def _all_time(sequence: Any, span: str, numbers: Mapping[str, Mails]) -> dict[str, Mails]:
    return dict(numbers) if span == "all" else results.mails(sequence)


def _line(step_id: str, name: str, depth: int, mails: Mails) -> Line:
    cells = [Cell(one, getattr(mails, one), mails.rate(one)) for one in _COLUMNS]
    return Line(step_id, name, depth, mails, cells)


@require_safe
@access("sequence.view")
def people(request: HtmxHttpRequest, pk: int, step: str) -> HttpResponseBase:
    """The people behind a number of a step."""
    sequence, span = sequence_or_404(pk), _span(request)
    what, words = request.GET.get("what", "sent"), names()
    if what not in words:
        raise Http404
    rows = results.behind(sequence, request.user, step=step, what=what, since=_since(span))
    before = number_of(request.GET.get("before", ""))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    kept = found[:PAGE]
    asked = {"what": what, "span": span}
    more = "?" + urlencode(asked | {"before": kept[-1].pk}) if len(found) > PAGE else ""
    count = ngettext("%(n)s person on this page", "%(n)s people on this page", len(kept))
    back = "?" + urlencode(asked) if before is not None else ""
    context = head(request, sequence, "results")
    document = (context["live"] or context["version"]).document
    known = rules.find(document["steps"], step)
    context |= {
        "page": Page(kept, count % {"n": len(kept)}, more, back),
        "label": words[what],
        "step_name": step_name(known) if known else _("A step that is gone"),
        "span": span,
        "can_open": allowed(request.user, "outbox.view"),
    }
    return render(request, "nurturing/results_people.html", context)
