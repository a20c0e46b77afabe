"""The door at which other programs call: kept small, since it answers everybody."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from leadflow.integrations import hooks, inbound, paths, signing
from leadflow.kit import clock
from leadflow.web.cache import count
from leadflow.web.gate import public
from leadflow.web.visitors import slowed_down

CALLS_PER_MINUTE = 600


@public("other programs call; the signature of each call decides")
@csrf_exempt
@require_POST
def call(request: HttpRequest, code: str) -> HttpResponse:
    """Keep one call and answer at once; what it makes is made afterwards."""
    body = request.read(paths.MOST_BYTES + 1)
    if len(body) > paths.MOST_BYTES:
        return _no(413, _("A body may have 64 KB."))
    hook = inbound.hook_at(code)
    if hook is None:
        return slowed_down(request) or _no(404, _("No hook answers here."))
    headers = {name.lower(): value for name, value in request.headers.items()}
    told = signing.Call(body, headers, clock.now())
    if not signing.is_signed(told, inbound.scheme_of(hook), hooks.secrets_of(hook)):
        inbound.refuse(hook=hook, at=told.at)
        return slowed_down(request) or _no(401, _("The signature is not of this hook."))
    if not _is_json(request):
        return _no(415, _("Send JSON, with the content type application/json."))
    if count(f"hook:{hook.pk}:{told.at:%d%H%M}", 120) > CALLS_PER_MINUTE:
        return _no(429, _("Too many calls in this minute."), **{"Retry-After": "60"})
    try:
        paths.read(body)
    except ValueError as error:
        return _no(400, str(error))
    kept = inbound.keep(hook=hook, call=told)
    return JsonResponse({"received": kept.call_id, "is_new": kept.is_new})


def _is_json(request: HttpRequest) -> bool:
    kind = request.content_type or ""
    return kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )


def _no(status: int, sentence: str, **headers: str) -> HttpResponse:
    return JsonResponse({"error": sentence}, status=status, headers=headers)
