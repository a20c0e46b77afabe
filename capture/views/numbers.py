"""The tabs Numbers of a form and of a landing page."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from capture.selectors.numbers import (
    Change,
    Line,
    Numbers,
    numbers_of,
    numbers_of_page,
    whole_of,
    whole_of_page,
)
from capture.selectors.unfinished import kept_of
from capture.selectors.windows import RANGES, Window, window_of
from capture.views import manage, pages
from leadflow.people.access import allowed
from leadflow.web import csv
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest


@access("form.view")
@require_safe
def numbers(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Openings, beginnings and answers of a form, beside the time before, and where people stop."""
    form, window = manage.form_or_404(request, pk), window_of(request.GET)
    found = numbers_of(form, start=window.start, end=window.end)
    before = whole_of(form, start=window.before, end=window.start)
    context = manage.tab_context(request, form, "numbers") | _shown(found, before, window)
    context["kept"] = kept_of(form)
    return render(request, "capture/numbers.html", context)


@access("form.view")
@require_safe
def of_page(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Openings of a landing page, beside the time before, and what was begun and sent on it."""
    page, window = pages.page_or_404(request, pk), window_of(request.GET)
    found = numbers_of_page(page, start=window.start, end=window.end)
    before = whole_of_page(page, start=window.before, end=window.start)
    context = pages.tab_context(request, page, "numbers") | _shown(found, before, window)
    context["can_read"] = allowed(request.user, "answer.view")
    return render(request, "capture/page_numbers.html", context)


def _shown(found: Numbers, before: Line, window: Window) -> dict[str, Any]:
    context: dict[str, Any] = {"numbers": found, "window": window, "days": window.days}
    return context | {
        "ranges": RANGES,
        "change": Change(found.whole, before),
        "today": localdate(),
    }


@access("form.view")
@require_POST
def export(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The numbers of a form as a CSV file; counts alone, nobody in them."""
    form, window = manage.form_or_404(request, pk), window_of(request.GET)
    return _sheet(form.name, numbers_of(form, start=window.start, end=window.end))


@access("form.view")
@require_POST
def export_of_page(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The numbers of a landing page as a CSV file."""
    page, window = pages.page_or_404(request, pk), window_of(request.GET)
    return _sheet(page.name, numbers_of_page(page, start=window.start, end=window.end))


def _sheet(name: str, found: Numbers) -> HttpResponseBase:
    header = [_("Of"), _("Name"), _("Openings"), _("Began"), _("Sent"), _("Left after it")]
    return csv.export(f"{name} numbers", header, _lines(found))


def _lines(found: Numbers) -> Iterator[list[Any]]:
    groups = (
        (_("All"), [found.whole]),
        (_("Source"), found.sources),
        (_("Device"), found.devices),
        (_("Variant"), found.variants),
    )
    for of, lines in groups:
        for line in lines:
            yield [of, line.name, line.views, line.starts, line.sent, ""]
    steps = [*found.steps, *(step for one in found.standing for step in one.steps)]
    for step in steps:
        yield [_("Question"), step.label, "", step.answered.count, "", step.left]
