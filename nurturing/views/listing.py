"""The list of sequences: made, doubled, put away."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from leadflow.people.access import allowed
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from nurturing import selectors
from nurturing.forms import NewForm
from nurturing.models import Sequence
from nurturing.services import sequences
from nurturing.views import shown
from nurturing.views.build import sequence_or_404


@require_safe
@access("sequence.view")
def sequence_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """Every sequence with who enters, who is inside and what came of it."""
    view = "archived" if request.GET.get("view") == "archived" else "living"
    found = Sequence.objects.living()
    if view == "archived":
        found = Sequence.objects.filter(state=Sequence.State.ARCHIVED)
    rows = list(found.select_related("owner").order_by("name"))
    figures = selectors.figures([row.pk for row in rows])
    documents, names = selectors.documents_of(rows), selectors.triggers_to_choose()
    empty = selectors.Figures()
    context = {
        "rows": [
            (row, figures.get(row.pk, empty), shown.trigger_words(documents[row.pk], names))
            for row in rows
        ],
        "view": view,
        "can_edit": allowed(request.user, "sequence.edit"),
        "can_read_texts": allowed(request.user, "broadcast.view"),
        "form": NewForm(),
    }
    return render(request, "nurturing/list.html", context)


@require_POST
@access("sequence.edit")
def create(request: HtmxHttpRequest) -> HttpResponse:
    """Make a sequence and open it."""
    made = sequences.create(name=request.POST.get("name", "").strip()[:120], by=request.user)
    return redirect(request, made.get_absolute_url())


@require_POST
@access("sequence.edit")
def duplicate(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Another with the same steps, as a draft."""
    made = sequences.duplicate(sequence_or_404(pk), by=request.user)
    messages.success(request, _("This is a copy, and a draft. Nobody enters it by itself."))
    return redirect(request, made.get_absolute_url())
