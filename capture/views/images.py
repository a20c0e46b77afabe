"""Pictures: what visitors' browsers load, and what the editor lists and takes in."""

import re

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from leadflow.assets import images as library
from leadflow.assets.models import Image
from leadflow.errors import Invalid
from leadflow.web.gate import access, public
from leadflow.web.htmx import HtmxHttpRequest

_VARIANT = re.compile(r"(\d{1,4}\.webp|thumb\.webp|(?:card|mail)\.jpg)")


@public("visitors' browsers load the pictures of published pages and forms")
@require_safe
def image(request: HttpRequest, code: str, variant: str) -> HttpResponse:
    """One variant of a picture; its bytes never change, so a browser keeps it for a year."""
    del request
    content = library.read(code, variant) if _VARIANT.fullmatch(variant) else None
    if content is None:
        raise Http404
    kind = "image/jpeg" if variant.endswith(".jpg") else "image/webp"
    response = HttpResponse(content, content_type=kind)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@access("form.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def images(request: HtmxHttpRequest) -> HttpResponse:
    """The latest pictures; a post takes one in, and says what is wrong with it."""
    if request.method != "POST":
        return JsonResponse({"images": [_told(row) for row in library.newest()]})
    file = request.FILES.get("file")
    if file is None:
        return JsonResponse({"message": _("Choose a file.")}, status=422)
    try:
        row = library.take_in(file, name=file.name or "", by=request.user)
    except Invalid as refusal:
        return JsonResponse({"message": refusal.message}, status=422)
    return JsonResponse(_told(row), status=201)


def _told(row: Image) -> dict[str, object]:
    told: dict[str, object] = {"id": row.public_id, "title": row.title, "thumb": row.thumb_path}
    return told | {"width": row.width, "height": row.height}
