"""The gallery of recipes: whole sequences and automations to begin from."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from leadflow.people.access import allowed
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from nurturing import rules
from nurturing.services import recipes
from nurturing.services.automations import documents
from nurturing.services.steps import step_name


@dataclass(frozen=True)
class Card:
    """One recipe on the wall, with its steps in words."""

    recipe: recipes.Recipe
    kind: str
    steps: list[str]


def _cards() -> Iterable[Card]:
    for one in recipes.SEQUENCES.values():
        found = rules.all_steps(one.document()["steps"])
        yield Card(one, "sequence", [step_name(step) for step in found if step["type"] != "wait"])
    for one in recipes.AUTOMATIONS.values():
        steps = one.document()["steps"]
        yield Card(one, "automation", [documents.step_words(step) for step in steps])


@require_safe
@access("sequence.view")
def gallery(request: HtmxHttpRequest) -> HttpResponseBase:
    """Every recipe with what it does and what it needs."""
    cards = list(_cards())
    context = {
        "sequences": [card for card in cards if card.kind == "sequence"],
        "automations": [card for card in cards if card.kind == "automation"],
        "can_edit": allowed(request.user, "sequence.edit"),
    }
    return render(request, "nurturing/recipes.html", context)


@require_POST
@access("sequence.edit")
def use(request: HtmxHttpRequest) -> HttpResponse:
    """Make a draft of one and open it."""
    kind, key = request.POST.get("kind", ""), request.POST.get("recipe", "")
    if kind == "sequence" and key in recipes.SEQUENCES:
        made = recipes.use_sequence(recipes.SEQUENCES[key], by=request.user)
        url = made.get_absolute_url()
    elif kind == "automation" and key in recipes.AUTOMATIONS:
        url = recipes.use_automation(recipes.AUTOMATIONS[key], by=request.user).get_absolute_url()
    else:
        raise Http404
    messages.success(request, _("A draft of your own. Nothing runs before you publish it."))
    return redirect(request, url)
