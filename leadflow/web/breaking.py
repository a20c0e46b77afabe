"""The last answer: what a request is told when something broke that no view foresaw.

Django calls it for whatever raised, middleware included, so a database that is away is told apart
here and nowhere else, and so is a disk without room. Nothing here reads a row, a session or the cache.
"""

import logging
import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.defaults import server_error

from leadflow.outage import RETRY_AFTER, is_full, is_outage

logger = logging.getLogger(__name__)


def answer(request: HttpRequest) -> HttpResponse:
    """503 with Retry-After while the database is away, 507 where no file has room, else 500."""
    error = sys.exc_info()[1]
    if is_outage(error):
        told = _("The database does not answer just now. Send it once more in a few seconds.")
        response = _said(request, 503, told)
        response.headers["Retry-After"] = str(RETRY_AFTER)
    elif is_full(error):
        logger.error("No room for a file: make some on the disk of VAR_DIR")
        told = _("There is no room for files just now, so nothing was kept. Send it again later.")
        response = _said(request, 507, told)
    else:
        return server_error(request)
    add_never_cache_headers(response)
    return response


def _speaks_json(request: HttpRequest) -> bool:
    asked = request.headers.get("Accept", "")
    return (
        request.path.startswith("/api/")
        or request.content_type == "application/json"
        or ("json" in asked and "text/html" not in asked)
    )


def _said(request: HttpRequest, status: int, told: str) -> HttpResponse:
    if not _speaks_json(request):
        return HttpResponse(loader.get_template(f"{status}.html").render(), status=status)
    body = {"type": "about:blank", "status": status, "detail": told, "ok": False, "message": told}
    return JsonResponse(body, status=status, content_type="application/problem+json")
