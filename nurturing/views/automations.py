"""The list of automations, and the editor of one: when, if, then."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leadflow.errors import Invalid
from leadflow.kit import clock
from leadflow.people.access import allowed
from leadflow.rulesets import selectors as rulesets
from leadflow.rulesets.models import RuleVersion
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from nurturing.forms.automations import (
    AutomationAboutForm,
    NameForm,
    WhenForm,
    step_form,
    trigger_words,
)
from nurturing.forms.steps import StepForm
from nurturing.models import Automation
from nurturing.selectors import automations as selectors
from nurturing.services.automations import documents, editing
from nurturing.services.automations.triggers import TRIGGERS

PALETTE = (
    ("enrol", lazy("Enrol in a sequence"), "route"),
    ("todo", lazy("To-do or call"), "checkbox"),
    ("notify", lazy("Notify"), "bell"),
    ("tag", lazy("Tag"), "tag"),
    ("list", lazy("List"), "users-group"),
    ("set_field", lazy("Set a field"), "edit"),
    ("move_stage", lazy("Move to a stage"), "stairs"),
    ("score_event", lazy("Score event"), "gauge"),
    ("webhook", lazy("Webhook"), "webhook"),
    ("text", lazy("Text message"), "device-mobile"),
)
ICONS = {kind: icon for kind, _label, icon in PALETTE}


def automation_or_404(pk: int) -> Automation:
    """The automation; everybody who may see automations sees all of them."""
    return get_object_or_404(Automation.objects.select_related("rule_set", "owner"), pk=pk)


def edited(automation: Automation) -> RuleVersion:
    """The draft, else what runs, else what ran last."""
    version = rulesets.editable(automation.rule_set)
    version = version or automation.rule_set.versions.order_by("-number").first()
    if version is None:
        raise Http404
    return version


def head(request: HtmxHttpRequest, automation: Automation, tab: str) -> dict[str, Any]:
    """What the head of every tab shows."""
    version = edited(automation)
    return {
        "automation": automation,
        "version": version,
        "is_draft": version.state == RuleVersion.State.DRAFT,
        "live": rulesets.current(automation.rule_set),
        "tab": tab,
        "can_edit": allowed(request.user, "automation.edit") and automation.state != "archived",
    }


@require_safe
@access("automation.view")
def automation_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """Every automation with what sets it off and what it did lately."""
    rows = list(Automation.objects.living().select_related("owner").order_by("name"))
    told = selectors.figures([row.pk for row in rows], clock.now())
    texts = selectors.documents(rows)
    nothing = selectors.Figures()
    lines = [
        (row, trigger_words(texts[row.rule_set_id]), told.get(row.pk, nothing)) for row in rows
    ]
    context = {
        "lines": lines,
        "can_edit": allowed(request.user, "automation.edit"),
        "form": NameForm(),
    }
    return render(request, "nurturing/automations.html", context)


@require_POST
@access("automation.edit")
def create(request: HtmxHttpRequest) -> HttpResponse:
    """Make an automation and open it."""
    made = editing.create(name=request.POST.get("name", "").strip()[:120], by=request.user)
    return redirect(request, made.get_absolute_url())


@require_safe
@access("automation.view")
def automation(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """When it begins, what it asks, what it does; `?kind=` shows the form of another beginning."""
    row = automation_or_404(pk)
    kind = request.GET.get("kind", "")
    if kind and kind not in TRIGGERS:
        raise Http404
    return _page(request, row, when=_when(row, kind) if kind else None)


def _when(row: Automation, kind: str, data: Any = None) -> WhenForm:
    initial = WhenForm.reads(edited(row).document, kind)
    return WhenForm(data, kind=kind, here=row.get_absolute_url(), initial=initial)


@require_POST
@access("automation.edit")
def when(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """When it begins and what it asks, saved together."""
    row = automation_or_404(pk)
    if request.POST.get("kind") not in TRIGGERS:
        raise Invalid(_("Choose when it begins."))
    form = _when(row, request.POST["kind"], request.POST)
    if not form.is_valid():
        return _page(request, row, when=form)
    messages.success(request, _("Saved. Publish it to let it count."))
    return _save(request, row, dict(edited(row).document) | form.part())


def _page(
    request: HtmxHttpRequest,
    row: Automation,
    *,
    when: WhenForm | None = None,
    chosen: str = "",
    form: StepForm | None = None,
) -> HttpResponse:
    context = head(request, row, "edit")
    document = context["version"].document
    chosen = chosen or request.GET.get("step", "")
    step = next((one for one in document["steps"] if one["id"] == chosen), None)
    if step is not None and form is None:
        here = f"{row.get_absolute_url()}?step={chosen}"
        told = dict(step) | ({"field": request.GET["field"]} if "field" in request.GET else {})
        form = step_form(told, here=here)
    kind = document["trigger"]["kind"]
    wrong: dict[str, list[str]] = {}
    for place, sentence in documents.problems(document):
        wrong.setdefault(place, []).append(sentence)
    context |= {
        "when": when or _when(row, kind),
        "trigger": trigger_words(document),
        "condition": documents.rule_words(document),
        "steps": [
            (one, documents.step_words(one), ICONS[one["type"]], wrong.get(one["id"], []))
            for one in document["steps"]
        ],
        "palette": PALETTE,
        "chosen": step,
        "form": form,
        "problems": _named(row, document, wrong),
    }  # fmt: skip
    status = max((one.status for one in (when, form) if one is not None), default=200)
    return render(request, "nurturing/automation.html", context, status=status)


def _named(
    row: Automation, document: Mapping[str, Any], wrong: Mapping[str, list[str]]
) -> list[tuple[str, str]]:
    """(where it is put right, sentence) of what keeps it from being published, with the step named."""
    here = row.get_absolute_url()
    names = {str(one["id"]): documents.step_words(one) for one in document["steps"]}
    found = []
    for place, some in wrong.items():
        url = f"{here}?step={place}#step-{place}" if place in names else f"{here}#lf-when"
        for said in some:
            words = {"step": names.get(place, ""), "problem": said}
            named = _("%(step)s: %(problem)s") % words if place in names else said
            found.append((url, named))
    return found


def _save(
    request: HtmxHttpRequest, row: Automation, document: Mapping[str, Any], chosen: str = ""
) -> HttpResponse:
    """Keep the draft; somebody else's save since is a conflict."""
    given = request.POST.get("revision", "")
    draft = rulesets.draft(row.rule_set)
    revision = int(given) if draft and given.isascii() and given.isdigit() else None
    editing.save_draft(row, document=document, by=request.user, revision=revision)
    url = row.get_absolute_url()
    return redirect(request, f"{url}?step={chosen}#step-{chosen}" if chosen else url)


