"""The text messages that steps wrote, with what became of each."""

from urllib.parse import urlencode

from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest
from nurturing.models import TextMessage
from nurturing.services.texting import carriers
from nurturing.views.broadcasts import PAGE, number_of
from nurturing.views.casting import Page


@require_safe
@access("broadcast.view")
def text_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """The newest first, as far as she may see the people."""
    state = request.GET.get("state", "")
    rows = TextMessage.objects.visible_to(request.user).select_related("lead").order_by("-pk")
    if state in TextMessage.State.values:
        rows = rows.filter(state=state)
    else:
        state = ""
    before = number_of(request.GET.get("before", ""))
    found = list((rows.filter(pk__lt=before) if before is not None else rows)[: PAGE + 1])
    kept, asked = found[:PAGE], {"state": state} if state else {}
    more = "?" + urlencode(asked | {"before": kept[-1].pk}) if len(found) > PAGE else ""
    back = "?" + urlencode(asked) if before is not None else ""
    words = ngettext("%(n)s message on this page", "%(n)s messages on this page", len(kept))
    context = {
        "page": Page(kept, words % {"n": len(kept)}, more, back),
        "state": state,
        "states": TextMessage.State.choices,
        "stays_here": carriers.is_local(),
    }
    return render(request, "nurturing/texts.html", context)
