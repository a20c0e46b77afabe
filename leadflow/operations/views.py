"""Pages for load balancers and monitors: they tell a colour, never a detail."""

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from leadflow.operations import doctor
from leadflow.web.gate import public

_MONITORS = "Load balancers and monitors ask without a session; it tells no detail."


@public(_MONITORS, app_only=True)
@never_cache
@require_safe
def alive(_request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@public(_MONITORS, app_only=True)
@never_cache
@require_safe
def ready(_request: HttpRequest) -> HttpResponse:
    """The process reaches the database."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return HttpResponse("the database does not answer\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


@public(_MONITORS, app_only=True)
@never_cache
@require_safe
def deep(_request: HttpRequest) -> HttpResponse:
    """Work is being done: no fact and no message waits, and a worker was seen."""
    try:
        lines = doctor.liveness()
    except Error:
        return JsonResponse({"database": "red"}, status=503)
    status = 503 if doctor.is_red(lines) else 200
    return JsonResponse({line.check: line.colour.value for line in lines}, status=status)
