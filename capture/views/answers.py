"""What visitors sent: the table of a form, all answers together, one answer with its raw post."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from capture import selectors
from capture.models import Submission, SubmissionQuerySet
from capture.services import submissions
from capture.views.manage import form_or_404, tab_context
from leadflow.web import csv
from leadflow.web.filters import Filter, FilterSet
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from leadflow.web.tables import Column, Table

ANSWERS = Table(
    "capture.answers",
    columns=[
        Column("at", gettext_lazy("Received"), sort="received_at", always=True),
        Column("form", gettext_lazy("Form")),
        Column("lead", gettext_lazy("Lead")),
        Column("told", gettext_lazy("Answers")),
        Column("state", gettext_lazy("State")),
        Column("from", gettext_lazy("Came by")),
    ],
    default_sort="-at",
)
FILTERS = FilterSet(
    [
        Filter(
            "state", gettext_lazy("State"), "state__in", choices=lambda: Submission.State.choices
        ),
        Filter(
            "channel",
            gettext_lazy("Came by"),
            "channel__in",
            choices=lambda: Submission.Channel.choices,
        ),
    ]
)


@access("answer.view")
@require_safe
def all_answers(request: HtmxHttpRequest) -> HttpResponseBase:
    """Answers of all forms together."""
    rows = Submission.objects.visible_to(request.user)
    context = _table(request, rows) | {"counts": selectors.counts(rows)}
    return render(request, "capture/all_answers.html", context)


@access("answer.view")
@require_safe
def of_form(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The answers of one form."""
    form = form_or_404(request, pk)
    rows = Submission.objects.visible_to(request.user).filter(form=form)
    context = tab_context(request, form, "answers") | _table(request, rows)
    context["counts"] = selectors.counts(rows)
    return render(request, "capture/answers.html", context)


def _table(request: HtmxHttpRequest, rows: SubmissionQuerySet) -> dict[str, Any]:
    applied = FILTERS.read(request)
    if not applied.chips:
        rows = rows.counted()
    page = ANSWERS.page(request, applied.narrow(rows).select_related("form", "version", "lead"))
    lines = [(row, selectors.told(row)[:3]) for row in page.rows]
    return {"page": page, "applied": applied, "lines": lines}


def _one(request: HtmxHttpRequest, pk: int, submission: int) -> Submission:
    rows = Submission.objects.visible_to(request.user).select_related("form", "version", "lead")
    return get_object_or_404(rows, form=pk, pk=submission)


@access("answer.view")
@require_safe
def one(request: HtmxHttpRequest, pk: int, submission: int) -> HttpResponseBase:
    """One answer: in words, what became of it, and as it came over the wire."""
    row = _one(request, pk, submission)
    context = tab_context(request, form_or_404(request, pk), "answers") | {
        "row": row,
        "told": selectors.told(row),
        "raw": json.dumps(row.raw, indent=2, ensure_ascii=False, sort_keys=True),
        "headers": sorted(row.headers.items()),
    }
    return render(request, "capture/answer.html", context)


@access("form.edit")
@require_POST
def reprocess(request: HtmxHttpRequest, pk: int, submission: int) -> HttpResponse:
    """Try a waiting answer again, or take it back from spam."""
    row = submissions.reprocess(submission=_one(request, pk, submission), by=request.user)
    if row.state == Submission.State.PROCESSED:
        messages.success(request, _("Done. The answer became a lead."))
    else:
        messages.error(request, _("It did not work: %(why)s") % {"why": row.error[:200]})
    return redirect(request, reverse("capture:answer", args=[pk, submission]))


@require_POST
@access("answer.view")
def export(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The answers as a CSV file, safe to open in a spreadsheet; the export is on record."""
    form = form_or_404(request, pk)
    rows = FILTERS.read(request).narrow(
        Submission.objects.visible_to(request.user).filter(form=form)
    )
    asked = selectors.all_questions(form)
    submissions.note_export(form=form, rows=rows.count(), by=request.user)
    lines = selectors.export_rows(rows.order_by("pk").iterator(chunk_size=500), asked)
    return csv.export(f"{form.name} answers", selectors.export_header(asked), lines)
