"""The doors of the shell: theme, keys, the component gallery."""

import re

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.errors import Invalid
from leadflow.web import board
from leadflow.web.gallery import gallery_context
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, back_to, redirect


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


_KEY = re.compile(r"[a-z0-9-]{1,40}")


@require_POST
@access("self.edit")
def fold(request: HtmxHttpRequest) -> HttpResponse:
    """A column of a board is folded, or opened again."""
    key, column = request.POST.get("board", ""), request.POST.get("column", "")
    if not (_KEY.fullmatch(key) and _KEY.fullmatch(column)):
        raise Invalid(_("There is no such column."))
    board.fold(request.user, key=key, column=column, is_folded=request.POST.get("folded") == "1")
    return HttpResponse(status=204)


def next_of(request: HtmxHttpRequest) -> str:
    """Where to go back to: only ever a page of our own."""
    return back_to(request, "/")
