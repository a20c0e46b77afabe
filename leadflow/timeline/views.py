"""The story of a lead as a fragment that any page embeds by its address."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import urlencode

from leadflow.models import Lead
from leadflow.timeline import selectors
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, render_part


@access("lead.view")
def lead(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """What happened to a lead; `?group=calls` narrows it, `?before=` pages on."""
    person = get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)
    group = request.GET.get("group", "")
    group = group if group in selectors.GROUPS else ""
    before = request.GET.get("before", "")
    page = selectors.for_lead(
        person,
        request.user,
        before=int(before) if before.isdecimal() and len(before) < 19 else None,
        group=group,
    )
    context = {
        "lead": person,
        "page": page,
        "group": group,
        "more_url": f"{request.path}?{urlencode({'group': group})}",
    }
    return render_part(request, "timeline/lead.html", "entries", context)
