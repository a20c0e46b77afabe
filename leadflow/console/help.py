"""The guides, served by the product itself: `?` leads to the one that belongs to the page."""

import re
from functools import cache
from html import unescape
from pathlib import Path

import nh3
from django.conf import settings
from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect

# The first part of an address -> the guide that explains its pages; longest first wins.
GUIDE_OF = {
    "/my-day/": "rep", "/leads/": "rep", "/companies/": "rep", "/hand-overs/": "rep",
    "/deals/": "pipeline", "/forms/": "forms", "/answers/": "forms", "/sequences/": "sequences",
    "/segments/": "sequences", "/outbox/": "sequences", "/imports/": "import", "/scoring/": "scoring",
    "/routing/": "manager", "/dashboard/": "numbers", "/sources/": "numbers", "/settings/": "admin",
    "/settings/api-keys/": "api", "/settings/pipelines/": "pipeline",
}  # fmt: skip


def folder() -> Path:
    """Where the guides stand."""
    return Path(settings.BASE_DIR) / "docs" / "guides"


def guides() -> list[str]:
    """The names of the guides that there are."""
    return sorted(path.stem for path in folder().glob("*.md"))


@cache
def shown(name: str) -> SafeString:
    """A guide as HTML: our own text, yet cleaned like anybody's."""
    text = (folder() / f"{name}.md").read_text(encoding="utf-8")
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return SafeString(nh3.clean(html))


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
