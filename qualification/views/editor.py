"""The score model: read in words, changed one rule at a time, looked at before it is published."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from leadflow.errors import Invalid
from leadflow.people.access import allowed
from leadflow.rulesets.models import RuleVersion
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from qualification.forms import FORMS, AttributeForm, EventForm, GateForm
from qualification.services import changeover, editing, models, wording
from qualification.services.preview import preview as look_ahead

HOME = "/scoring/"
TITLES = {
    "attributes": gettext_lazy("Who they are"),
    "events": gettext_lazy("What they did"),
    "gates": gettext_lazy("Gate"),
}


@access("score.view")
def scoring(request: HtmxHttpRequest) -> HttpResponseBase:
    """The model in words, with the draft's changes where there is one."""
    version = editing.draft()
    context = {
        "version": version,
        "is_draft": version.state == RuleVersion.State.DRAFT,
        "live": models.live(),
        "model": wording.shown(version.document),
        "history": wording.history(),
        "running": changeover.running(),
        "may_edit": allowed(request.user, "score.edit"),
    }
    return render(request, "qualification/scoring.html", context)


def known_section(section: str) -> str:
    """A part of the model that holds rules; 404 for another word."""
    if section not in FORMS:
        raise Http404
    return section


@access("score.edit")
def rule(request: HtmxHttpRequest, section: str) -> HttpResponseBase:
    """Add a rule to a part of the model, or edit the one named by `?rule=`."""
    name = request.GET.get("rule", "")
    document = editing.draft().document
    initial = editing.find(document, known_section(section), name) if name else None
    form = FORMS[known_section(section)](request.POST or None, initial=initial)
    if (
        request.method == "POST"
        and form.is_valid()
        and form.attempt(lambda: _put(request, form, section, name))
    ):
        messages.success(request, _("Kept in the draft. Nobody's score has changed yet."))
        return redirect(request, HOME)
    context = {
        "form": form, "section": section, "name": name, "title": TITLES[section],
        "groups": editing.groups(document),
    }  # fmt: skip
    return render(request, "qualification/rule.html", context, status=form.status)


def _put(
    request: HtmxHttpRequest, form: AttributeForm | GateForm | EventForm, section: str, name: str
) -> RuleVersion:
    return editing.put_rule(section=section, replacing=name, rule=form.as_rule(), by=request.user)


@require_POST
@access("score.edit")
def drop(request: HtmxHttpRequest, section: str) -> HttpResponse:
    """Take a rule out of the draft."""
    editing.drop_rule(
        section=known_section(section), name=request.POST.get("rule", ""), by=request.user
    )
    return redirect(request, HOME)


@require_POST
@access("score.edit")
def threshold(request: HtmxHttpRequest) -> HttpResponse:
    """Which cells of grade and band qualify, and which forms do at once."""
    editing.set_threshold(
        cells=request.POST.getlist("cell"), hand_raise=request.POST.getlist("form"),
        by=request.user,
    )  # fmt: skip
    messages.success(request, _("Kept in the draft. Nobody's score has changed yet."))
    return redirect(request, HOME)


@require_POST
@access("score.edit")
def caps(request: HtmxHttpRequest) -> HttpResponse:
    """The most that each group of event rules gives."""
    groups, limits = request.POST.getlist("group"), request.POST.getlist("cap")
    editing.set_caps(caps={g: number(c) for g, c in zip(groups, limits, strict=False)},
                     by=request.user)  # fmt: skip
    messages.success(request, _("Kept in the draft. Nobody's score has changed yet."))
    return redirect(request, HOME)


def number(text: str) -> float | None:
    """A limit as it was typed; nothing means none. Raises Invalid."""
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        raise Invalid(_("A limit is a number from 1 to 1,000.")) from None


@access("score.edit")
def preview(request: HtmxHttpRequest) -> HttpResponseBase:
    """What publishing the draft would change, and the button that does it."""
    version = editing.draft()
    if version.state != RuleVersion.State.DRAFT:
        return redirect(request, HOME)
    context: dict[str, Any] = {
        "version": version,
        "live": models.live(),
        "model": wording.shown(version.document),
    }
    if request.GET.get("part") == "numbers":
        try:
            context["preview"] = look_ahead(version, by=request.user)
        except Invalid as error:
            context["problem"] = error
        return render(request, "qualification/preview_numbers.html", context)
    return render(request, "qualification/preview.html", context)


@require_POST
@access("score.edit")
def publish(request: HtmxHttpRequest) -> HttpResponse:
    """Let the draft score from now on."""
    revision = request.POST.get("revision", "")
    editing.publish(
        by=request.user,
        note=request.POST.get("note", "")[:500],
        revision=int(revision) if revision.isdecimal() else None,
        offer=request.POST.get("offer") == "yes",
        enrol=request.POST.get("enrol") == "yes",
    )
    messages.success(request, _("Published. Everybody is being scored anew."))
    return redirect(request, HOME)


@require_POST
@access("score.edit")
def discard(request: HtmxHttpRequest) -> HttpResponse:
    """Throw the draft away."""
    editing.discard(by=request.user)
    messages.success(request, _("The draft is gone."))
    return redirect(request, HOME)


@require_POST
@access("score.edit")
def rollback(request: HtmxHttpRequest) -> HttpResponse:
    """Let an earlier version score again."""
    chosen = request.POST.get("number", "")
    editing.rollback(number=int(chosen) if chosen.isdecimal() else 0, by=request.user)
    messages.success(request, _("Version %s scores again.") % chosen)
    return redirect(request, HOME)
