"""The marketer's screens of a form's report: built from blocks, tried with made-up answers, published."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_POST, require_safe

from capture.blocks.asking import questions
from capture.forms.answers import form_class, posted
from capture.models import Report
from capture.selectors import reports as filling
from capture.services import reports
from capture.views.manage import form_or_404, tab_context
from leadflow.conditions.zone import here
from leadflow.kit.clock import now
from leadflow.models import Organisation
from leadflow.web import editor
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from leadflow.web.visitors import visitor_page


def report_or_404(request: HtmxHttpRequest, pk: int) -> Report:
    """The report of a form that this person may see."""
    found = filling.report_of(form_or_404(request, pk))
    if found is None:
        raise Http404
    return found


@access("form.view")
@require_safe
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def build(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The editor of the report; or what a report is for, where the form has none."""
    form = form_or_404(request, pk)
    context = tab_context(request, form, "report")
    found = filling.report_of(form)
    if found is None:
        return render(request, "capture/report_none.html", context)
    context["report"] = found
    context["next_number"] = (found.live.number if found.live else 0) + 1
    context["editor"] = editor.start(
        request,
        found,
        draft_url=reverse("capture:report-draft", args=[pk]),
        preview_url=reverse("capture:report-preview", args=[pk]),
        can_edit=context["can_edit"],
    )
    return render(request, "capture/report.html", context)


@access("form.edit")
@require_POST
def start(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Make the report of a form, with the form's own results in it."""
    report = reports.start(form=form_or_404(request, pk), by=request.user)
    return redirect(request, report.get_absolute_url())


@access("form.edit")
@require_POST
def draft(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The editor saves."""
    return editor.save(request, report_or_404(request, pk), by=request.user)


@access("form.view")
@require_safe
@xframe_options_exempt
def preview(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The draft with made-up answers, inside the editor only."""
    found = report_or_404(request, pk)
    pdf_url = reverse("capture:report-preview-pdf", args=[pk])
    context = {"report": _sample(found), "pdf_url": pdf_url}
    response = visitor_page(request, "capture/public/report.html", context)
    policy = response.headers["Content-Security-Policy"]
    response.headers["Content-Security-Policy"] = policy.replace(
        "frame-ancestors 'none'", "frame-ancestors 'self'"
    )
    return response


@access("form.view")
@require_safe
def preview_pdf(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The draft with made-up answers, on paper."""
    brand = Organisation.current()
    with override(brand.language):
        document = reports.as_pdf(_sample(report_or_404(request, pk)), at=now(), brand=brand)
    response = HttpResponse(document, content_type="application/pdf")
    response.headers["Content-Disposition"] = 'attachment; filename="report-preview.pdf"'
    return response


def _sample(report: Report) -> filling.Filled:
    """The draft as somebody would read it who answered with the first of everything."""
    content = report.form.draft
    asked = questions(content)
    told: dict[str, Any] = filling.sample(asked)
    form = form_class(content)
    bound = form(posted(form, told), at=here(now()))
    bound.is_valid()
    with override(Organisation.current().language):
        return filling.filled(report.draft, asked=asked, answers=told | bound.answers(), at=now())


@access("form.edit")
@require_POST
def publish(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Give this report to whoever sends the form from now on."""
    version = reports.publish(
        report=report_or_404(request, pk), by=request.user, revision=editor.revision_of(request)
    )
    messages.success(
        request,
        _(
            "Version %(n)d of the report is live. Visitors get it by email and on the thank-you page."
        )
        % {"n": version.number},
    )
    return redirect(request, reverse("capture:report", args=[pk]))


@access("form.edit")
@require_POST
def withdraw(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Hand it over no more; who has it keeps it."""
    reports.withdraw(report=report_or_404(request, pk))
    messages.success(request, _("New visitors get no report. Those who have one keep it."))
    return redirect(request, reverse("capture:report", args=[pk]))
