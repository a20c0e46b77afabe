"""Designs as somebody would read them: in a frame without scripts, as any lead or as the worst cases."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_POST, require_safe

from leadflow.blocks import documents
from leadflow.errors import Conflict, Invalid
from leadflow.kit import clock, touches
from leadflow.mail.compose import readable
from leadflow.mail.design import cases, checking, linkcheck
from leadflow.mail.design.blocks import MAIL_BLOCKS
from leadflow.mail.design.rendering import Compiled, Written, compiled, source_of
from leadflow.mail.models import MailDesign
from leadflow.models import Lead
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from nurturing.services import messages as mails
from nurturing.views.build import example_lead
from nurturing.views.of_design import design_or_404, head


def choices() -> list[tuple[str, str]]:
    """As whom a design may be read, beside the leads: (key, words)."""
    return [(key, str(words)) for key, words in cases.CASES.items()]


def page_of(html: str) -> HttpResponse:
    """A mail as a page of its own origin: nothing of it runs, and nothing of another site is loaded."""
    response = HttpResponse(html)
    pictures = f"'self' {settings.PUBLIC_BASE_URL}".strip()
    response.headers["Content-Security-Policy"] = (
        f"sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src {pictures} data:;"
        " frame-ancestors 'self'"
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def example(content: documents.Content) -> str:
    """The page of a document for somebody of whom nothing is known."""
    return cases.shown(cases.written_for(cases.EMPTY, compiled(content)).html)


def written_as(made: Compiled, key: str, lead: Lead | None) -> Written:
    """The draft as a worst case, or as a lead, would read it."""
    if key in cases.CASES:
        return cases.written_for(key, made)
    if lead is None:
        return cases.written_for(cases.EMPTY, made)
    words = mails.words_for(_step_of(made), lead)
    return Written(words.subject, words.preheader, words.text, words.html)


def _live(design: MailDesign) -> Compiled:
    if design.live is None:
        raise Invalid(_("It was never published."))
    programs = dict(design.live.programs)
    asks = programs.pop("asks", {})
    return Compiled(programs, asks)


def _step_of(made: Compiled) -> dict[str, Any]:
    return {"subject": "", "body": "", "programs": made.as_json()}


@access("sequence.view")
@require_safe
@xframe_options_exempt
def frame(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The draft, or what is `live`, as a page inside a frame; `as` says who reads it, `dark` how."""
    design = design_or_404(request, pk)
    try:
        made = _live(design) if request.GET.get("live") == "1" else compiled(design.draft)
        read = written_as(made, request.GET.get("as", ""), example_lead(request))
    except Invalid as error:
        return page_of(render_to_string("nurturing/design_broken.html", {"why": error.message}))
    return page_of(cases.shown(read.html, dark=request.GET.get("dark") == "1"))


@access("sequence.edit")
@require_safe
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def read(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The mail as one reader gets it: on a desk, on a phone, in the dark, and as text."""
    design = design_or_404(request, pk)
    key, lead = request.GET.get("as", ""), example_lead(request)
    context = head(request, design, "read")
    context |= {"lead": lead, "asked": request.GET.get("lead", ""), "as": key, "cases": choices()}
    try:
        found = written_as(compiled(design.draft), key, lead)
        context |= {"mail": found, "text": readable(found.text)}
    except Invalid as error:
        context["why"] = error.message
    who = f"as={key}" if key in cases.CASES else f"lead={lead.pk}" if lead else "as=empty"
    context["frame"] = reverse("nurturing:design-frame", args=[pk]) + f"?{who}"
    return render(request, "nurturing/design_read.html", context)


@access("sequence.edit")
@require_POST
def trial(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Send the draft to oneself, written as for a lead."""
    design = design_or_404(request, pk)
    lead = example_lead(request)
    if lead is None:
        raise Conflict(_("There is no such lead to write the mail for."))
    sent = mails.send_trial(step=_step_of(compiled(design.draft)), lead=lead, by=request.user)
    messages.success(request, _("A test mail is on its way to %(to)s.") % {"to": sent.to_address})
    return redirect(request, reverse("nurturing:design-read", args=[pk]) + f"?lead={lead.pk}")


@access("sequence.view")
@require_safe
def source(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """What the blocks become: MJML, HTML and text, with the fields where they stand."""
    design = design_or_404(request, pk)
    kind = request.GET.get("as", "html")
    made = source_of(design.draft)
    shown = {"mjml": made.mjml, "html": made.html, "text": made.text}
    context = head(request, design, "source")
    context |= {"as": kind if kind in shown else "html", "kb": len(made.html.encode()) // 1000}
    context["source"] = shown[context["as"]]
    return render(request, "nurturing/design_source.html", context)


# --- links ---------------------------------------------------------------------------------------------


def ask_links(request: HtmxHttpRequest, design: MailDesign) -> None:
    """Begin to ask the links; the page says what they answered."""
    if checking.links_of(design.draft):
        linkcheck.start(design, by=request.user)
    else:
        messages.info(request, _("There is no link in it that is the same for every reader."))


def links_of(design: MailDesign) -> dict[str, Any]:
    """What is known of the links: the addresses, and what was answered the last time."""
    run = linkcheck.last_of(design)
    told = run.result.get("links", []) if run and run.is_finished else []
    rows = [
        {**one, "where": checking.where_of(design.draft, one["block"]), "host": touches.host_of(one["url"])}
        for one in told
    ]  # fmt: skip
    return {
        "links": checking.links_of(design.draft),
        "run": run,
        "answers": rows,
        "is_old": run is not None and run.args["revision"] != design.draft_revision,
        "asked_at": (run.finished_at if run else None) or clock.now(),
    }


def blocks_of(design: MailDesign) -> list[dict[str, Any]]:
    """The blocks of a draft in words, for whoever chooses some."""
    rows = []
    for number, row in enumerate(documents.blocks(design.draft), start=1):
        kind = MAIL_BLOCKS.type(row["type"])
        said = (
            row["props"].get("title") or row["props"].get("button") or row["props"].get("text", "")
        )
        rows.append(
            {
                "id": row["id"],
                "label": kind.label if kind else "",
                "number": number,
                "said": str(said)[:60],
            }
        )
    return rows
