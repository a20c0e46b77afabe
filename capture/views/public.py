"""What visitors see: a form's page, its thanks, and what its script reports. Sets no cookie."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from capture import rules, selectors
from capture.blocks.path import endings
from capture.forms import answers, intake
from capture.forms.slots import slots_html
from capture.models import CORNERS, FONTS, Form, Submission
from capture.selectors import pages
from capture.services import (
    booking,
    incentives,
    later,
    limits,
    openings,
    promises,
    proofs,
    variants,
)
from capture.views import varied
from capture.views.thanks import thanks_json
from leadflow.assets import uploads
from leadflow.blocks import documents
from leadflow.kit.colours import GRAPHICS, legible, on_colour
from leadflow.models import Organisation
from leadflow.web.gate import public
from leadflow.web.hosts import origin_of
from leadflow.web.visitors import address_of

_FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data"}
_OURS = frozenset({"lf_on", variants.PARAM})  # what only our own pages add to an address
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
        return _shown(request, form)
    form = varied.as_opened(request, form)
    wait = limits.form_wait(
        form=form, ip=address_of(request), allowed=settings.FORM_POSTS_PER_MINUTE
    )
    if wait:
        return _slow_down(request, wait)
    try:
        body, note = _with_files(request, form)
        if body.get("lf_go") == "save" and intake.can_save(form):
            return _saved(request, form, body)
        if "lf_go" in body and len(form.live_version.content["pages"]) > 1:
            turn = intake.turn(form=form, body=body, envelope=_envelope(request, form))
            if turn.page:
                return _next_page(request, form, turn, note)
            body = dict(turn.body)
        taken = intake.take(form=form, body=body, envelope=_envelope(request, form))
    except TooLarge:
        return _refused(request, _("That is more than this form takes."), 413)
    except rules.NotTakeable:
        return _refused(request, _("That could not be read as answers."), 400)
    return _answer(request, form, taken, note)


def _shown(request: HttpRequest, form: Form) -> HttpResponse:
    """The empty form, or why it is closed."""
    closed = selectors.why_closed(form)
    if closed is not None:
        return _closed(request, form, closed)
    form, action = varied.chosen(request, form)
    known = intake.known_to_us(form, request.GET.get("for"), _envelope(request, form))
    if known is not None:
        many = len(form.live_version.content["pages"]) > 1
        steps = _steps(known.way.pages, known.page) if many else {}
        more = steps | {"is_known": bool(known.spared), "action": varied.onto(form, action)}
        return _unlinked(_page(request, form, answers.rendered(known), more=more))
    fields = answers.empty_html(form)
    return _page(request, form, fields, more={"action": action})


def _saved(request: HttpRequest, form: Form, body: Mapping[str, Any]) -> HttpResponse:
    """Where she goes on, for her alone: the link stands on this page and nowhere else."""
    row = intake.save_for_later(form=form, body=body, mark=request.GET.get(variants.PARAM, ""))
    if row is None:
        return _refused(
            request, _("This page was open for very long. Reload it and try again."), 400
        )
    context = {"link": later.link(row), "row": row}
    return _unlinked(public_page(request, form, "capture/public/saved.html", context))


def _unlinked(response: HttpResponse) -> HttpResponse:
    """No page that comes next is told the address, which opens what is hers; no index keeps it."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@public("who saved a form goes on by her own link")
@xframe_options_exempt
@require_safe
def resume(request: HttpRequest, code: str, token: str) -> HttpResponse:
    """The form with what was kept. A wrong link, one of another form and one that ended are alike."""
    form = open_form(code)
    row = later.of_token(form, token)
    if row is None:  # only who guesses is counted
        allowed = settings.FORM_POSTS_PER_MINUTE
        wait = limits.retry_after("later", address_of(request) or "?", allowed)
        if wait:
            return _slow_down(request, wait)
        told = _("This link has ended, or the form was sent already. You can begin anew.")
        return _refused(request, told, 404)
    form = selectors.as_varied(form, variants.of_form(variants.read(row.mark), form))
    bound = intake.resumed(form, row, _envelope(request, form))
    many = len(form.live_version.content["pages"]) > 1
    steps = _steps(bound.way.pages, bound.page) if many else {}
    more = steps | {"later": token, "action": varied.with_mark(form.public_path, row.mark)}
    return _unlinked(_page(request, form, answers.rendered(bound), more=more))


