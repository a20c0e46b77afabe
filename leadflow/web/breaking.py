"""The last answer: what a request is told when something broke that no view foresaw.

Django calls it for whatever raised, middleware included, so a database that is away is told apart
here and nowhere else. Nothing here reads a row, a session or the cache.
"""

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.defaults import server_error

from leadflow.outage import RETRY_AFTER, is_outage


def answer(request: HttpRequest) -> HttpResponse:
    """503 with Retry-After while the database is away, else 500."""
    if not is_outage(sys.exc_info()[1]):
        return server_error(request)
    response = _as_json() if _speaks_json(request) else _as_page()
    response.headers["Retry-After"] = str(RETRY_AFTER)
    add_never_cache_headers(response)
    return response


def _speaks_json(request: HttpRequest) -> bool:
    asked = request.headers.get("Accept", "")
    return (
        request.path.startswith("/api/")
        or request.content_type == "application/json"
        or ("json" in asked and "text/html" not in asked)
    )


def _as_json() -> HttpResponse:
    told = _("The database does not answer just now. Send it once more in a few seconds.")
    body = {"type": "about:blank", "status": 503, "detail": told, "ok": False, "message": told}
    return JsonResponse(body, status=503, content_type="application/problem+json")


def _as_page() -> HttpResponse:
    return HttpResponse(loader.get_template("503.html").render(), status=503)
