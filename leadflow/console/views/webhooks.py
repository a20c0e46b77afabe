"""Webhooks out: endpoints, their secrets, what was told them, and once more."""

import json
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from leadflow.console.forms.webhooks import EndpointForm, NewSecretForm
from leadflow.console.page import saved
from leadflow.errors import Invalid
from leadflow.integrations import endpoints, outbound
from leadflow.integrations.models import WebhookDelivery, WebhookEndpoint
from leadflow.models import Lead
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, render_part

PAGE = 50
_EDITED = ("name", "url", "sends_personal")


@access("settings.edit")
@require_safe
def endpoint_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """The endpoints, with how it goes."""
    return render(request, "console/webhooks.html", {"endpoints": outbound.listed()})


@access("settings.edit")
def endpoint_new(request: HtmxHttpRequest) -> HttpResponseBase:
    """Make one; its secret is shown on the page that answers, and never again."""
    form = EndpointForm(request.POST or None)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        if form.attempt(lambda: endpoints.create(by=request.user, **data)):
            endpoint, secret = form.result
            return _page(request, endpoint, shown=secret)
    context = {
        "form": form, "title": _("New webhook"), "action": _("Make the webhook"),
        "back": reverse("console:webhooks"),
    }  # fmt: skip
    return render(request, "console/webhook_edit.html", context, status=form.status)


@access("settings.edit")
@require_safe
def endpoint_page(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Where it stands, how it goes, what was told."""
    return _page(request, get_object_or_404(WebhookEndpoint, pk=pk))


def _page(request: HtmxHttpRequest, endpoint: WebhookEndpoint, **more: Any) -> HttpResponseBase:
    state = request.GET.get("state", "")
    rows = endpoint.deliveries.defer("body").order_by("-pk")
    if state in WebhookDelivery.State.values:
        rows = rows.filter(state=state)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: PAGE + 1])
    context = {
        "endpoint": endpoint,
        "secret_form": NewSecretForm(),
        "states": WebhookDelivery.State.choices,
        "state": state,
        "deliveries": found[:PAGE],
        "next": found[PAGE - 1].pk if len(found) > PAGE else None,
        **more,
    }
    return render_part(request, "console/webhook.html", "deliveries", context)


@access("settings.edit")
def endpoint_edit(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Change what it is called, where it stands and what it is told."""
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
    now = {name: getattr(endpoint, name) for name in _EDITED}
    form = EndpointForm(request.POST or None, initial=now)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        if form.attempt(lambda: endpoints.change(endpoint, by=request.user, **data)):
            return saved(request, endpoint.get_absolute_url(), _("Saved."))
    context = {
        "form": form, "title": endpoint.name, "action": _("Save"),
        "back": endpoint.get_absolute_url(),
    }  # fmt: skip
    return render(request, "console/webhook_edit.html", context, status=form.status)


@access("settings.edit")
@require_POST
def endpoint_secret(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Give it a new secret, shown on the page that answers."""
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
    form = NewSecretForm(request.POST)
    form.is_valid()
    shown = endpoints.rotate(endpoint, by=request.user, at_once=form.cleaned_data["at_once"])
    endpoint.refresh_from_db()
    return _page(request, endpoint, shown=shown)


@access("settings.edit")
@require_POST
def endpoint_switch(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """On, off, or away."""
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
    match request.POST.get("to"):
        case "on":
            endpoints.switch(endpoint, is_on=True, by=request.user)
            said = _("It is told again, what waited included.")
        case "off":
            endpoints.switch(endpoint, is_on=False, by=request.user)
            said = _("It is told nothing until you switch it on.")
        case "away":
            endpoints.remove(endpoint, by=request.user)
            return saved(request, reverse("console:webhooks"), _("The webhook is gone."))
        case _:
            raise Http404
    return saved(request, endpoint.get_absolute_url(), said)


@access("settings.edit")
@require_POST
def endpoint_trial(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Send a message that says nothing, to see whether it arrives."""
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
    outbound.trial(endpoint, by=request.user)
    said = _("A test message is on its way. Look at the log in a moment.")
    return saved(request, endpoint.get_absolute_url(), said)


@access("settings.edit")
@require_safe
def delivery_page(request: HtmxHttpRequest, pk: int, delivery: int) -> HttpResponseBase:
    """One message: what was told, and each try."""
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
    row = get_object_or_404(endpoint.deliveries, pk=delivery)
    context = {
        "endpoint": endpoint,
        "delivery": row,
        "body": _pretty(row.body),
        "tries": [one | {"at": parse_datetime(one["at"])} for one in reversed(row.log)],
        "leads": Lead.objects.visible_to(request.user).filter(pk__in=row.lead_ids),
    }
    return render(request, "console/webhook_delivery.html", context)


def _pretty(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False) if body else ""
    except ValueError:
        return body


@access("settings.edit")
@require_POST
def delivery_replay(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Send messages once more: those that were ticked, or all that were given up."""
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
    rows = endpoint.deliveries.order_by("pk")
    if request.POST.get("which") == "failed":
        wanted = rows.filter(state=WebhookDelivery.State.FAILED)[: outbound.MOST_REPLAYED]
    else:
        ids = [one for one in request.POST.getlist("delivery") if one.isascii() and one.isdigit()]
        wanted = rows.filter(pk__in=[int(one) for one in ids[:PAGE] if len(one) < 19])
    count = outbound.replay(wanted)
    if not count:
        raise Invalid(_("Tick the messages that are to be sent once more."))
    said = _("%(count)s messages are sent once more, with the ids that they had.")
    return saved(request, endpoint.get_absolute_url(), said % {"count": count})