def _closed(request: HttpRequest, form: Form, why: str) -> HttpResponse:
    """The form takes nothing now: in words, with the status that says so to programs."""
    if is_json(request):
        return JsonResponse({"ok": False, "message": why}, status=410)
    status = 410 if request.method == "POST" else 200
    return public_page(request, form, "capture/public/closed.html", {"why": why}, status=status)


def _with_files(request: HttpRequest, form: Form) -> tuple[dict[str, Any], str]:
    """The posted answers, with the code of each file that came along; what was wrong with those."""
    count = sum(one.type == "file" for one in answers.form_of(form.live_version.pk).asked)
    body = dict(read_body(request, more=count * uploads.MOST_BYTES))
    if not count or not request.FILES:
        return body, ""
    codes, wrong = intake.keep_files(form, request.FILES)
    return body | codes | dict.fromkeys(wrong, "?"), " ".join(wrong.values())


def _next_page(request: HttpRequest, form: Form, turn: intake.Turn, note: str) -> HttpResponse:
    """One page on or back, for a browser without script; the same token tells when it all began."""
    steps = _steps(turn.form.way.pages, turn.page)
    kept = {key: turn.body[key] for key in ("token", "client_id") if turn.body.get(key)}
    kept["later"] = turn.body.get("lf_later", "")
    status = 400 if turn.is_wrong else 200
    fields = answers.rendered(turn.form)
    return _page(request, form, fields, note=note, status=status, more=steps | kept)


def _steps(pages: Sequence[str], here: str) -> dict[str, Any]:
    """Where a visitor stands among the pages of her way."""
    place = pages.index(here) + 1
    return {"here": here, "place": place, "all": len(pages), "is_last": place == len(pages)}


def _answer(request: HttpRequest, form: Form, taken: intake.Taken, note: str = "") -> HttpResponse:
    if taken.closed:
        return _closed(request, form, taken.closed)
    if taken.accepted is not None:
        if not is_json(request):
            _count_without_script(request, form, taken)
        return _thanks(request, form, taken)
    stale = _("This page was open for very long. Please send it once more.")
    note = stale if taken.is_stale and not taken.errors else note
    # whoever was slower did nothing wrong; her answers are fine
    status = 422 if set(taken.errors) == {taken.form.slot_name} else 400
    if is_json(request):
        token = intake.token_for(form)
        told = {"ok": False, "errors": taken.errors, "message": note, "token": token}
        return JsonResponse(told, status=status)
    more = _stopped_at(taken.form) if len(form.live_version.content["pages"]) > 1 else {}
    return _page(request, form, answers.rendered(taken.form), note=note, status=status, more=more)


def _stopped_at(form: answers.AnswerForm) -> dict[str, Any]:
    """The first page with an error, else the last: what a browser without script sees again."""
    pages = form.way.pages
    wrong = {form.page_of_name(name) for name in form.errors}
    here = next((page for page in pages if page in wrong), pages[-1])
    form.show_page(here, with_errors=True)
    return _steps(pages, here)


def _count_without_script(request: HttpRequest, form: Form, taken: intake.Taken) -> None:
    """Who sent without a script also saw and began the form; no script could report it."""
    if taken.accepted and taken.accepted.submission_id and taken.accepted.is_new:
        answer = form.submissions.select_related("version").get(pk=taken.accepted.submission_id)
        openings.of_answer(answer, person=varied.mark_of(request).person)


