"""Edits of the steps: each is a post of its own, kept at once, and can be taken back."""

from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.errors import Invalid
from leadflow.rulesets.models import RuleVersion
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, is_part, redirect, say, toast
from nurturing.forms.panes import form_for
from nurturing.models import Sequence
from nurturing.services import drafting, editing, palette
from nurturing.services.editing import Edit, Place, Steps
from nurturing.views.build import edited, page_of, seen_of, sequence_or_404


def _keep(
    request: HtmxHttpRequest, sequence: Sequence, edit: Edit, *, about: str = ""
) -> RuleVersion:
    """Edit the steps of the draft, if nobody saved since this editor looked."""
    seen = seen_of(request, edited(sequence))
    return drafting.change_steps(sequence, edit, by=request.user, seen=seen, about=about)


def answer(
    request: HtmxHttpRequest,
    sequence: Sequence,
    chosen: str = "",
    *,
    undo: str = "",
    told: str = "",
) -> HttpResponse:
    """The builder with a step chosen: what changed of it for htmx, else the whole page anew.

    `undo` says what was done, with a button that takes it back. `told` is read out, with `%(step)s` for
    the step as it stands now: who does not see the canvas hears what became of it.
    """
    view = "list" if request.POST.get("view") == "list" else ""
    url = sequence.get_absolute_url()
    asked = "&".join(f"{key}={value}" for key, value in (("step", chosen), ("view", view)) if value)
    url += f"?{asked}" if asked else ""
    if not is_part(request):
        if undo:
            say(request, undo, undo=_undo_url(sequence))
        return redirect(request, url)
    response = page_of(request, sequence, chosen=chosen, view=view, told=told)
    response.headers["HX-Replace-Url"] = url
    return toast(response, undo, undo=_undo_url(sequence)) if undo else response


def _undo_url(sequence: Sequence) -> str:
    return reverse("nurturing:draft", args=[sequence.pk]) + "?to=undo"


@require_POST
@access("sequence.edit")
def step_add(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """A step from the palette, or a copy of one: at a place, behind another, or at the end."""
    sequence = sequence_or_404(pk)
    made: list[str] = []

    def edit(steps: Steps) -> Steps:
        original = editing.locate(steps, request.POST.get("copy", ""))
        step = editing.fresh(original.step) if original else palette.new_step(_kind(request))
        made.append(step["id"])
        return editing.insert(steps, step, place_of(request, steps))

    _keep(request, sequence, edit)
    return answer(request, sequence, made[0], told=_("Added: %(step)s."))


def _kind(request: HtmxHttpRequest) -> str:
    return request.POST.get("type", "")


def place_of(request: HtmxHttpRequest, steps: Steps) -> Place:
    """Where something goes in: at a place, behind a step, or at the end."""
    if place := request.POST.get("place", ""):
        return Place.read(place)
    before = editing.locate(steps, request.POST.get("after", ""))
    return editing.after(before) if before else Place("", "", len(steps))


@require_POST
@access("sequence.edit")
def step_save(request: HtmxHttpRequest, pk: int, step: str) -> HttpResponse:
    """What was typed into the properties of a step."""
    sequence = sequence_or_404(pk)
    steps = edited(sequence).document["steps"]
    here = editing.locate(steps, step)
    if here is None:
        raise Http404
    form = form_for(here.step, steps, request.POST)
    if not form.is_valid():
        view = request.POST.get("view", "")
        return page_of(request, sequence, chosen=step, form=form, view=view)
    part = form.part()
    _keep(request, sequence, lambda now: editing.change(now, step, part), about=f"step {step}")
    return answer(request, sequence, step)


@require_POST
@access("sequence.edit")
def step_move(request: HtmxHttpRequest, pk: int, step: str) -> HttpResponse:
    """One place on, to a place that was chosen, doubled, or away."""
    sequence, to = sequence_or_404(pk), request.POST.get("to", "")
    if editing.locate(edited(sequence).document["steps"], step) is None:
        raise Http404
    if to == "away":
        return _remove(request, sequence, step)
    if to == "copy":
        return _copy(request, sequence, step)
    before = edited(sequence).revision
    after = _keep(request, sequence, lambda steps: _moved(steps, step, to)).revision
    moved = _("Moved: %(step)s.") if after != before else _("%(step)s cannot go there.")
    return answer(request, sequence, step, told=moved)


def _moved(steps: Steps, step: str, to: str) -> Steps:
    if to not in ("up", "down", "left", "right"):
        return editing.move(steps, step, Place.read(to))
    place = editing.neighbour(steps, step, to)
    return editing.move(steps, step, place) if place else steps


def _remove(request: HtmxHttpRequest, sequence: Sequence, step: str) -> HttpResponse:
    next_to: list[str] = []

    def edit(steps: Steps) -> Steps:
        here = editing.locate(steps, step)
        if here is None:
            raise Invalid(_("This step is gone. Look again."))
        next_to.append(next_beside(steps, here, [step]))
        return editing.remove(steps, step)

    _keep(request, sequence, edit)
    return answer(request, sequence, next_to[0], undo=_("The step is gone."))


def next_beside(steps: Steps, here: editing.Located, gone: Collection[str]) -> str:
    """Which step is chosen once these are gone: the one in their place, else the one that held them."""
    rest = [one["id"] for one in editing.list_at(steps, here.place) if one["id"] not in gone]
    return str(rest[min(here.place.at, len(rest) - 1)] if rest else here.place.inside)


def _copy(request: HtmxHttpRequest, sequence: Sequence, step: str) -> HttpResponse:
    made: list[str] = []

    def edit(steps: Steps) -> Steps:
        found, copy = editing.duplicate(steps, step)
        made.append(copy)
        return found

    _keep(request, sequence, edit)
    return answer(request, sequence, made[0], told=_("Doubled: %(step)s."))


@require_POST
@access("sequence.edit")
def draft(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take the last edit back, do it again, or throw the draft away."""
    sequence = sequence_or_404(pk)
    to = request.POST.get("to") or request.GET.get("to", "")
    if to == "discard":
        drafting.discard(sequence, by=request.user)
        messages.success(request, _("The draft is gone. The published version stays."))
        return redirect(request, sequence.get_absolute_url())
    acts: dict[str, Any] = {"undo": drafting.undo, "redo": drafting.redo}
    if to not in acts:
        raise Http404
    before = edited(sequence).document["steps"]
    after = acts[to](sequence, by=request.user).document["steps"]
    back = request.POST.get("back", "")
    if back in ("entry", "goal", "hours"):
        return redirect(request, reverse(f"nurturing:{back}", args=[pk]))
    told = _("Taken back.") if to == "undo" else _("Done again.")
    chosen = _touched(before, after, request.POST.get("step", ""))
    return answer(request, sequence, chosen, told=told)


def _touched(before: Steps, after: Steps, chosen: str) -> str:
    """The step that came back or says something else now; the chosen one where that is none."""
    was = {one.step["id"]: one.step for one in editing.walk(before)}
    now = [one.step for one in editing.walk(after)]
    fresh = (step["id"] for step in now if step["id"] not in was)
    other = (step["id"] for step in now if not editing.ways(step) and step != was.get(step["id"]))
    stays = (step["id"] for step in now if step["id"] == chosen)
    return str([*fresh, *other, *stays, ""][0])
