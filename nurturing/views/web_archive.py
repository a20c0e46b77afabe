"""What anybody may read: the archive of newsletters, each issue, and the feed of them."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST, require_safe

from leadflow.kit import clock
from leadflow.kit.remembering import remembering
from leadflow.mail.compose import html_of, on_the_web
from leadflow.models import Organisation
from leadflow.web.gate import access, public
from leadflow.web.hosts import origin_of
from leadflow.web.htmx import HtmxHttpRequest, redirect
from leadflow.web.visitors import sealed
from nurturing.models import Broadcast
from nurturing.selectors import broadcasts as selectors
from nurturing.services import web_archive
from nurturing.views.broadcasts import broadcast_or_404

MOST = 50
_WHY = "readers of a newsletter look up earlier issues, and readers of feeds subscribe to them"


def _issues() -> list[tuple[Broadcast, str, str]]:
    """(broadcast, subject, what mailboxes showed beside it) of the newest. 404 where none is shown."""
    rows = selectors.on_the_web(MOST)
    if not rows:
        raise Http404
    with remembering():  # the fields that a mail may name are asked for once
        told = [(row, web_archive.written(row)) for row in rows]
    return [(row, words.subject, words.preheader) for row, words in told]


@require_safe
@public(_WHY)
def index(request: HttpRequest) -> HttpResponse:
    """Every issue, the newest first."""
    del request
    context = {"issues": _issues(), "feed": reverse("nurturing:web-feed")}
    return _shown("nurturing/web_archive.html", context)


@require_safe
@public(_WHY)
def issue(request: HttpRequest, code: str) -> HttpResponse:
    """One issue as its readers saw it, without anything of theirs."""
    del request
    row = selectors.issue(code)
    if row is None:
        raise Http404
    words = web_archive.written(row)
    if words.html:
        earlier = reverse("nurturing:web-archive")
        return _open(_page(on_the_web(words.html, words.subject, earlier=earlier)))
    context = {"row": row, "subject": words.subject, "html": html_of(words.text)}
    return _shown("nurturing/web_issue.html", context)


def _shown(template: str, context: dict[str, Any]) -> HttpResponse:
    """Without the request: a stranger gets no cookie from here, not even the CSRF one."""
    brand = Organisation.current()
    with override(brand.language):
        page = render_to_string(template, {"brand": brand, **context})
    return _open(sealed(HttpResponse(page)))


def _page(html: str) -> HttpResponse:
    """A design as a page of its own: nothing of it runs, its links lead on."""
    response = HttpResponse(html)
    pictures = f"'self' {settings.PUBLIC_BASE_URL}".strip()
    response.headers["Content-Security-Policy"] = (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';"
        f" style-src 'unsafe-inline'; img-src {pictures} data:; frame-ancestors 'none'"
    )
    return response


def _open(response: HttpResponse) -> HttpResponse:
    """Anybody may find it: the address is no secret."""
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers.pop("X-Robots-Tag", None)
    return response


@require_safe
@public(_WHY)
def feed(request: HttpRequest) -> HttpResponse:
    """The same as RSS 2.0."""
    organisation, origin = Organisation.current(), origin_of(request)
    with override(organisation.language):
        title = _("News of %(name)s") % {"name": organisation.name}
    made = Rss201rev2Feed(
        title=title,
        link=origin + reverse("nurturing:web-archive"),
        description=title,
        language=organisation.language,
        feed_url=origin + reverse("nurturing:web-feed"),
    )
    for row, subject, preheader in _issues():
        link = origin + reverse("nurturing:web-issue", args=[row.public_id])
        at = clock.to_real(row.begins_at) if row.begins_at else None
        made.add_item(title=subject, link=link, description=preheader, unique_id=link, pubdate=at)
    text = made.writeString("utf-8")
    return _open(HttpResponse(text, content_type="application/rss+xml; charset=utf-8"))


@require_POST
@access("broadcast.edit")
def switch(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Show a broadcast on the web, or take it off."""
    row = broadcast_or_404(request, pk)
    actions = {"show": web_archive.show, "hide": web_archive.hide}
    action = actions.get(request.POST.get("to", ""))
    if action is None:
        raise Http404
    action(row, by=request.user)
    return redirect(request, row.get_absolute_url())
