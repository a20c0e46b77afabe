"""Won, lost, open again: what has to be said before a deal moves there."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done, redirect, render_part, trigger
from pipeline import forms
from pipeline.models import Deal
from pipeline.services import deals
from pipeline.views.board import sent, undo_url
from pipeline.views.deals import find


@access("deal.move")
def win(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Ask what was agreed and when, then close as won."""
    found = find(request, pk, "deal.move")
    form = forms.WinForm(sent(request), deal=found)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        if form.attempt(
            lambda: deals.win(
                found,
                amount=values["amount"],
                checks=form.checks,
                won_at=forms.moment_of(values["on"], opened_at=found.opened_at),
                version=values["version"],
                by=request.user,
            )
        ):
            words = _("Won: %(name)s") % {"name": found.name}
            return closed(request, words, found, form.result)
    return asking(
        request, form, found, _("Won %(name)s?") % {"name": found.name}, _("Close as won")
    )


@access("deal.move")
def lose(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Ask why, then close as lost; with `?later=1` ask when to come back."""
    found = find(request, pk, "deal.move")
    later = "later" in request.GET
    form = forms.LoseForm(sent(request), deal=found, later=later)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        if form.attempt(
            lambda: deals.lose(
                found,
                reason=values["reason"],
                objection=values.get("objection"),
                competitor=form.winner,
                return_on=values["return_on"],
                version=values["version"],
                by=request.user,
            )
        ):
            words = _("Lost: %(name)s") % {"name": found.name}
            return closed(request, words, found, form.result)
    question = _("Not now for %(name)s?") if later else _("Lost %(name)s?")
    verb = _("Come back later") if later else _("Close as lost")
    return asking(request, form, found, question % {"name": found.name}, verb)


def closed(request: HtmxHttpRequest, words: str, before: Deal, after: Deal) -> HttpResponse:
    """Told with a way back; the board reads itself again."""
    undo = undo_url(before, after, request.user)
    response = done(request, words, undo=undo, back=after.get_absolute_url())
    if not request.htmx:
        return response
    return trigger(response, **{"lf:close-dialog": True, "lf:board": True})


def asking(
    request: HtmxHttpRequest, form: Any, found: Deal, question: str, verb: str
) -> HttpResponse:
    """The question as a dialog for htmx, else as a page."""
    context = {
        "form": form,
        "deal": found,
        "question": question,
        "verb": verb,
        "action": request.get_full_path(),
        "kind": "danger-filled"
        if isinstance(form, forms.LoseForm) and not form.later
        else "filled",
    }
    return render_part(request, "pipeline/closing.html", "question", context, status=form.status)


@require_POST
@access("deal.move")
def reopen(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Open a closed deal again where it was closed."""
    found = find(request, pk, "deal.move")
    deals.reopen(found, by=request.user)
    return redirect(request, reverse("pipeline:deal", args=[found.pk]))
