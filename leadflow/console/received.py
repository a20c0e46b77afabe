"""Received mail: every message that came in, with what became of it, and the few that wait."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from leadflow.console.page import saved
from leadflow.errors import Invalid
from leadflow.mail import inbound, meanings
from leadflow.mail import received as selectors
from leadflow.mail.mailboxes import known
from leadflow.mail.models import InboundMail
from leadflow.people.access import allowed, reaches, require
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, render_part

PAGE = 50


@dataclass(frozen=True)
class Page:
    """One page of mails, keyed by the id that it begins after."""

    rows: list[tuple[InboundMail, str]]
    count_words: str
    next_url: str
    previous_url: str = ""


@require_safe
@access("inbound.view")
def received(request: HtmxHttpRequest) -> HttpResponseBase:
    """The list, by state, mailbox and sender, newest first."""
    asked = {name: request.GET.get(name, "")[:200] for name in ("view", "q", "mailbox")}
    asked["view"] = asked["view"] or "all"
    if asked["view"] not in selectors.VIEWS:
        raise Http404
    context = {
        "view": asked["view"],
        "search": asked["q"],
        "mailbox": asked["mailbox"],
        "mailboxes": known(),
        "page": _page(request, asked),
        "waiting": selectors.waiting(request.user),
        "may_decide": allowed(request.user, "inbound.decide"),
    }
    return render_part(request, "console/received.html", "rows", context)


def _page(request: HtmxHttpRequest, asked: dict[str, str]) -> Page:
    rows = selectors.received(
        request.user, view=asked["view"], search=asked["q"], mailbox=_number(asked["mailbox"])
    )
    before = _number(request.GET.get("before", ""))
    found = list((rows.filter(id__lt=before) if before else rows)[: PAGE + 1])
    last = found[PAGE - 1].pk if len(found) > PAGE else ""
    return Page(
        [(mail, selectors.why(mail)) for mail in found[:PAGE]],
        _("%(count)s mails on this page") % {"count": len(found[:PAGE])},
        "?" + urlencode(asked | {"before": last}) if last else "",
        "?" + urlencode(asked) if before else "",
    )


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None


@require_safe
@access("inbound.view")
def mail(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """One message: its text, its HTML in a sandbox without pictures, what was attached, by name."""
    found = _visible(request, pk)
    context = {
        "mail": found,
        "why": selectors.why(found),
        "html": selectors.shown_html(found),
        "may_decide": allowed(request.user, "inbound.decide"),
        "may_mean": found.is_of_a_person
        and found.lead is not None
        and reaches(request.user, "mail.send", found.lead),
        "later": meanings.later(found),
    }
    return render_part(request, "console/received_mail.html", "whole", context)


@require_POST
@access("mail.send")
def means(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Say what an answer means."""
    found = _hers(request, pk, "mail.send")
    row = meanings.correct(mail=found, to=request.POST.get("to", ""), by=request.user)
    if not request.htmx:
        words = _("Taken for: %(meaning)s") % {"meaning": row.get_meaning_display()}
        return saved(request, row.lead.get_absolute_url() if row.lead else "/", words)
    context = {
        "mail_id": row.pk,
        "meaning": row.meaning,
        "later": meanings.later(row),
        "quiet": "quiet" in request.GET,
    }
    return render(request, "timeline/meaning.html", context)


@require_POST
@access("lead.advance")
def follow(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """What follows from an answer: back to marketing until a day, or no more marketing mail."""
    found = _hers(request, pk, "lead.advance")
    match request.POST.get("do", ""):
        case "later":
            on = parse_date(request.POST.get("return_on", "")[:10])
            meanings.put_off(mail=found, until=on, by=request.user)
            sentence = _("Back to marketing until then.")
        case "stop":
            meanings.stop(mail=found, by=request.user)
            sentence = _("No more marketing mail goes there.")
        case _:
            raise Invalid(_("Choose what follows from the answer."))
    return saved(request, found.lead.get_absolute_url() if found.lead else "/", sentence)


def _hers(request: HtmxHttpRequest, pk: int, permission: str) -> InboundMail:
    """A mail of a lead whom the user may work; of others it is not there."""
    found = _visible(request, pk)
    if found.lead is None:
        raise Http404
    require(request.user, permission, found.lead)
    return found


@require_POST
@access("inbound.decide")
def decide(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Make a lead of it, or say that nothing follows from it."""
    found = _visible(request, pk)
    match request.POST.get("decision", ""):
        case "lead":
            inbound.take(mail=found, by=request.user)
            sentence = _("It becomes a lead in a moment.")
        case "ignore":
            inbound.ignore(mail=found, by=request.user)
            sentence = _("Nothing follows from it.")
        case _:
            raise Invalid(_("Choose what shall become of the mail."))
    return saved(request, found.get_absolute_url(), sentence)


def _visible(request: HtmxHttpRequest, pk: int) -> InboundMail:
    rows = InboundMail.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("lead", "mailbox", "delivery"), pk=pk)
