"""The tab Share: the link, the snippets for other sites, a link for one person, QR codes."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_POST, require_safe

from capture.forms.staff import EmbedForm, PersonForm, ShareForm
from capture.models import Form
from capture.services import forms, sharing
from capture.services.sharing import Embed
from capture.views.manage import form_or_404, tab_context
from leadflow.models import Lead
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect

EMBEDS = (
    ("inline", gettext_lazy("In the page")),
    ("popup", gettext_lazy("Popup")),
    ("slide-in", gettext_lazy("Slide-in")),
    ("iframe", gettext_lazy("Without script")),
)


@access("form.edit")
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def share(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The link, the snippets and the sites that may use them."""
    row = form_or_404(request, pk)
    form = ShareForm(request.POST or None, initial={"origins": "\n".join(row.allowed_origins)})
    if request.method == "POST" and form.is_valid():
        forms.allow_sites(form=row, origins=form.cleaned_data["origins"])
        messages.success(request, _("Saved."))
        return redirect(request, request.path)
    context = tab_context(request, row, "share") | {"form": form, "person": PersonForm()}
    context |= _embedding(request, row) | {"naming": f"{{{{ {sharing.merge_field(row)} }}}}"}
    context["api_url"] = f"{settings.PUBLIC_BASE_URL}/api/v1/forms/{row.public_id}/submissions"
    return render(request, "capture/share.html", context, status=form.status)


def _embedding(request: HtmxHttpRequest, row: Form) -> dict[str, Any]:
    """The snippet that the address asks for, and what may be chosen about it."""
    embed, asked = _embed_of(request, row)
    told = {
        "embeds": EMBEDS,
        "kind": embed.kind,
        "opening": asked,
        "query": request.GET.urlencode(),
    }
    return told | {"embed": sharing.snippet(row, embed)}


def _embed_of(request: HtmxHttpRequest, row: Form) -> tuple[Embed, EmbedForm | None]:
    kind = request.GET.get("as", "inline")
    kind = kind if kind in dict(EMBEDS) else "inline"
    if kind in {"inline", "iframe"}:
        return Embed(kind=kind, height=sharing.height_of(row)), None
    usual = {"words": row.name, "opens": "soon" if kind == "slide-in" else "", "once": ""}
    asked = EmbedForm(request.GET if "opens" in request.GET else None, initial=usual)
    chosen = asked.cleaned_data if asked.is_valid() else usual
    return Embed(kind=kind, **chosen), asked


@access("form.edit")
@require_safe
@xframe_options_exempt
def embedded(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """A made-up page of another site with the draft of the form in it; nothing can be sent or counted."""
    row = form_or_404(request, pk)
    embed, _asked = _embed_of(request, row)
    context = {"row": row, "embed": embed, "data": embed.data(row)}
    response = render(request, "capture/embedded.html", context)
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; frame-src 'self'; "
        "base-uri 'none'; frame-ancestors 'self'"
    )
    return response


@access("form.edit")
@require_POST
def personal_link(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """A link for one person, found by her address among those whom this user may see."""
    row = form_or_404(request, pk)
    form = PersonForm(request.POST)
    context: dict[str, Any] = {"person": form}
    if form.is_valid():
        leads = Lead.objects.visible_to(request.user).filter(merged_into=None)
        lead = leads.filter(email__iexact=form.cleaned_data["email"]).first()
        if lead is None:
            form.add_error("email", _("No lead of yours has this address. Add the person first."))
        else:
            context |= {"lead": lead, "personal": sharing.personal_link(row, lead)}
    context |= tab_context(request, row, "share") | {"form": ShareForm()}
    return render(request, "capture/person.html", context, status=form.status)


@access("form.view")
@require_safe
def qr(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The form's address as a QR code."""
    return as_picture(sharing.qr(form_or_404(request, pk)))


def as_picture(svg: bytes) -> HttpResponse:
    """A QR code as a picture that runs nothing."""
    response = HttpResponse(svg, content_type="image/svg+xml")
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    )
    return response
