"""Host names of the organisation: added, pointed here, checked, one of them the main one."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.console.forms.hosts import HomeForm, HostForm
from leadflow.console.page import saved
from leadflow.models import PublicHost
from leadflow.services import hosts, organisation
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest

HERE = "console:hosts"


@access("settings.edit")
def host_list(request: HtmxHttpRequest) -> HttpResponse:
    """The names with their state and what is still to be done, and a form for another."""
    form = HostForm(request.POST or None)
    if form.is_valid() and form.attempt(lambda: hosts.add(by=request.user, **form.cleaned_data)):
        return saved(request, reverse(HERE), _("Added. Now point it here, then check it."))
    rows = hosts.known()
    context = {
        "form": form,
        "rows": [(row, hosts.dns_name(row), hosts.url_of(row.name)) for row in rows],
        "app_host": urlsplit(settings.PUBLIC_BASE_URL).hostname,
        "app_url": settings.PUBLIC_BASE_URL,
        "proof_path": hosts.PROOF_PATH,
        "base": hosts.base_url(),
    }
    return render(request, "console/hosts.html", context, status=form.status)


@access("settings.edit")
def host_edit(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Where the bare name leads."""
    host = get_object_or_404(PublicHost, pk=pk)
    form = HomeForm(request.POST or None, instance=host)
    if form.is_valid():
        organisation.save_object(row=host, values=form.cleaned_data, by=request.user)
        return saved(request, reverse(HERE), _("Saved."))
    context = {"form": form, "title": host.name, "intro": _("Where its first page leads.")}
    return render(request, "console/screen.html", context, status=form.status)


@access("settings.edit")
@require_POST
def host_check(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Look for the token there."""
    host = hosts.check(host=get_object_or_404(PublicHost, pk=pk), by=request.user)
    sentence = (
        _("%(name)s works.") % {"name": host.name}
        if not host.problem
        else _("%(name)s does not lead here yet. What was found stands beside it.")
        % {"name": host.name}
    )
    return saved(request, reverse(HERE), sentence)


@access("settings.edit")
@require_POST
def host_main(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """New links begin with this name."""
    host = hosts.make_main(host=get_object_or_404(PublicHost, pk=pk), by=request.user)
    return saved(request, reverse(HERE), _("New links begin with %(name)s.") % {"name": host.name})


@access("settings.edit")
@require_POST
def host_remove(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Answer to this name no more."""
    hosts.remove(host=get_object_or_404(PublicHost, pk=pk), by=request.user)
    return saved(request, reverse(HERE), _("Removed."))
