"""The flow page: who reacts to what, how it is going, and another try for what failed."""

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from leadflow.events import selectors
from leadflow.events.failures import open_ids
from leadflow.events.models import EventFailure
from leadflow.events.retrying import retry as try_again
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect, render_part

# More than this many at once would keep the page waiting; the command takes all.
AT_ONCE = 200


@require_safe
@access("flow.view")
def flow(request: HtmxHttpRequest) -> HttpResponse:
    """Every kind of event with its reactions, counts and failures."""
    show_all = request.GET.get("show") == "all"
    rows = selectors.flow()
    context = {
        "rows": rows if show_all else [row for row in rows if row.reactions or row.count],
        "show_all": show_all,
        "health": selectors.health(),
        "failures": selectors.open_failures(),
    }
    return render_part(request, "console/flow.html", "state", context)


@require_POST
@access("flow.view")
def retry(request: HtmxHttpRequest) -> HttpResponse:
    """Hand failed events to their handlers again: the chosen one, or all that are open."""
    wish = request.POST.get("failure", "")
    chosen = [int(wish)] if wish.isdecimal() and len(wish) < 19 else open_ids(AT_ONCE)
    known = EventFailure.objects.filter(pk__in=chosen).values_list("pk", flat=True)
    result = try_again(sorted(known))
    if result.failed:
        words = ngettext("%(count)s failed again.", "%(count)s failed again.", result.failed)
        messages.error(request, words % {"count": result.failed})
    if result.solved:
        messages.success(request, _("%(count)s went through.") % {"count": result.solved})
    return redirect(request, reverse("flow:flow"))
