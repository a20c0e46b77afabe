"""The versions of a sequence: who published what and when, and the way back to one."""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from nurturing import selectors
from nurturing.services import drafting
from nurturing.views.build import head, sequence_or_404

MOST = 100


@require_safe
@access("sequence.view")
def versions(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Every version, the newest first, with who is inside."""
    sequence = sequence_or_404(pk)
    rows = sequence.rule_set.versions.select_related("published_by", "saved_by").defer("document")
    inside = selectors.inside_versions(sequence, request.user)
    context = head(request, sequence, "versions") | {
        "versions": [(row, inside.get(row.pk, 0)) for row in rows.order_by("-number")[:MOST]],
    }
    return render(request, "nurturing/versions.html", context)


@require_POST
@access("sequence.edit")
def restore(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take what an older version says as the draft; nobody enters by it before it is published."""
    sequence, number = sequence_or_404(pk), request.POST.get("number", "")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Http404
    version = get_object_or_404(sequence.rule_set.versions, number=int(number))
    drafting.change(sequence, edit=lambda _now: dict(version.document), by=request.user)
    messages.success(request, _("The draft says now what version %(n)s says.") % {"n": number})
    return redirect(request, sequence.get_absolute_url())
