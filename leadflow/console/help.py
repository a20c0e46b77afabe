"""The guides, served by the product itself: `?` leads to the one that belongs to the page."""

import re
from functools import cache
from html import unescape
from pathlib import Path

import nh3
from django.conf import settings
from django.http import FileResponse, Http404, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt

from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect

# The first part of an address -> the guide that explains its pages; longest first wins.
GUIDE_OF = {
    "/my-day/": "rep", "/todos/": "rep", "/call-lists/": "rep", "/leads/": "rep", "/companies/": "rep", "/hand-overs/": "rep",
    "/inbox/": "rep", "/customers/": "rep", "/files/": "magnets",
    "/deals/": "pipeline", "/approvals/": "pipeline", "/forms/": "forms", "/pages/": "pages", "/links/": "pages", "/campaigns/": "pages", "/content/": "pages", "/offers/": "pages", "/calendar/": "pages",
    "/events/": "events", "/answers/": "forms", "/bookings/": "bookings", "/quarantine/": "forms",
    "/settings/meetings/": "bookings", "/settings/own-hours/": "bookings",
    "/sequences/": "sequences", "/automations/": "automation", "/settings/webhooks/": "automation", "/broadcasts/": "broadcasts", "/who-gets-what/": "sequences", "/mail-designs/": "mail-design", "/settings/visitors/": "tracking",
    "/segments/": "sequences", "/outbox/": "sequences", "/imports/": "import", "/scoring/": "scoring",
    "/routing/": "manager", "/dashboard/": "numbers", "/sources/": "numbers", "/missed/": "numbers", "/settings/": "admin",
    "/received/": "inbound-mail", "/settings/inbound/": "inbound-mail",
    "/settings/api-keys/": "api", "/settings/hooks/": "inbound", "/settings/pipelines/": "pipeline", "/settings/playbook/": "pipeline", "/settings/discounts/": "pipeline", "/settings/selling/": "pipeline",
    "/settings/hosts/": "pages", "/settings/channels/": "pages", "/settings/campaigns/": "pages", "/settings/content/": "pages",
    "/settings/offers/": "pages", "/settings/sender/": "deliverability", "/settings/deliverability/": "deliverability",
    "/settings/clicks/": "deliverability",
    "/settings/suppressions/": "deliverability", "/settings/marketing-mail/": "sequences",
}  # fmt: skip

# As it stands in a guide, beside which the pictures lie, so that they show in the repository too.
_PICTURE = re.compile(r'<img src="\.\./pictures/guides/(?P<name>[a-z-]+\.png)"')


def folder() -> Path:
    """Where the guides stand."""
    return Path(settings.BASE_DIR) / "docs" / "guides"


def pictures() -> dict[str, Path]:
    """The pictures that there are, by their names; a build without them shows the words alone."""
    return {path.name: path for path in (folder().parent / "pictures" / "guides").glob("*.png")}


def guides() -> list[str]:
    """The names of the guides that there are."""
    return sorted(path.stem for path in folder().glob("*.md"))


@cache
def shown(name: str) -> SafeString:
    """A guide as HTML: our own text, yet cleaned like anybody's."""
    text = (folder() / f"{name}.md").read_text(encoding="utf-8")
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return SafeString(nh3.clean(_PICTURE.sub(_shown_here, html)))


def _shown_here(found: re.Match[str]) -> str:
    """The picture by our own address, where it is among them."""
    known = found["name"] in pictures()
    return f'<img src="{reverse("help:picture", args=[found["name"]])}"' if known else "<img"


@cache
def about(name: str) -> tuple[str, str]:
    """Its title, and the first sentence below it."""
    found = re.search(r"<h1>(.*?)</h1>.*?<(?:p|li)>(.*?)</(?:p|li)>", shown(name), re.DOTALL)
    title, words = (unescape(strip_tags(part)) for part in found.groups()) if found else (name, "")
    return title, " ".join(words.split()).partition(". ")[0].rstrip(".") + "."


@access("self.edit")
def help_index(request: HtmxHttpRequest) -> HttpResponseBase:
    """The guide of the page in `?from=`, else all of them."""
    place = request.GET.get("from", "")
    fitting = [path for path in GUIDE_OF if place.startswith(path)]
    name = GUIDE_OF[max(fitting, key=len)] if fitting else ""
    if name in guides():
        return redirect(request, f"/help/{name}/")
    told = [(one, *about(one)) for one in guides()]
    return render(request, "console/help.html", {"guides": guides(), "told": told})


@access("self.edit")
def help_page(request: HtmxHttpRequest, name: str) -> HttpResponseBase:
    """One guide."""
    if name not in guides():
        raise Http404
    return render(
        request, "console/help.html", {"guides": guides(), "name": name, "guide": shown(name)}
    )


@access("self.edit")
@require_safe
def picture(request: HtmxHttpRequest, name: str) -> HttpResponseBase:
    """A picture of a guide; only what lies among them has an address."""
    del request
    found = pictures().get(name)
    if found is None:
        raise Http404
    response = FileResponse(found.open("rb"), content_type="image/png")
    response.headers["Cache-Control"] = "private, max-age=86400"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
