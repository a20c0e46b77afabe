"""The doors of the shell: theme, keys, the component gallery."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.people.models import Team
from leadflow.web import saved_views
from leadflow.web.gallery import gallery_context
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from leadflow.web.models import SavedView


@access("self.edit")
def gallery(request: HtmxHttpRequest) -> HttpResponseBase:
    """Every component with its arguments, for whoever builds a page."""
    return render(request, "gallery.html", gallery_context())


@require_POST
@access("self.edit")
def theme(request: HtmxHttpRequest) -> HttpResponse:
    """Light, dark, or as the device says."""
    chosen = request.POST.get("theme", "")
    if chosen in ("auto", "light", "dark"):
        request.user.theme = chosen
        request.user.save(update_fields=["theme"])
    return redirect(request, next_of(request))


@require_POST
@access("self.edit")
def keys(request: HtmxHttpRequest) -> HttpResponse:
    """Single-key shortcuts on or off."""
    request.user.single_keys = request.POST.get("single_keys") == "on"
    request.user.save(update_fields=["single_keys"])
    return redirect(request, next_of(request))


@require_POST
@access("view.save")
def view_save(request: HtmxHttpRequest) -> HttpResponse:
    """Keep the state of a list under a name; `state` is its query string."""
    team = request.POST.get("team", "")
    view = saved_views.save(
        by=request.user,
        page=request.POST.get("page", "")[:40],
        name=request.POST.get("name", ""),
        state=dict(QueryDict(request.POST.get("state", "")[: saved_views.MAX_STATE * 2]).lists()),
        shared=request.POST.get("shared", "none"),
        team=Team.objects.filter(pk=int(team)).first() if team.isdecimal() else None,
    )
    messages.success(request, _("Saved as “%(name)s”.") % {"name": view.name})
    return redirect(request, path_of(next_of(request)) + saved_views.url_of(view))


@require_POST
@access("view.save")
def view_rename(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Another name for a tab."""
    view = get_object_or_404(SavedView.objects.visible_to(request.user), pk=pk)
    saved_views.rename(by=request.user, view=view, name=request.POST.get("name", ""))
    return redirect(request, path_of(next_of(request)) + saved_views.url_of(view))


@require_POST
@access("view.save")
def view_delete(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Drop a tab."""
    view = get_object_or_404(SavedView.objects.visible_to(request.user), pk=pk)
    saved_views.delete(by=request.user, view=view)
    messages.success(
        request,
        _("The view “%(name)s” is gone. Its rows are where they were.") % {"name": view.name},
    )
    return redirect(request, path_of(next_of(request)))


def path_of(target: str) -> str:
    """Without the query."""
    return target.partition("?")[0]


def next_of(request: HtmxHttpRequest) -> str:
    """Where to go back to: only ever a page of our own."""
    target = request.POST.get("next", "")
    return target if url_has_allowed_host_and_scheme(target, allowed_hosts=None) else "/"
