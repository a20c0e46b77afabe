"""What visitors see: a form's page, its thanks, and what its script reports. Sets no cookie."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.crypto import get_random_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from capture import rules, selectors
from capture.forms import answers, intake
from capture.models import Form, Submission
from capture.services import forms, limits
from leadflow.kit import clock
from leadflow.models import Organisation
from leadflow.web.gate import public
from leadflow.web.visitors import address_of

_FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data"}
_KEPT_HEADERS = ("Referer", "User-Agent", "Accept-Language", "Origin")


class TooLarge(Exception):
    """A body larger than any form; refused before it is read."""


def open_form(code: str) -> Form:
    """The published form of that code. Everything else is a 404, whatever it is."""
    form = selectors.open_form(code)
    if form is None:
        raise Http404
    return form


@public("visitors fill in published forms")
@csrf_exempt
@xframe_options_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def form_page(request: HttpRequest, code: str) -> HttpResponse:
    """The form on its own page, or inside an iframe; posts come back to the same address."""
    form = open_form(code)
    if request.method != "POST":
        fields = answers.fields_html(form.live_version.pk, get_language() or "en")
        return _page(request, form, fields)
    wait = limits.retry_after("form", address_of(request) or "?", settings.FORM_POSTS_PER_MINUTE)
    if wait:
        return _slow_down(request, wait)
    try:
        body = read_body(request)
        taken = intake.take(form=form, body=body, envelope=_envelope(request))
    except TooLarge:
        return _refused(request, _("That is more than this form takes."), 413)
    except rules.NotTakeable:
        return _refused(request, _("That could not be read as answers."), 400)
    return _answer(request, form, taken)


def _answer(request: HttpRequest, form: Form, taken: intake.Taken) -> HttpResponse:
    if taken.accepted is not None:
        if not is_json(request):
            _count_without_script(form, taken)
        return _thanks(request, form)
    stale = _("This page was open for very long. Please send it once more.")
    note = stale if taken.is_stale and not taken.errors else ""
    if is_json(request):
        token = intake.token_for(form)
        told = {"ok": False, "errors": taken.errors, "message": note, "token": token}
        return JsonResponse(told, status=400)
    return _page(request, form, answers.rendered(taken.form), note=note, status=400)


def _count_without_script(form: Form, taken: intake.Taken) -> None:
    """Who sent without a script also saw and began the form; no script could report it."""
    if taken.accepted and taken.accepted.is_new:
        forms.count(form_id=form.pk, day=clock.now().date(), views=1, starts=1)


def _thanks(request: HttpRequest, form: Form) -> HttpResponse:
    target = form.redirect_url or f"{form.public_path}thanks/{_embed_mark(request)}"
    if not is_json(request):
        return HttpResponseRedirect(target, status=303)
    return JsonResponse(thanks_json(form))


def thanks_json(form: Form) -> dict[str, Any]:
    """What a script shows after a submission; the same whatever became of it."""
    thanks = {"title": form.thanks_title, "text": form.thanks_text}
    return {"ok": True, "thanks": thanks, "redirect": form.redirect_url}


def _embed_mark(request: HttpRequest) -> str:
    return "?embed=1" if "embed" in request.GET else ""


@public("visitors see the thanks after sending")
@xframe_options_exempt
@require_safe
def thanks_page(request: HttpRequest, code: str) -> HttpResponse:
    """Where a browser without script lands after sending."""
    form = open_form(code)
    return public_page(request, form, "capture/public/thanks.html", {})


@public("a visitor's browser reports that a form was seen or begun")
@csrf_exempt
@require_POST
def seen(request: HttpRequest, code: str) -> HttpResponse:
    """Count one view or start; anything else is ignored."""
    form = open_form(code)
    what = request.GET.get("what")
    knock = limits.retry_after(
        "seen", address_of(request) or "?", 4 * settings.FORM_POSTS_PER_MINUTE
    )
    if not knock and what in {"view", "start"}:
        day = clock.now().date()
        forms.count(form_id=form.pk, day=day, views=what == "view", starts=what == "start")
    return HttpResponse(status=204)


@public("other sites load the embed script")
@require_safe
def embed_script(request: HttpRequest) -> HttpResponse:
    """The script that puts a form into another site; an address that never changes."""
    del request
    found = finders.find("js/embed.js") or str(settings.STATIC_ROOT / "js/embed.js")
    with open(found, "rb") as file:  # noqa: PTH123 a path that the finder gave
        response = HttpResponse(file.read(), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=600"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@public("visitors' browsers load the organisation's colour")
@require_safe
def brand_css(request: HttpRequest) -> HttpResponse:
    """The organisation's colour as a style sheet; its address changes with the colour."""
    del request
    colour = Organisation.current().colour
    rule = f":root {{ --brand: {colour}; --on-brand: {on_colour(colour)}; }}"
    response = HttpResponse(rule, content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


# --- reading a request --------------------------------------------------------------------------


def is_json(request: HttpRequest) -> bool:
    """Whether the page's script posts, rather than the browser itself."""
    return request.content_type == "application/json"


def read_body(request: HttpRequest) -> Mapping[str, Any]:
    """The answers as posted. Raises TooLarge before reading, NotTakeable for anything odd."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > rules.MAX_BODY:
        raise TooLarge
    if is_json(request):
        return parse_json(request.body)
    if request.content_type not in _FORM_TYPES:
        raise rules.NotTakeable("unknown content type")
    return {
        key: values if len(values) > 1 else values[0]
        for key, values in request.POST.lists()
        if values
    }


def parse_json(body: bytes) -> Mapping[str, Any]:
    """A JSON object. Too deep, too long a number, not UTF-8: NotTakeable like any other nonsense."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise rules.NotTakeable("not JSON") from None
    if not isinstance(told, dict):
        raise rules.NotTakeable("not an object")
    return told


def kept_headers(request: HttpRequest) -> dict[str, str]:
    """The few headers that tell where somebody came from; never a cookie or an authorisation."""
    found = {name.lower(): request.headers.get(name, "") for name in _KEPT_HEADERS}
    return {name: rules.storable(value)[:500] for name, value in found.items() if value}


def _envelope(request: HttpRequest) -> intake.Envelope:
    embedded = "embed" in request.GET
    own_page = settings.PUBLIC_BASE_URL + request.get_full_path()
    return intake.Envelope(
        channel=Submission.Channel.EMBED if embedded else Submission.Channel.HOSTED,
        ip=address_of(request),
        headers=kept_headers(request),
        query={key: str(value) for key, value in request.GET.items()},
        page_url=request.GET.get("lf_page", "") if embedded else own_page,
    )


# --- answering ----------------------------------------------------------------------------------


def _page(
    request: HttpRequest, form: Form, fields: str, *, note: str = "", status: int = 200
) -> HttpResponse:
    made = answers.form_of(form.live_version.pk)
    context = {
        "fields": fields,
        "note": note,
        "has_errors": status != 200,
        "pages": form.live_version.content["pages"],
        "submit_label": form.live_version.content["settings"]["submit_label"],
        "privacy_url": form.live_version.content["settings"]["privacy_url"],
        "logic": answers.logic_json(made),
        "token": intake.token_for(form),
        "client_id": get_random_string(24),
        "honeypot": intake.HONEYPOT,
        "action": request.get_full_path(),
    }
    return public_page(request, form, "capture/public/form.html", context, status=status)


def public_page(
    request: HttpRequest,
    form: Form,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
    around: str = "",
) -> HttpResponse:
    """A page in the organisation's colour under its own content policy.

    `around` overrides who may frame it: the sites of the form, or the editor.
    """
    brand = Organisation.current()
    shared = {"form_row": form, "brand": brand, "embedded": "embed" in request.GET}
    response = render(request, template, shared | context, status=status)
    response.headers["Content-Security-Policy"] = policy(form, around)
    response.headers["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["Accept-Language"])
    return response


def policy(form: Form, around: str = "") -> str:
    """The content policy of a form's page: its own files, and only the sites that it names."""
    around = around or " ".join(form.allowed_origins) or "'none'"
    after = ""
    if form.redirect_url:  # browsers hold a redirect after a post against form-action too
        parts = urlsplit(form.redirect_url)
        after = f" {parts.scheme}://{parts.netloc}"
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; "
        f"img-src 'self' data: https:; font-src 'self'; connect-src 'self'; "
        f"form-action 'self'{after}; base-uri 'none'; frame-ancestors {around}"
    )


def on_colour(colour: str) -> str:
    """Black or white, whichever reads better on the organisation's colour."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 else "#18181b"


def _slow_down(request: HttpRequest, wait: int) -> HttpResponse:
    response = _refused(request, _("Too many at once. Try again in a minute."), 429)
    response.headers["Retry-After"] = str(wait)
    return response


def _refused(request: HttpRequest, message: str, status: int) -> HttpResponse:
    if is_json(request):
        return JsonResponse({"ok": False, "message": message}, status=status)
    return render(request, "capture/public/refused.html", {"message": message}, status=status)
