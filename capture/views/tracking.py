"""What browsers report without being asked: visits, and openings of a form. Sets no cookie."""

import json
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from capture import rules, selectors
from capture.models import VisitorPolicy
from capture.rules import beacons
from capture.services import limits, openings, variants, visits
from capture.views.public import open_form, parse_json
from capture.views.varied import wants_peace
from leadflow.kit import clock, touches
from leadflow.web.gate import public
from leadflow.web.hosts import origin_of
from leadflow.web.visitors import address_of

_MAX_REPORT = 16_000


@public("sites load the tracker")
@require_safe
def track_script(request: HttpRequest) -> HttpResponse:
    """The tracker, told the policy in force; an address that never changes."""
    policy = VisitorPolicy.current()
    told = {"mode": policy.mode, "to": f"{origin_of(request)}/v/"}
    found = finders.find("js/track.js") or str(settings.STATIC_ROOT / "js/track.js")
    with open(found, encoding="utf-8") as file:  # noqa: PTH123 a path that the finder gave
        script = file.read().replace('"LEADFLOW"', json.dumps(told), 1)
    response = HttpResponse(script, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@public("visitors' browsers report what they did on a site that the policy names")
@csrf_exempt
@require_POST
def beacon(request: HttpRequest) -> HttpResponse:
    """Take one beacon. Whoever asks not to be followed is not, whatever the script thought."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > beacons.MAX_BODY:
        return HttpResponse(status=413)
    policy = VisitorPolicy.current()
    origin = request.headers.get("Origin", "")
    if origin not in {*visits.sites(policy), origin_of(request)}:
        return HttpResponse("This site is not on the list.\n", status=403)
    sender = visits.Sender(
        address_of(request), request.headers.get("User-Agent", ""), urlsplit(origin).netloc
    )
    if wait := limits.retry_after("track", sender.ip or "?", settings.BEACONS_PER_MINUTE):
        return HttpResponse(status=429, headers={"Retry-After": str(wait)})
    now = clock.now()
    try:
        told = beacons.read(request.body, at=now, own=_hosts(policy, origin))
    except rules.NotTakeable as error:
        return HttpResponse(f"{error}\n", status=400, content_type="text/plain; charset=utf-8")
    if policy.mode != VisitorPolicy.Mode.OFF and not wants_peace(request):
        visits.take(told, sender=sender, policy=policy, at=now)
    return HttpResponse(status=204)


def _hosts(policy: VisitorPolicy, origin: str) -> set[str]:
    return {touches.host_of(site) for site in [*visits.sites(policy), origin]}


@public("a visitor's browser reports that a form was seen, begun or left")
@csrf_exempt
@require_POST
def seen(request: HttpRequest, code: str) -> HttpResponse:
    """Count an opening of a form; it names nobody, so it asks nobody's consent."""
    form = open_form(code)
    if int(request.META.get("CONTENT_LENGTH") or 0) > _MAX_REPORT:
        return HttpResponse(status=413)
    try:
        told = parse_json(request.body)
    except rules.NotTakeable:
        return HttpResponse(status=400)
    if (opening := openings.read(told)) is None:
        return HttpResponse(status=400)
    if wait := limits.retry_after("seen", address_of(request) or "?", settings.BEACONS_PER_MINUTE):
        return HttpResponse(status=429, headers={"Retry-After": str(wait)})
    own = {touches.host_of(settings.PUBLIC_BASE_URL), touches.host_of(told.get("page"))}
    mark = variants.read(told.get("mark"))
    variant = variants.of_form(mark, form)
    openings.add(
        opening,
        form=selectors.as_varied(form, variant),
        variant=variant,
        person=mark.person if variant else "",
        page=told.get("page", ""),
        referrer=touches.referrer(told.get("ref"), own),
        agent=request.headers.get("User-Agent", ""),
        at=clock.now(),
    )
    return HttpResponse(status=204)
