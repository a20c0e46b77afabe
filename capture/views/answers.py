"""What visitors sent: the table of a form, all answers together, one answer with its raw post."""

import json
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from capture import selectors
from capture.forms.staff import SiftForm
from capture.models import Submission, SubmissionQuerySet
from capture.selectors import experiments, narrowing, sifting, summaries, suspects
from capture.selectors.windows import day_of
from capture.services import promises, submissions
from capture.views.manage import form_or_404, tab_context
from leadflow.assets import uploads
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
        Filter(
            "variant",
            gettext_lazy("A/B test"),
            choices=experiments.choices,
            build=experiments.shown_as,
        ),
        Filter("page", gettext_lazy("Landing page"), "page__in", choices=narrowing.pages),
        Filter("said", gettext_lazy("Answer"), build=narrowing.said),
        Filter(
            "reached",
            gettext_lazy("Came as far as"),
            choices=lambda: [(one.value, one.label) for one in narrowing.REACHED],
            build=narrowing.reached,
        ),
        Filter(
            "days",
            gettext_lazy("In the last days"),
            choices=lambda: [(one, one) for one in narrowing.DAYS],
            build=narrowing.within,
        ),
        Filter("from", gettext_lazy("First day"), build=narrowing.since, takes=day_of),
        Filter("to", gettext_lazy("Last day"), build=narrowing.until, takes=day_of),
    ]
)


@access("answer.view")
@require_safe
def all_answers(request: HtmxHttpRequest) -> HttpResponseBase:
    """Answers of all forms together."""
    rows = Submission.objects.visible_to(request.user)
    context = _table(request, _narrowed(request, rows)) | {"counts": selectors.counts(rows)}
    return render(request, "capture/all_answers.html", context)


@access("answer.view")
@require_safe
def of_form(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The answers of one form."""
    form = form_or_404(request, pk)
    rows = Submission.objects.visible_to(request.user).filter(form=form)
    context = tab_context(request, form, "answers") | {"counts": selectors.counts(rows)}
    context |= {"look": request.GET.get("look", ""), "q": request.GET.get("q", "")}
    context["kept"] = _kept(request, {"q", "after"})
    found, context["rule"] = sifting.matching(
        _narrowed(request, rows), form, request.GET.get("rule", "")
    )
    if context["look"] == "chart":
        context |= {"charts": summaries.charts(found, selectors.all_questions(form))}
        return render(request, "capture/answers_chart.html", context | _chips(request))
    if context["look"] == "board":
        asked = selectors.all_questions(form)
        context |= {"board": summaries.board(found, asked, request.GET.get("by"))}
        return render(request, "capture/answers_board.html", context | _chips(request))
    return render(request, "capture/answers.html", context | _table(request, found))


@access("answer.view")
@require_safe
def rule_dialog(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The rule builder over one form's answers, holding the rule in use; read when it is opened."""
    known = sifting.catalogue(form_or_404(request, pk))
    form = SiftForm(known, initial={"rule": request.GET.get("rule", "")})
    context = {"form": form, "pk": pk, "kept": _kept(request, {"rule", "after"})}
    return render(request, "capture/answer_rule.html", context)


def _kept(request: HtmxHttpRequest, but: set[str]) -> list[tuple[str, str]]:
    """What of the address goes along when a form sends the rest anew."""
    return [
        (key, value) for key in request.GET if key not in but for value in request.GET.getlist(key)
    ]


def _chips(request: HtmxHttpRequest) -> dict[str, Any]:
    return {"applied": FILTERS.read(request)}


def _table(request: HtmxHttpRequest, rows: QuerySet[Submission]) -> dict[str, Any]:
    page = ANSWERS.page(request, rows.select_related("form", "version", "lead"))
    lines = [(row, selectors.told(row)[:3]) for row in page.rows]
    return {"page": page, "lines": lines} | _chips(request)


def _narrowed(request: HtmxHttpRequest, rows: SubmissionQuerySet) -> QuerySet[Submission]:
    """The filters of the address and its search words; without a filter, the answers that count."""
    applied = FILTERS.read(request)
    if not applied.chips:
        rows = rows.counted()
    return summaries.telling(applied.narrow(rows), request.GET.get("q", ""))


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
        "promised": promises.promises_anything(row.form),
        "files": uploads.held_by(submissions.HOLDER, row.pk),
        "reasons": suspects.reasons_of(row),
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


@access("form.edit")
@require_POST
def trash(request: HtmxHttpRequest, pk: int, submission: int) -> HttpResponse:
    """Put an answer in the trash, or take it out again."""
    row = submissions.trash(submission=_one(request, pk, submission), by=request.user)
    if row.state == Submission.State.TRASHED:
        messages.success(request, _("It is in the trash. The lead that it became stays."))
    else:
        messages.success(request, _("It is back."))
    return redirect(request, reverse("capture:answer", args=[pk, submission]))


@access("form.edit")
@require_POST
def resend(request: HtmxHttpRequest, pk: int, submission: int) -> HttpResponse:
    """Send once more what the visitor was promised."""
    promises.resend(submission=_one(request, pk, submission), by=request.user)
    messages.success(request, _("It is on its way again, with fresh links."))
    return redirect(request, reverse("capture:answer", args=[pk, submission]))


@require_POST
@access("answer.view")
def export(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The answers as a CSV file, safe to open in a spreadsheet; the export is on record."""
    form = form_or_404(request, pk)
    rows = FILTERS.read(request).narrow(
        Submission.objects.visible_to(request.user).filter(form=form)
    )
    rows = summaries.telling(rows, request.GET.get("q", ""))
    rows, _rule = sifting.matching(rows, form, request.GET.get("rule", ""))
    asked = selectors.all_questions(form)
    submissions.note_export(form=form, rows=rows.count(), by=request.user)
    lines = selectors.export_rows(rows.order_by("pk").iterator(chunk_size=500), asked)
    return csv.export(f"{form.name} answers", selectors.export_header(asked), lines)
