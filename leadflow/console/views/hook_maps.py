"""The mapping screen: the sample as a tree at the left, our fields and what they would make at the right."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.console.forms.hooks import MapForm
from leadflow.console.page import saved
from leadflow.integrations import hooks, paths, trial
from leadflow.integrations.models import HookCall, InboundHook
from leadflow.integrations.presets import PRESETS, presets_for
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest


@access("settings.edit")
def hook_map(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The mapping with a sample; saved as a new version, or tried."""
    hook = get_object_or_404(InboundHook, pk=pk)
    form = _form(request, hook)
    is_tried = request.POST.get("do") == "try"
    if form.is_valid() and not is_tried and form.attempt(lambda: _save(request, hook, form)):
        said = _("Version %d of the mapping is in force.") % form.result.number
        return saved(request, hook.get_absolute_url(), said)
    context = {"hook": hook, "form": form, "presets": presets_for(hook.makes), **_tried(hook, form)}
    return render(
        request, "console/hook_map.html", context, status=200 if is_tried else form.status
    )


@access("settings.edit")
@require_POST
def hook_try(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """What the sample would make by the mapping as it stands in the form; nothing is written."""
    hook = get_object_or_404(InboundHook, pk=pk)
    form = _form(request, hook)
    form.is_valid()
    return render(request, "console/hook_try.html", {"hook": hook, **_tried(hook, form)})


def _save(request: HtmxHttpRequest, hook: InboundHook, form: MapForm) -> Any:
    return hooks.save_map(hook=hook, document=form.document(), by=request.user)


def _form(request: HttpRequest, hook: InboundHook) -> MapForm:
    """As it was posted, else a preset, else the mapping in force beside the last call."""
    preset = PRESETS.get(request.GET.get("preset", ""))
    if preset is not None and preset.makes == hook.makes:
        sample: str = json.dumps(preset.sample, indent=2, ensure_ascii=False)
        document = preset.document
    else:
        found, last = hooks.map_of(hook), _call(request, hook)
        document, sample = found.document if found else {}, paths.pretty(last.body) if last else ""
    return MapForm(request.POST or None, hook=hook, document=document, initial={"sample": sample})


def _call(request: HttpRequest, hook: InboundHook) -> HookCall | None:
    """The call that was asked for, else the last one."""
    rows = hook.calls.exclude(body="").order_by("-pk")
    asked = request.GET.get("call", "")
    if asked.isascii() and asked.isdigit() and len(asked) < 19:
        rows = rows.filter(pk=int(asked))
    return rows.first()


def _tried(hook: InboundHook, form: MapForm) -> dict[str, Any]:
    """What the mapping as it stands in the form would make of its sample."""
    if not form.is_bound:
        form.cleaned_data = dict(form.initial)
    sample = str(form.cleaned_data.get("sample") or "")
    tried = trial.attempt(hook=hook, document=form.document(), sample=sample)
    return {"trial": tried, "groups": list(form.groups(tried)), "has_sample": bool(sample.strip())}