def _thanks(request: HttpRequest, form: Form, taken: intake.Taken) -> HttpResponse:
    submission_id = taken.accepted.submission_id if taken.accepted else None
    if is_json(request):
        links = booking.links_after(submission_id) + promises.after_sending(form, submission_id)
        told = thanks_json(form, taken.ending, links, place=taken.place, offer=taken.offer)
        return JsonResponse(told)
    told = thanks_json(form, taken.ending)
    if told["redirect"]:
        return HttpResponseRedirect(told["redirect"], status=303)
    marks = {
        "e": taken.ending,
        "place": taken.place,
        "embed": "1" if "embed" in request.GET else "",
        "promise": promises.mark_of(form, submission_id),
        "booked": booking.mark_of(submission_id),
        "offer": taken.offer.mark if taken.offer else "",
    }
    query = urlencode({key: value for key, value in marks.items() if value})
    place = f"{form.public_path}thanks/" + (f"?{query}" if query else "")
    return HttpResponseRedirect(place, status=303)


@public("visitors see the thanks after sending")
@xframe_options_exempt
@require_safe
def thanks_page(request: HttpRequest, code: str) -> HttpResponse:
    """Where a browser without script lands after sending."""
    form = open_form(code)
    place = request.GET.get("place", "")
    offer = incentives.of_mark(form, request.GET.get("offer", ""))
    thanks = thanks_json(form, request.GET.get("e", ""), place=place, offer=offer)["thanks"]
    links = booking.of_mark(request.GET.get("booked", ""))
    links += promises.of_mark(form, request.GET.get("promise", ""))
    told = {"thanks": thanks, "links": links}
    return public_page(request, form, "capture/public/thanks.html", told)


