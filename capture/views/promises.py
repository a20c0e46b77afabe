"""What visitors open with a link of theirs: the report as a page and as PDF, and files. Sets no cookie.

A signed token names one promise; one that we did not make is a 404. A GET of a link hands out nothing
that counts: mail scanners follow links, people press the button.
"""

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from capture.models import Promise
from capture.selectors import reports as filled_reports
from capture.services import limits, promises, reports
from leadflow.assets import files
from leadflow.models import Organisation
from leadflow.web.gate import public
from leadflow.web.visitors import SEALED, address_of, missed, sealed, visitor_page


@public("a visitor reads her report; the signed token is the permission")
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, token: str) -> HttpResponseBase:
    """The report as a page. Where the link ran out, a post asks for a new one by mail."""
    opened = promises.of_token(token)
    if opened is None or opened.promise.report is None:
        return missed(request)
    if opened.is_expired:
        return _expired(request, opened.promise)
    if not promises.is_kept(opened.promise):
        return visitor_page(request, "capture/public/waiting.html", {})
    if request.method == "GET":
        promises.opened(opened.promise)
    submission = opened.promise.submission
    with override(Organisation.current().language):
        filled = filled_reports.of_submission(opened.promise.report.content, submission)
    context = {"report": filled, "pdf_url": f"/r/{token}/report.pdf"}
    return visitor_page(request, "capture/public/report.html", context)


@public("a visitor takes her report along; the signed token is the permission")
@require_safe
def report_pdf(request: HttpRequest, token: str) -> HttpResponseBase:
    """The report on paper."""
    opened = promises.of_token(token)
    if opened is None or opened.promise.report is None:
        return missed(request)
    if opened.is_expired:
        return _expired(request, opened.promise)
    if not promises.is_kept(opened.promise):
        return visitor_page(request, "capture/public/waiting.html", {})
    if wait := limits.retry_after(
        "pdf", address_of(request) or "?", settings.FORM_POSTS_PER_MINUTE
    ):
        return _slow_down(request, wait)
    submission = opened.promise.submission
    brand = Organisation.current()
    with override(brand.language):
        filled = filled_reports.of_submission(opened.promise.report.content, submission)
        document = reports.as_pdf(filled, at=submission.received_at, brand=brand)
    response = HttpResponse(document, content_type="application/pdf")
    response.headers["Content-Disposition"] = 'attachment; filename="report.pdf"'
    return sealed(response)


def _expired(request: HttpRequest, promise: Promise) -> HttpResponse:
    if request.method != "POST":
        return visitor_page(request, "capture/public/expired.html", {"asked": False}, status=410)
    if wait := limits.retry_after("renew", address_of(request) or "?", 10):
        return _slow_down(request, wait)
    promises.renew(promise)
    return visitor_page(request, "capture/public/expired.html", {"asked": True})


def _slow_down(request: HttpRequest, wait: int) -> HttpResponse:
    context = {"message": _("Too many at once. Try again in a minute.")}
    response = sealed(render(request, "capture/public/refused.html", context, status=429))
    response.headers["Retry-After"] = str(wait)
    return response


@public("a visitor downloads the file that she was promised; the signed token is the permission")
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def download(request: HttpRequest, token: str) -> HttpResponseBase:
    """What the file is; a post hands it over. Where the link ran out, a post asks for a new one."""
    shown = files.of_token(token)
    if shown is None or shown.grant.file.live is None:
        return missed(request)
    version, promise = shown.grant.file.live, promises.of_grant(shown.grant)
    if shown.is_expired:
        return _expired(request, promise) if promise else missed(request)
    if promise is not None and not promises.is_kept(promise):
        return visitor_page(request, "capture/public/waiting.html", {})
    if request.method != "POST":
        context = {"file": shown.grant.file, "version": version}
        return visitor_page(request, "capture/public/download.html", context)
    if wait := limits.retry_after(
        "file", address_of(request) or "?", settings.FORM_POSTS_PER_MINUTE
    ):
        return _slow_down(request, wait)
    content = files.content_of(version)
    if content is None:
        return visitor_page(request, "capture/public/waiting.html", {}, status=503)
    files.count(shown.grant)
    response = FileResponse(content, as_attachment=True, filename=version.original)
    response.headers["Content-Type"] = files.MEDIA[version.kind]
    response.headers["X-Content-Type-Options"] = "nosniff"
    for name, value in SEALED.items():
        response.headers[name] = value
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
