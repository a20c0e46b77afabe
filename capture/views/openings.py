"""The rows behind the tabs Numbers: each opening of a form or a page, without anybody's name."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from capture.selectors import experiments, openings
from capture.selectors.numbers import labels_on, question_labels
from capture.selectors.windows import window_of
from capture.views import manage, pages
from leadflow.people.access import allowed
from leadflow.web.filters import Filter, FilterSet
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest
from leadflow.web.tables import Column, Table

OPENINGS = Table(
    "capture.openings",
    columns=[
        Column("at", _("Opened"), sort="seen_at", always=True),
        Column("end", _("Came as far as")),
        Column("source", _("Where from")),
        Column("device", _("Device")),
        Column("variant", _("Variant"), default=False),
    ],
    default_sort="-at",
)
DEVICES = {
    "desktop": _("Desktop"), "phone": _("Phone"), "tablet": _("Tablet"), openings.NOT_TOLD: _("Not told"),
}  # fmt: skip


def _in(values: list[str]) -> Q:
    return Q(variant__in=[int(value) for value in values])


COMMON = [
    Filter("got", _("Came as far as"), choices=lambda: [*openings.GOT.items()], build=openings.by_end),
    Filter("source", _("Where from"), build=openings.by_source),
    Filter("device", _("Device"), choices=lambda: [*DEVICES.items()], build=openings.by_device),
    Filter("variant", _("A/B test"), choices=experiments.choices, build=_in),
]  # fmt: skip
STOPS = [
    Filter("answered", _("Answered"), build=openings.by_answer),
    Filter("last", _("Last answered"), build=openings.by_last),
]
ON = Filter("on", _("Form"), choices=openings.forms, build=openings.by_form)
OF_PAGE = FilterSet([*COMMON, *STOPS, ON])
OF_FORM = FilterSet([*COMMON, *STOPS])


@access("form.view")
@require_safe
def of_form(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The openings of a form that its numbers count."""
    form, window = manage.form_or_404(request, pk), window_of(request.GET)
    context = manage.tab_context(request, form, "numbers") | {"frame": "capture/tabs.html"}
    rows = openings.of_form(form, window)
    return _listed(request, rows, OF_FORM, context | {"labels": question_labels(form)})


@access("form.view")
@require_safe
def of_page(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The openings of a landing page that its numbers count."""
    page, window = pages.page_or_404(request, pk), window_of(request.GET)
    context = pages.tab_context(request, page, "numbers") | {"frame": "capture/page_tabs.html"}
    context["labels"] = labels_on(page)
    return _listed(request, openings.of_page(page, window), OF_PAGE, context)


def _listed(
    request: HtmxHttpRequest, rows: QuerySet[Any], filters: FilterSet, context: dict[str, Any]
) -> HttpResponseBase:
    applied = filters.read(request)
    page, labels = OPENINGS.page(request, applied.narrow(rows)), context.pop("labels", {})
    context["lines"] = [
        (row, labels.get(row.last, row.last) if labels else "") for row in page.rows
    ]
    context |= {"page": page, "applied": applied, "window": window_of(request.GET)}
    context["can_read"] = allowed(request.user, "answer.view")
    return render(request, "capture/openings.html", context)
