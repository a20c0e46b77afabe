"""Settings: whether visitors are followed, and what makes an answer suspect."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from capture.forms.visitors import VisitorsForm
from capture.models import VisitorPolicy
from capture.services import policies
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect


@access("settings.edit")
def visitors(request: HtmxHttpRequest) -> HttpResponse:
    """The policy on visitors, and the line that puts the tracker on a site."""
    form = VisitorsForm(request.POST or None, instance=VisitorPolicy.current())
    if form.is_valid():
        policies.change(by=request.user, values=form.cleaned_data)
        messages.success(request, _("Saved. Sites that carry the tracker know it within minutes."))
        return redirect(request, request.path)
    context = {
        "form": form,
        "title": _("Visitors"),
        "intro": _(
            "Who is followed on your sites, how long it stays, and which answers wait for a look."
        ),
        "snippet": f'<script src="{settings.PUBLIC_BASE_URL}/track.js" async></script>',
    }
    return render(request, "capture/visitors.html", context, status=form.status)
