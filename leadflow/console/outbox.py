"""The outbox: every message with where it stands, and the few that wait for a person's decision."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from leadflow.errors import Invalid, InvalidTransition
from leadflow.mail import outcomes, selectors, services, wake
from leadflow.mail.models import Delivery
from leadflow.people.access import allowed
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect, render_part

PAGE = 50


@dataclass(frozen=True)
class Page:
    """One page of messages, keyed by the id that it begins after."""

    rows: list[Delivery]
    count_words: str
    next_url: str
    previous_url: str = ""


@require_safe
@access("outbox.view")
def outbox(request: HtmxHttpRequest) -> HttpResponseBase:
    """The list, by state, newest first."""
    view, search = request.GET.get("view", "all"), request.GET.get("q", "")[:200]
    if view not in selectors.VIEWS:
        raise Http404
    context = {
        "view": view,
        "search": search,
        "page": _page(request, view, search),
        "decide": selectors.waiting_for_a_person(request.user),
        "breaker": selectors.breaker(),
    }
    return render_part(request, "console/outbox.html", "rows", context)


def _page(request: HtmxHttpRequest, view: str, search: str) -> Page:
    rows = selectors.outbox(request.user, view=view, search=search)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(id__lt=int(before))
    found = list(rows[: PAGE + 1])
    query = {"view": view, "q": search, "before": found[PAGE - 1].pk if len(found) > PAGE else ""}
    return Page(
        found[:PAGE],
        _("%(count)s messages on this page") % {"count": len(found[:PAGE])},
        "?" + urlencode(query) if query["before"] else "",
        "?" + urlencode({"view": view, "q": search}) if before else "",
    )


@require_safe
@access("mail.read")
def message(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """One message as it leaves: text, HTML in a sandbox, headers, attempts, links."""
    delivery = _visible(request, pk)
    context = {
        "delivery": delivery,
        "shown": selectors.shown(delivery),
        "attempts": list(delivery.tries_made.all()),
        "sees_outbox": allowed(request.user, "outbox.view"),
    }
    return render_part(request, "console/outbox_message.html", "whole", context)


@require_POST
@access("mail.send")
def decide(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Mark sent, resend or write off an uncertain message; release or skip one that was held."""
    delivery = _visible(request, pk)
    match request.POST.get("decision", ""):
        case "sent":
            outcomes.mark_sent(delivery=delivery, by=request.user)
        case "resend":
            outcomes.resend(delivery=delivery, by=request.user)
        case "write_off":
            outcomes.write_off(delivery=delivery, by=request.user)
        case "release":
            _expect(outcomes.let_go(ids=[delivery.pk]))
        case "skip":
            reason = _("Skipped by %(name)s") % {"name": request.user.name}
            _expect(services.cancel(keys=[delivery.key], reason=reason))
        case _:
            raise Invalid(_("Choose what shall become of the message."))
    wake.on_commit()
    return redirect(request, delivery.get_absolute_url())


def _expect(changed: int) -> None:
    if not changed:
        raise InvalidTransition(_("This message no longer waits."))


def _visible(request: HtmxHttpRequest, pk: int) -> Delivery:
    rows = Delivery.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("lead", "by", "identity"), pk=pk)
