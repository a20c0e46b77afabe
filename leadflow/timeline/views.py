"""The story of a lead as a fragment that any page embeds by its address."""

from datetime import datetime

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from leadflow.assets import uploads
from leadflow.kit.text import one_line
from leadflow.models import Lead
from leadflow.timeline import selectors
from leadflow.web.downloads import as_download
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, render_part


@access("lead.view")
def lead(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """What happened to a lead; `?group=calls` and `?q=` narrow it, `?until=` ends it, `?before=` pages on."""
    person = get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)
    group = request.GET.get("group", "")
    group = group if group in selectors.GROUPS else ""
    before = request.GET.get("before", "")
    words = one_line(request.GET.get("q", ""))[:200]
    until = _moment(request.GET.get("until", ""))
    page = selectors.for_lead(
        person,
        request.user,
        before=int(before) if before.isdecimal() and len(before) < 19 else None,
        group=group,
        words=words,
        until=until,
    )
    scope = {"group": group}
    scope |= {"q": words} if words else {}
    scope |= {"until": until.isoformat()} if until else {}
    context = {
        "lead": person,
        "page": page,
        "is_narrowed": bool(group or words),
        "more_url": f"{request.path}?{urlencode(scope)}",
    }
    return render_part(request, "timeline/lead.html", "entries", context)


@access("lead.view")
@require_safe
def file(request: HtmxHttpRequest, pk: int, upload: int) -> HttpResponse:
    """A file of a note about a lead, as a download; of somebody's private note to herself alone."""
    person = get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)
    found = selectors.file_of(person, request.user, upload)
    content = uploads.read(found) if found else None
    if found is None or content is None:
        raise Http404
    return as_download(found.name, content)


def _moment(text: str) -> datetime | None:
    """An instant with its zone as ISO 8601; nonsense ends nothing."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None
