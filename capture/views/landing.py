"""What visitors see of landing pages, and what search engines read. Sets no cookie."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.crypto import get_random_string
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from capture.blocks.page import ASKING, COLOUR
from capture.forms import answers
from capture.forms.showing import shown
from capture.models import Form, LandingPage, VisitorPolicy
from capture.rules import NotTakeable
from capture.selectors import open_form, why_closed
from capture.selectors import pages as selectors
from capture.services import limits, openings, variants
from capture.services import pages as services
from capture.views import varied
from capture.views.public import form_context, parse_json, policy
from leadflow.blocks import documents
from leadflow.experiments.selectors import latest
from leadflow.kit import clock, touches
from leadflow.kit.colours import on_colour
from leadflow.models import Organisation
from leadflow.services import hosts
from leadflow.web.gate import public
from leadflow.web.hosts import origin_of
from leadflow.web.visitors import address_of, missed

_LONGEST_QUERY = 2_000
_OURS = frozenset({"embed", variants.PARAM})
_MAX_REPORT = 4_000


@public("visitors land on published pages")
@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """The page at an address; an address that it once had leads on for ever."""
    found = selectors.page_at(slug)
    if found is None:
        return _moved(request, slug)
    at = clock.now()
    if found.live is None or (found.opens_at is not None and at < found.opens_at):
        raise Http404
    if not found.is_open_at(at):
        return render(request, "capture/public/over.html", status=410)
    looks = varied.looking(request, None)
    arm = variants.arm_for(latest("page", found.pk), looks)
    content = selectors.content_of(found, arm.version) if arm else found.live.content
    return _rendered(request, found, content, looks=looks, variant=arm.pk if arm else None)


def _moved(request: HttpRequest, slug: str) -> HttpResponse:
    target = selectors.moved_to(slug)
    if target is None:
        raise Http404
    query = request.META.get("QUERY_STRING", "")
    path = target.public_path + (f"?{query}" if query else "")
    return HttpResponseRedirect(origin_of(request) + path, status=301)


@public("the signed token in the link is the permission to see a draft")
@require_safe
def preview_link(request: HttpRequest, token: str) -> HttpResponse:
    """A draft, for whoever was sent the link; it counts nothing and cannot be sent."""
    found = services.previewed(token)
    if found is None:
        return missed(request)
    response = _rendered(request, found, found.draft, is_preview=True)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def draft(
    request: HttpRequest, page: LandingPage, content: documents.Content | None = None
) -> HttpResponse:
    """The draft, or other content, inside the editor; the caller has asked who is looking."""
    content = page.draft if content is None else content
    return _rendered(request, page, content, is_preview=True, around="'self'")


def _rendered(
    request: HttpRequest,
    page: LandingPage,
    content: documents.Content,
    *,
    is_preview: bool = False,
    around: str = "",
    looks: Callable[[], variants.Person] = variants.Person,
    variant: int | None = None,
) -> HttpResponse:
    """A page under its own content policy: our files, pictures, and where its form may lead."""
    form, of_form = _form_on(content), None
    if form is not None and not is_preview:
        form, of_form = variants.shown(form, looks)
    counts_as = looks().counts_as if of_form or variant else ""
    mark = variants.written(variants.Mark(counts_as, of_form, variant))
    whole = shown(content, at=clock.now())
    base = hosts.base_url()
    context = {
        "page": page,
        "shown": whole,
        "brand": Organisation.current(),
        "preview": is_preview,
        "canonical": base + page.public_path,
        "base": base,
        "colour": (whole.settings.get("colour") or "").lstrip("#"),
        "mark": mark,
        "client_id": get_random_string(24),  # the key of this opening; that of a form on it wins
    }
    if not is_preview:
        context["visitors"] = VisitorPolicy.current()
    closed = why_closed(form) if form is not None else None
    if closed:
        context["closed"] = closed
    elif form is not None:
        fields = answers.empty_html(form)
        action = varied.with_mark(_action(request, page, form), mark)
        context |= form_context(request, form, fields, action=action)
    response = render(request, "capture/public/page.html", context)
    response.headers["Content-Security-Policy"] = policy(form, around or "'none'")
    response.headers["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["Accept-Language"])
    return response


def _form_on(content: documents.Content) -> Form | None:
    """The form of the page, where it is live; where it is not, the page stands without it."""
    asking = [row for row in documents.blocks(content) if row["type"] in ASKING]
    return open_form(asking[0]["props"].get("form") or "") if asking else None


def _action(request: HttpRequest, page: LandingPage, form: Form) -> str:
    """Where the form posts to: its own door, which is told the page and what the page's link said."""
    told = {key: str(value)[:200] for key, value in request.GET.items() if key not in _OURS}
    at = {"lf_on": page.public_id}
    query = urlencode(told | at)
    return f"{form.public_path}?{query if len(query) < _LONGEST_QUERY else urlencode(at)}"


@public("a visitor's browser reports that a page was seen")
@csrf_exempt
@require_POST
def seen(request: HttpRequest, code: str) -> HttpResponse:
    """Count one opening, or a click on a button of it; it names nobody, so it asks nobody's consent."""
    found = selectors.page_by_code(code)
    if found is None:
        raise Http404
    if int(request.META.get("CONTENT_LENGTH") or 0) > _MAX_REPORT:
        return HttpResponse(status=413)
    try:
        told = parse_json(request.body)
    except NotTakeable:
        return HttpResponse(status=400)
    if (key := openings.key_of(told)) is None:
        return HttpResponse(status=400)
    sender = address_of(request) or "?"
    if not limits.retry_after("seen", sender, 4 * settings.FORM_POSTS_PER_MINUTE):
        _count(request, found, key, told)
    return HttpResponse(status=204)


def _count(request: HttpRequest, page: LandingPage, key: str, told: Mapping[str, Any]) -> None:
    mark = variants.read(told.get("mark"))
    variant = variants.of_page(mark, page)
    own = {touches.host_of(settings.PUBLIC_BASE_URL), touches.host_of(told.get("page"))}
    openings.add_page(
        key,
        page=page,
        address=told.get("page", ""),
        referrer=touches.referrer(told.get("ref"), own),
        agent=request.headers.get("User-Agent", ""),
        at=clock.now(),
        is_click=told.get("clicked") is True,
        variant=variant,
        person=mark.person if variant else "",
    )


@public("visitors' browsers load the colour of a page")
@require_safe
def colour_css(request: HttpRequest, colour: str) -> HttpResponse:
    """A colour as a style sheet; what the address says is all that it holds."""
    del request
    if not COLOUR.match(f"#{colour}"):
        raise Http404
    on = on_colour(f"#{colour}")
    rule = f":root {{ --brand: #{colour}; --on-brand: {on}; --mark: #{colour}; }}"
    response = HttpResponse(rule, content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@public("search engines read which pages there are")
@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every page that is open and not hidden, by its canonical address."""
    rows = selectors.listed(clock.now())
    context = {"rows": rows, "base": hosts.base_url()}
    return render(request, "capture/public/sitemap.xml", context, content_type="application/xml")


@public("search engines read what they may visit")
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Pages and pictures, and nothing of the application."""
    del request
    lines = [
        "User-agent: *",
        "Allow: /p/",
        "Allow: /i/",
        "Allow: /news/",
        "Allow: /static/",
        "Disallow: /",
        "",
    ]
    text = "\n".join([*lines, f"Sitemap: {hosts.base_url()}/sitemap.xml", ""])
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
