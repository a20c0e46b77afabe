"""The pages that say what is wrong with the leads, and put it right."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from leadflow.desk.quality import Found, look, look_at, shares
from leadflow.desk.remedies import offers
from leadflow.desk.tables import LEAD_FILTERS, leads_of
from leadflow.models import Twin
from leadflow.people.access import allowed
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest

SHOWN = 10  # leads of a fault, to see what it is about


@require_safe
@access("lead.view")
def quality(request: HtmxHttpRequest) -> HttpResponse:
    """Each fault with its number, which opens the rows; filtered as the list is, by source and owner."""
    applied = LEAD_FILTERS.read(request)
    query = {key: request.GET.getlist(key) for key in request.GET if key != "rule"}
    context = {
        "applied": applied,
        "found": look(applied.narrow(leads_of(request.user)), request.user, query),
        "twins": Twin.objects.visible_to(request.user).count()
        if allowed(request.user, "lead.merge")
        else None,
        "query": urlencode(query, doseq=True),
        "list_url": reverse("desk:leads"),
    }
    return render(request, "desk/quality.html", context)


@require_safe
@access("lead.view")
def fault(request: HtmxHttpRequest, key: str) -> HttpResponse:
    """The leads with one fault, and what may be done about all of them at once."""
    applied = LEAD_FILTERS.read(request)
    query = {name: request.GET.getlist(name) for name in request.GET if name != "rule"}
    found = look_at(key, applied.narrow(leads_of(request.user)), request.user, query)
    if found is None:
        raise Http404
    context = {
        "applied": applied,
        "found": found,
        "rows": found.rows.select_related("source", "owner").order_by("-pk")[:SHOWN],
        "offers": list(offers(found, request.user)),
        "shared": [
            (_("By source"), _("No source"), _links("source", found, query)),
            (_("By owner"), _("No owner"), _links("owner", found, query)),
        ],
        "list_url": reverse("desk:leads"),
    }
    return render(request, "desk/quality_fault.html", context)


def _links(by: str, found: Found, query: Mapping[str, Sequence[str]]) -> list[tuple[str, str, int]]:
    """The address of this page for each source or owner of its leads, its name and its number."""
    rest = {key: value for key, value in query.items() if key not in (by, "page", "after")}
    here = reverse("desk:quality-fault", args=[found.fault.key])
    return [
        (f"{here}?{urlencode({**rest, by: [pk]}, doseq=True)}" if pk else "", name or "", n)
        for pk, name, n in shares(found, by)
    ]
