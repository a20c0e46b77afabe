"""Inbound hooks: made, signed, switched, and their log."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from leadflow.console.forms.hooks import HookForm, NewHookForm, SecretForm
from leadflow.console.page import saved
from leadflow.errors import Invalid
from leadflow.integrations import hooks, inbound, paths
from leadflow.integrations.models import HookCall, InboundHook
from leadflow.models import Company, Lead
from leadflow.people.models import User
from leadflow.services.hosts import base_url
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, render_part

PAGE = 50


@access("settings.edit")
@require_safe
def hook_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """The hooks with what came last and what a person has to look at."""
    context = {"hooks": inbound.listed(), "most": inbound.MOST_COUNTED - 1}
    return render(request, "console/hooks.html", context)


@access("settings.edit")
def hook_new(request: HtmxHttpRequest) -> HttpResponseBase:
    """Make one; its secret is shown on the page that answers, and never again."""
    form = NewHookForm(request.POST or None)
    if form.is_valid() and form.attempt(lambda: hooks.create(by=request.user, **form.cleaned_data)):
        hook, secret = form.result
        shown = "" if form.cleaned_data["secret"] else secret
        return _page(request, hook, shown=shown, is_made=True)
    return render(request, "console/hook_new.html", {"form": form}, status=form.status)


@access("settings.edit")
@require_safe
def hook_page(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Its address, its mapping, its log."""
    return _page(request, get_object_or_404(InboundHook, pk=pk))


def _page(request: HtmxHttpRequest, hook: InboundHook, **more: Any) -> HttpResponseBase:
    state = request.GET.get("state", "")
    rows = hook.calls.defer("body").order_by("-pk")
    if state in HookCall.State.values or state == "open":
        rows = rows.filter(state__in=inbound.OPEN if state == "open" else [state])
    context = {
        "hook": hook,
        "address": f"{base_url()}{reverse('integrations:hook', args=[hook.code])}",
        "map": hooks.map_of(hook),
        "secret_form": SecretForm(),
        "states": HookCall.State.choices,
        "state": state,
        **_calls(request, rows),
        **more,
    }
    return render_part(request, "console/hook.html", "calls", context)


def _calls(request: HtmxHttpRequest, rows: QuerySet[HookCall]) -> dict[str, Any]:
    """One page of the log, keyed by the id that it begins before."""
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: PAGE + 1])
    return {
        "calls": _named(request.user, found[:PAGE]),
        "next": found[PAGE - 1].pk if len(found) > PAGE else None,
    }


def _named(user: User, calls: list[HookCall]) -> list[tuple[HookCall, list[Lead | Company]]]:
    """Each call with whom it was about, as far as the reader may see them."""
    wanted = {pk for call in calls for pk in call.lead_ids[:3]}
    leads = Lead.objects.visible_to(user).in_bulk(wanted)
    wanted = {pk for call in calls for pk in call.company_ids[:3]}
    companies = Company.objects.visible_to(user).in_bulk(wanted)
    return [
        (
            call,
            [
                *(leads[pk] for pk in call.lead_ids[:3] if pk in leads),
                *(companies[pk] for pk in call.company_ids[:3] if pk in companies),
            ],
        )
        for call in calls
    ]


@access("settings.edit")
def hook_edit(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Change what it is called, where it is from and where its signature stands."""
    hook = get_object_or_404(InboundHook, pk=pk)
    form = HookForm(request.POST or None, hook=hook)
    if form.is_valid() and form.attempt(
        lambda: hooks.change(hook=hook, by=request.user, **form.cleaned_data)
    ):
        return saved(request, hook.get_absolute_url(), _("Saved."))
    context = {"form": form, "title": hook.name, "intro": hook.get_signing_display()}
    return render(request, "console/screen.html", context, status=form.status)


@access("settings.edit")
@require_POST
def hook_secret(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Give it a new secret, shown on the page that answers."""
    hook = get_object_or_404(InboundHook, pk=pk)
    form = SecretForm(request.POST)
    form.is_valid()
    told = form.cleaned_data.get("secret") or ""
    shown = hooks.rotate(
        hook=hook, by=request.user, secret=told, at_once=form.cleaned_data["at_once"]
    )
    hook.refresh_from_db()
    return _page(request, hook, shown="" if told else shown, is_rotated=True)


@access("settings.edit")
@require_POST
def hook_switch(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """On or off."""
    hook = get_object_or_404(InboundHook, pk=pk)
    hooks.switch(hook=hook, by=request.user, is_on=not hook.is_on)
    said = _("Calls are let in again.") if not hook.is_on else _("Calls are refused from now on.")
    return saved(request, hook.get_absolute_url(), said)


@access("settings.edit")
@require_safe
def hook_call(request: HtmxHttpRequest, pk: int, call: int) -> HttpResponseBase:
    """One call: what came, and what it made."""
    row = get_object_or_404(HookCall.objects.select_related("hook"), pk=call, hook=pk)
    context = {
        "hook": row.hook,
        "call": row,
        "body": paths.pretty(row.body),
        "leads": Lead.objects.visible_to(request.user).filter(pk__in=row.lead_ids),
        "companies": Company.objects.visible_to(request.user).filter(pk__in=row.company_ids),
    }
    return render(request, "console/hook_call.html", context)


@access("settings.edit")
@require_POST
def hook_replay(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Have one call, those that were ticked, or all that wait or failed read again."""
    hook = get_object_or_404(InboundHook, pk=pk)
    if request.POST.get("which") == "failed":
        count = inbound.read_failed(hook=hook, by=request.user)
    else:
        ids = [one for one in request.POST.getlist("call") if one.isascii() and one.isdigit()]
        rows = hook.calls.filter(pk__in=ids[:PAGE]).select_related("hook")
        count = inbound.replay(calls=rows, by=request.user)
    if not count:
        raise Invalid(_("Tick the calls that are to be read again."))
    said = _("%(count)s calls are read again. What they made before is not made twice.")
    return saved(request, hook.get_absolute_url(), said % {"count": count})
