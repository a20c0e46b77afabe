"""The story of a lead as a fragment that any page embeds by its address."""

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from leadflow.assets import uploads
from leadflow.kit.text import one_line
from leadflow.models import Lead
from leadflow.people.access import reaches
from leadflow.services import pins
from leadflow.timeline import selectors
from leadflow.web.downloads import as_download
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect, render_part


@access("lead.view")
def lead(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """What happened to a lead; `?group=calls` and `?q=` narrow it, `?until=` ends it, `?before=` pages on."""
    person = get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)
    group = request.GET.get("group", "")
    group = group if group in selectors.GROUPS else ""
    before = request.GET.get("before", "")
    words = one_line(request.GET.get("q", ""))[:200]
    until = moment(request.GET.get("until", ""))
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
        "may_pin": reaches(request.user, "lead.edit", person),
        "more_url": f"{request.path}?{urlencode(scope)}",
    }
    return render_part(request, "timeline/lead.html", "entries", context)


@require_POST
@access("lead.edit")
def pin(request: HtmxHttpRequest, pk: int, event: int) -> HttpResponse:
    """Keep an entry at the top of her story, or no more where `pinned` is 0."""
    person = get_object_or_404(Lead.objects.visible_to(request.user, "lead.edit"), pk=pk)
    found = pins.event_of(person, event)
    if found is None or not selectors.is_readable(found, request.user):
        raise Http404
    is_kept = request.POST.get("pinned") != "0"
    (pins.pin if is_kept else pins.unpin)(lead=person, event=found, by=request.user)
    messages.success(request, _("Pinned to the top") if is_kept else _("Unpinned"))
    return redirect(request, person.get_absolute_url())


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


def moment(text: str) -> datetime | None:
    """An instant with its zone as ISO 8601; nonsense ends nothing."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None
