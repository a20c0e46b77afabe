"""When a form is open, and how it looks."""

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from capture.forms.look import LookForm
from capture.selectors import why_closed
from capture.services import forms
from capture.views.manage import form_or_404, tab_context
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect


@access("form.edit")
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def look(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Opening, closing, the limit and the look, on one page with the form beside them."""
    row = form_or_404(request, pk)
    form = LookForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        forms.save_look(form=form.save(commit=False), theme=form.theme())
        messages.success(request, _("Saved. Visitors see it at once."))
        return redirect(request, request.path)
    shown = form_or_404(request, pk)
    context = tab_context(request, shown, "look") | {"form": form, "closed": why_closed(shown)}
    return render(request, "capture/look.html", context, status=form.status)