@require_POST
@access("automation.edit")
def step_add(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """A step from the palette, at the end."""
    row = automation_or_404(pk)
    document = dict(edited(row).document)
    step = documents.new_step(request.POST.get("type", ""))
    return _save(request, row, document | {"steps": [*document["steps"], step]}, step["id"])


def _place_of(document: Mapping[str, Any], step_id: str) -> int:
    ids = [one["id"] for one in document["steps"]]
    if step_id not in ids:
        raise Http404
    return ids.index(step_id)


@require_POST
@access("automation.edit")
def step_save(request: HtmxHttpRequest, pk: int, step: str) -> HttpResponse:
    """What was typed into the properties of a step."""
    row = automation_or_404(pk)
    document = dict(edited(row).document)
    place = _place_of(document, step)
    steps = list(document["steps"])
    form = step_form(steps[place], data=request.POST)
    if not form.is_valid():
        return _page(request, row, chosen=step, form=form)
    steps[place] = steps[place] | form.part()
    return _save(request, row, document | {"steps": steps}, step)


@require_POST
@access("automation.edit")
def step_move(request: HtmxHttpRequest, pk: int, step: str) -> HttpResponse:
    """One place up or down, to a place among the others where it was dropped, or away."""
    row = automation_or_404(pk)
    document = dict(edited(row).document)
    place = _place_of(document, step)
    steps = list(document["steps"])
    moved = steps.pop(place)
    match request.POST.get("to"):
        case "up":
            steps.insert(max(0, place - 1), moved)
        case "down":
            steps.insert(place + 1, moved)
        case "away":
            return _save(request, row, document | {"steps": steps})
        case str(to) if to.isascii() and to.isdigit() and len(to) < 4 and int(to) <= len(steps):
            steps.insert(int(to), moved)
        case _:
            raise Http404
    return _save(request, row, document | {"steps": steps}, step)


@require_http_methods(["GET", "HEAD", "POST"])
@access("automation.edit")
def about(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Name and owner."""
    row = automation_or_404(pk)
    form = AutomationAboutForm(
        request.POST or None, initial={"name": row.name, "owner": row.owner_id}
    )
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        if form.attempt(lambda: editing.rename(row, by=request.user, **data)):
            return redirect(request, row.get_absolute_url())
    context = head(request, row, "about") | {"form": form}
    return render(request, "nurturing/automation_about.html", context, status=form.status)


@require_POST
@access("automation.edit")
def publish(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Let the draft react from now on."""
    row = automation_or_404(pk)
    given = request.POST.get("revision", "")
    revision = int(given) if given.isascii() and given.isdigit() else None
    version = editing.publish(row, by=request.user, revision=revision)
    words = _("Version %(n)s reacts to what happens from now on.")
    messages.success(request, words % {"n": version.number})
    return redirect(request, row.get_absolute_url())


@require_POST
@access("automation.edit")
def switch(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Pause, resume or put away."""
    row = automation_or_404(pk)
    acts = {"pause": editing.pause, "resume": editing.resume, "archive": editing.archive}
    act = acts.get(request.POST.get("to", ""))
    if act is None:
        raise Http404
    act(row, by=request.user)
    away = request.POST.get("to") == "archive"
    return redirect(request, reverse("nurturing:automations") if away else row.get_absolute_url())


@require_POST
@access("automation.edit")
def rollback(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Let an earlier version decide again."""
    row = automation_or_404(pk)
    given = request.POST.get("version", "")
    if not (given.isascii() and given.isdigit() and len(given) < 9):
        raise Invalid(_("Choose a version."))
    to = get_object_or_404(row.rule_set.versions, number=int(given))
    editing.rollback(row, to=to, by=request.user)
    messages.success(request, _("Version %(n)s decides again.") % {"n": to.number})
    return redirect(request, reverse("nurturing:automation-versions", args=[pk]))