@public("visitors' browsers ask which times are free where they are")
@xframe_options_exempt
@require_safe
def times(request: HttpRequest, code: str) -> HttpResponse:
    """The free times of a form's booking block, in the visitor's time zone, as a piece of its page."""
    form = open_form(code)
    name = request.GET.get("name", "")
    asked = answers.form_of(form.live_version.pk).asked
    question = next((one for one in asked if one.type == "slots" and one.name == name), None)
    if question is None:
        raise Http404
    html = slots_html(question, name, "", zone=request.GET.get("tz", ""))
    response = HttpResponse(html)
    response.headers["Cache-Control"] = "no-store"
    return response


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
    """The organisation's colours as a style sheet; its address changes with them."""
    del request
    us = Organisation.current()
    mark = legible(us.mark, on="#ffffff", least=GRAPHICS)
    rule = f":root {{ --brand: {us.colour}; --on-brand: {on_colour(us.colour)}; --mark: {mark}; }}"
    response = HttpResponse(rule, content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@public("visitors' browsers load the look of a form")
@require_safe
def theme_css(request: HttpRequest, code: str) -> HttpResponse:
    """The look of one form as a style sheet; its address changes with the look."""
    del request
    theme = open_form(code).theme
    rules_of = {
        "--brand": theme.get("colour"),
        "--mark": theme.get("colour"),
        "--on-brand": on_colour(theme["colour"]) if theme.get("colour") else None,
        "--ground": theme.get("ground"),
        "--font": FONTS.get(theme.get("font", "")),
        "--corner": CORNERS.get(theme.get("corner", "")),
    }
    told = " ".join(f"{key}: {value};" for key, value in rules_of.items() if value)
    response = HttpResponse(f":root {{ {told} }}", content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


def theme_key(form: Form) -> str:
    """Changes with the look of a form; empty where it has none of its own."""
    told = json.dumps(form.theme, sort_keys=True) if form.theme else ""
    return hashlib.sha256(told.encode()).hexdigest()[:10] if told else ""


# --- reading a request --------------------------------------------------------------------------


def is_json(request: HttpRequest) -> bool:
    """Whether the page's script posts, rather than the browser itself."""
    return request.content_type == "application/json"


def read_body(request: HttpRequest, *, more: int = 0) -> Mapping[str, Any]:
    """The answers as posted; `more` bytes may be files. Raises TooLarge before reading, NotTakeable for
    anything odd.
    """
    most = rules.MAX_BODY + (more if request.content_type == "multipart/form-data" else 0)
    if int(request.META.get("CONTENT_LENGTH") or 0) > most:
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


def _envelope(request: HttpRequest, form: Form) -> intake.Envelope:
    embedded = "embed" in request.GET
    page = pages.page_by_code(request.GET["lf_on"]) if "lf_on" in request.GET else None
    query = {key: str(value) for key, value in request.GET.items() if key not in _OURS}
    told = f"?{urlencode(query)}" if query else ""
    own_page = origin_of(request) + (page.public_path if page else request.path) + told
    mark = varied.mark_of(request)
    return intake.Envelope(
        channel=Submission.Channel.EMBED if embedded else Submission.Channel.HOSTED,
        ip=address_of(request),
        headers=kept_headers(request),
        query=query,
        page_url=request.GET.get("lf_page", "") if embedded else own_page,
        page_id=page.pk if page else None,
        variant_id=variants.of_form(mark, form),
        page_variant_id=variants.of_page(mark, page),
    )


# --- answering ----------------------------------------------------------------------------------


def _page(
    request: HttpRequest,
    form: Form,
    fields: str,
    *,
    note: str = "",
    status: int = 200,
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    context = form_context(request, form, fields, action=request.get_full_path())
    context |= {"note": note, "has_errors": status != 200} | dict(more or {})
    return public_page(request, form, "capture/public/form.html", context, status=status)


def form_context(request: HttpRequest, form: Form, fields: str, *, action: str) -> dict[str, Any]:
    """What `capture/public/form_body.html` shows: on the form's own page and inside a landing page."""
    content = form.live_version.content
    client_id = get_random_string(24)
    made = answers.form_of(form.live_version.pk)
    return steps_before(content) | {
        "form_row": form,
        "fields": fields,
        "pages": content["pages"],
        "can_save": bool(content["settings"].get("can_save")),
        "reminder": intake.reminder_words() if content["settings"].get("reminds") else "",
        "has_files": any(one["type"] == "file" for one in documents.blocks(content)),
        "submit_label": content["settings"]["submit_label"],
        "privacy_url": content["settings"]["privacy_url"],
        "logic": answers.logic_json(made, intake.carried(made, _envelope(request, form))),
        "token": intake.token_for(form),
        "client_id": client_id,
        "proof": proofs.ask(selectors.policy_of(form), form, client_id),
        "honeypot": intake.HONEYPOT,
        "action": action,
    }


def steps_before(content: Mapping[str, Any]) -> dict[str, Any]:
    """The first of several pages; nothing where there is one."""
    pages = content["pages"]
    return {"here": pages[0]["id"], "place": 1, "all": 0} if len(pages) > 1 else {}


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
    shared["theme"] = theme_key(form)
    if not around:  # a preview follows nobody
        shared["visitors"] = selectors.policy_of(form)
    response = render(request, template, shared | context, status=status)
    response.headers["Content-Security-Policy"] = policy(form, around)
    response.headers["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["Accept-Language"])
    return response


def policy(form: Form | None, around: str = "") -> str:
    """The content policy of a visitors' page: its own files, and only the sites that its form names."""
    around = around or " ".join(form.allowed_origins if form else ()) or "'none'"
    # browsers hold a redirect after a post against form-action too
    after = "".join(f" {origin}" for origin in sorted(_goes_to(form) if form else ()))
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; "
        f"img-src 'self' data: https:; font-src 'self'; connect-src 'self'; "
        f"form-action 'self'{after}; base-uri 'none'; frame-ancestors {around}"
    )


def _goes_to(form: Form) -> set[str]:
    """The sites that a visitor may be sent to after the form."""
    content = form.live.content if form.live else form.draft
    targets = [form.redirect_url, *(row.get("url") for row in endings(content))]
    parts = [urlsplit(target) for target in targets if target]
    return {f"{one.scheme}://{one.netloc}" for one in parts}


def _slow_down(request: HttpRequest, wait: int) -> HttpResponse:
    response = _refused(request, _("Too many at once. Try again in a minute."), 429)
    response.headers["Retry-After"] = str(wait)
    return response


def _refused(request: HttpRequest, message: str, status: int) -> HttpResponse:
    if is_json(request):
        return JsonResponse({"ok": False, "message": message}, status=status)
    return render(request, "capture/public/refused.html", {"message": message}, status=status)
