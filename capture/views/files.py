"""Files of forms: a visitor's browser sends one, staff fetch it; no browser ever shows it in place."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from capture.forms import intake
from capture.models import Submission
from capture.services import limits
from capture.services.submissions import HOLDER
from capture.views.public import open_form
from leadflow.assets import uploads
from leadflow.errors import Invalid
from leadflow.web.downloads import as_download
from leadflow.web.gate import access, public
from leadflow.web.htmx import HtmxHttpRequest
from leadflow.web.visitors import address_of

_ROOM = 100_000  # what a multipart body holds beside the file


@public("visitors' browsers send the files of published forms")
@csrf_exempt
@require_POST
def send(request: HttpRequest, code: str) -> HttpResponse:
    """Take in one file of one question; the answer is the code under which it waits for the form."""
    form = open_form(code)
    if int(request.META.get("CONTENT_LENGTH") or 0) > uploads.MOST_BYTES + _ROOM:
        told = _("That file is larger than %(n)d MB.") % {"n": uploads.MOST_BYTES // 1_000_000}
        return JsonResponse({"message": told}, status=413)
    allowed = max(settings.FORM_POSTS_PER_MINUTE // 4, 1) if settings.FORM_POSTS_PER_MINUTE else 0
    wait = limits.retry_after("file", address_of(request) or "?", allowed)
    if wait:
        told = _("Too many at once. Try again in a minute.")
        return JsonResponse({"message": told}, status=429, headers={"Retry-After": str(wait)})
    file = request.FILES.get("file")
    if intake.token_age(form, request.POST.get("token")) is None or file is None:
        return JsonResponse(
            {"message": _("Reload the page and choose the file again.")}, status=400
        )
    try:
        row = intake.keep_file(form, request.POST.get("question", ""), file)
    except Invalid as refusal:
        return JsonResponse({"message": refusal.message}, status=422)
    return JsonResponse({"code": row.public_id, "name": row.name}, status=201)


@access("answer.view")
@require_safe
def fetch(request: HtmxHttpRequest, pk: int, submission: int, upload: int) -> HttpResponse:
    """A file of an answer, as a download: never shown in place, never run, never kept by a proxy."""
    rows = Submission.objects.visible_to(request.user)
    row = get_object_or_404(rows, form=pk, pk=submission)
    held = {one.pk: one for one in uploads.held_by(HOLDER, row.pk)}
    content = uploads.read(held[upload]) if upload in held else None
    if content is None:
        raise Http404
    return as_download(held[upload].name, content)
