"""What happens after somebody sent a form: the words, what she gets, who is told, whose the lead is."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from capture.blocks.asking import questions
from capture.forms.staff import AfterForm, MagnetForm, RoutingForm
from capture.models import Form, Magnet
from capture.selectors import reports as filling
from capture.selectors.after import behind
from capture.services import forms, promises, reports
from capture.views.manage import form_or_404, tab_context
from capture.views.public import public_page
from leadflow.models import Organisation
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect


@access("form.edit")
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def after(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """All of it on one page, with what the visitor sees beside it."""
    row = form_or_404(request, pk)
    told = request.POST if request.method == "POST" else None
    form = AfterForm(told, instance=row)
    magnet = MagnetForm(told, instance=_magnet(row), prefix="magnet", paths=promises.paths_of(row))
    routing = RoutingForm(told, prefix="routing", references=row.references)
    if told is not None and all([form.is_valid(), magnet.is_valid(), routing.is_valid()]):
        _save(form, magnet, routing)
        messages.success(request, _("Saved. It applies from the next answer on."))
        return redirect(request, request.path)
    saved = form_or_404(request, pk)
    context = tab_context(request, saved, "after") | {"behind": behind(saved)}
    context |= {"form": form, "magnet": magnet, "routing": routing}
    context |= {"names": promises.paths_of(row), "has_report": promises.report_of(row) is not None}
    status = max(form.status, magnet.status, routing.status)
    return render(request, "capture/after.html", context, status=status)


def _magnet(form: Form) -> Magnet:
    """How the form hands over; a form that does not yet sends nothing until somebody says so."""
    return promises.magnet_of(form) or Magnet(form=form, sends_mail=False)


def _save(form: AfterForm, magnet: MagnetForm, routing: RoutingForm) -> None:
    forms.save_after(
        form=form.save(commit=False),
        notify=form.cleaned_data["notify"],
        tags=form.tags(),
        references=routing.references(),
    )
    if magnet.is_wanted:
        reports.save_magnet(magnet=magnet.save(commit=False), given=magnet.cleaned_data["files"])


@access("form.edit")
@require_safe
@xframe_options_exempt
def preview(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The thank-you page and the mail as they are saved, for somebody called Ada."""
    row = form_or_404(request, pk)
    magnet = promises.magnet_of(row)
    found = promises.sample_links(row)
    context: dict[str, Any] = {
        "links": found if magnet is not None and magnet.is_on_page else [],
        "preview": True,
    }
    if magnet is not None and magnet.sends_mail:
        answers = filling.sample(questions(row.draft))
        brand = Organisation.current()
        with override(brand.language):
            subject, text = promises.sample_words(magnet, answers, brand, found)
        context |= {"subject": subject, "text": text}
    return public_page(request, row, "capture/public/after.html", context, around="'self'")
