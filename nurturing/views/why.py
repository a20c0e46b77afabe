"""Why somebody got a mail of a sequence or a broadcast, or did not."""

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from leadflow.kit import clock
from leadflow.models import Lead
from leadflow.people.access import allowed
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest
from nurturing.services import why
from nurturing.views import broadcasts as of_broadcasts
from nurturing.views.build import head, sequence_or_404


@require_safe
@access("sequence.view")
def of_sequence(request: HtmxHttpRequest, pk: int, lead: int) -> HttpResponseBase:
    """Each step of her walks, what happened there and when."""
    sequence = sequence_or_404(pk)
    row = get_object_or_404(Lead.objects.visible_to(request.user), pk=lead)
    context = head(request, sequence, "people") | {
        "lead": row,
        "why": why.of_sequence(sequence, row, at=clock.now()),
        "can_open": allowed(request.user, "outbox.view"),
    }
    return render(request, "nurturing/why.html", context)


@require_safe
@access("broadcast.view")
def of_broadcast(request: HtmxHttpRequest, pk: int, lead: int) -> HttpResponseBase:
    """One sentence about one mail."""
    row = of_broadcasts.broadcast_or_404(request, pk)
    person = get_object_or_404(Lead.objects.visible_to(request.user), pk=lead)
    found = why.recipient(row, person)
    context = of_broadcasts.head(request, row, "people") | {
        "lead": person,
        "recipient": found,
        "sentence": why.of_recipient(found),
        "can_open": allowed(request.user, "outbox.view"),
    }
    return render(request, "nurturing/why_broadcast.html", context)
