"""The doors that a mail opens without sign-in: unsubscribe, tracked link, open picture.

Each holds a signed token that names one message; a token that was not signed here is a 404 before any
question to the database. A GET changes nothing but the count of opens and clicks.
"""

import base64

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from leadflow.kit.networks import neighbourhood
from leadflow.mail import engagement, links, preferences, services
from leadflow.mail.models import Delivery
from leadflow.models import Organisation
from leadflow.services import hosts
from leadflow.web.gate import public
from leadflow.web.visitors import address_of, missed

_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}


def sealed(response: HttpResponse) -> HttpResponse:
    """Nobody learns the token: no referrer, no cache, no index."""
    for name, value in _HEADERS.items():
        response.headers[name] = value
    return response


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@public("an opt-out needs no sign-in; the signed token is the permission (RFC 8058)")
def unsubscribe(request: HttpRequest, token: str) -> HttpResponseBase:
    """GET asks, POST does it: one click of a mail program, or the button of the page."""
    delivery = links.read_unsubscribe(token)
    if delivery is None:
        return missed(request)
    if request.method != "POST":
        return _page(delivery, done=False)
    if request.POST.get("List-Unsubscribe") == "One-Click":
        services.unsubscribe(delivery=delivery, method="one-click")
        return sealed(HttpResponse("OK\n", content_type="text/plain"))
    if request.POST.get("what") == "preferences":
        wanted = set(request.POST.getlist("keep"))
        counted = "count" in request.POST
        preferences.choose(delivery=delivery, wanted=wanted, counted=counted)
        return _page(delivery, done=False, chosen=True)
    services.unsubscribe(
        delivery=delivery, everything=request.POST.get("what") == "everything", method="link"
    )
    return _page(delivery, done=True)


def _page(delivery: Delivery, *, done: bool, chosen: bool = False) -> HttpResponse:
    context = {
        "delivery": delivery,
        "done": done,
        "kind": preferences.label_of(delivery.purpose),
        "chosen": chosen,
        "choices": preferences.choices(delivery),
        "counted": preferences.is_counted(delivery),
        "brand": Organisation.current(),
        "masked": _masked(delivery.to_address),
    }
    # Without the request: a stranger gets no cookie from here, not even the CSRF one.
    return sealed(HttpResponse(render_to_string("console/unsubscribe.html", context)))


def _masked(address: str) -> str:
    """Enough of the address for its owner: whoever else holds the link learns no more."""
    local, _at, domain = address.partition("@")
    return f"{local[:1]}…@{domain}" if domain else ""


@require_safe
@public("a link in a mail is followed by its receiver")
def click(request: HttpRequest, token: str) -> HttpResponseBase:
    """To the stored target, and only there; whatever else stands in the address is ignored."""
    found = links.read_click(token)
    if found is None:
        return _trap(request, token)
    delivery, link = found
    if request.method == "GET":
        engagement.clicked(delivery, link, **_came(request))
    return sealed(HttpResponse(status=302, headers={"Location": link.url}))


def _trap(request: HttpRequest, token: str) -> HttpResponseBase:
    """The link that no person sees leads to our own front door."""
    delivery = links.read_trap(token)
    if delivery is None:
        return missed(request)
    engagement.trapped(delivery, **_came(request))
    return sealed(HttpResponse(status=302, headers={"Location": f"{hosts.base_url()}/"}))


@require_safe
@public("the picture in a mail is loaded by its receiver")
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """One transparent point."""
    delivery = links.read_open(token)
    if delivery is None:
        return missed(request)
    if request.method == "GET":
        engagement.opened(delivery, **_came(request))
    return sealed(HttpResponse(_PIXEL, content_type="image/gif"))


def _came(request: HttpRequest) -> dict[str, str]:
    """How somebody came: a program that says it looks ahead is none that a person uses."""
    ahead = f"{request.headers.get('Sec-Purpose', '')}{request.headers.get('Purpose', '')}"
    return {
        "method": "AHEAD" if "prefetch" in ahead.lower() else str(request.method),
        "agent": request.headers.get("User-Agent", ""),
        "network": neighbourhood(address_of(request)),
    }
