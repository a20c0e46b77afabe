"""The customer's page of a quote. Works without a script; sets no cookie.

A GET shows, a POST answers. The signed token in the address is the permission for that version alone.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from leadflow.errors import Conflict
from leadflow.kit import clock
from leadflow.models import Organisation
from leadflow.web.gate import public
from leadflow.web.visitors import address_of, knocks_too_often, missed, sealed, visitor_page
from pipeline.forms.quotes import AnswerForm
from pipeline.models import QuoteVersion
from pipeline.selectors import quotes as reading
from pipeline.services import quote_papers, quotes

State = QuoteVersion.State


@public("a customer reads and answers her quote; the signed token is the permission")
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def quote(request: HttpRequest, token: str) -> HttpResponse:
    """The quote; a post accepts or declines it."""
    version = reading.of_token(token)
    if version is None:
        return missed(request)
    if request.method == "POST":
        return _answer(request, version, token)
    return _page(request, version, token)


def _answer(request: HttpRequest, version: QuoteVersion, token: str) -> HttpResponse:
    if knocks_too_often(request, "quote"):
        told = {"title": _("Not sent"), "note": _("Too many at once. Try again in a minute.")}
        return visitor_page(request, "pipeline/public/over.html", told, status=429)
    with override(Organisation.current().language):
        told = {key: str(value).replace("\x00", "") for key, value in request.POST.items()}
        form = AnswerForm(told, version=version)
        if not form.is_valid():
            return _page(request, version, token, form=form, status=422)
        try:
            quotes.answer(
                version, is_accepted=form.cleaned_data["verdict"] == "accept",
                signature=_signature(request, form), reason=form.cleaned_data["reason"],
            )  # fmt: skip
        except Conflict as refusal:
            over = {"title": _("Not accepted"), "note": refusal.message}
            return visitor_page(request, "pipeline/public/over.html", over, status=409)
    return HttpResponseRedirect(f"/q/{token}/", status=303)


def _signature(request: HttpRequest, form: AnswerForm) -> quotes.Signature:
    return quotes.Signature(
        name=form.cleaned_data["name"],
        ip=address_of(request),
        user_agent=request.headers.get("User-Agent", "").replace("\x00", ""),
    )


def _page(
    request: HttpRequest,
    version: QuoteVersion,
    token: str,
    *,
    form: AnswerForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The document with what can be said to it; what runs no more says so and shows no price."""
    with override(Organisation.current().language):
        if over := _over(version):
            return visitor_page(request, "pipeline/public/over.html", over, status=410)
        context: dict[str, Any] = {
            "version": version,
            "paper": reading.paper(version),
            "answer": getattr(version, "answer", None),
            "form": form or AnswerForm(version=version),
            "is_open": version.state == State.SENT,
            "pdf_url": f"/q/{token}/quote.pdf",
        }
        return visitor_page(request, "pipeline/public/quote.html", context, status=status)


def _over(version: QuoteVersion) -> dict[str, str]:
    if quotes.has_run_out(version, clock.now()):
        return {
            "title": _("This quote has run out"),
            "note": _("Ask us for a new one. Nothing was ordered."),
        }
    if version.state == State.REPLACED:
        return {
            "title": _("There is a newer version"),
            "note": _("This quote was replaced. Use the link that we sent you last."),
        }
    return {}


@public("a customer takes her quote along; the signed token is the permission")
@require_safe
def pdf(request: HttpRequest, token: str) -> HttpResponse:
    """The quote on paper."""
    version = reading.of_token(token)
    if version is None:
        return missed(request)
    with override(Organisation.current().language):
        if over := _over(version):
            return visitor_page(request, "pipeline/public/over.html", over, status=410)
        if knocks_too_often(request, "quote"):
            told = {
                "title": _("Wait a moment"),
                "note": _("Too many at once. Try again in a minute."),
            }
            return visitor_page(request, "pipeline/public/over.html", told, status=429)
    response = HttpResponse(quote_papers.as_pdf(version), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="quote-{version.quote}.pdf"'
    return sealed(response)
