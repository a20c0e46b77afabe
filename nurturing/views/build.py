"""The builder: steps in the middle, palette left, what belongs to the chosen step right."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from leadflow.errors import Conflict, Invalid
from leadflow.kit.remembering import remembering
from leadflow.mail.compose import readable
from leadflow.models import Lead
from leadflow.people.access import allowed
from leadflow.rulesets import selectors as rulesets
from leadflow.rulesets.models import RuleVersion
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, is_part, redirect, render_part
from nurturing import selectors
from nurturing.forms.panes import form_for
from nurturing.forms.steps import StepForm
from nurturing.models import Sequence
from nurturing.services import (
    clipboard,
    drafting,
    editing,
    palette,
    paused_mail,
    sequences,
)
from nurturing.services import messages as mails
from nurturing.services.editing import Place
from nurturing.views import flow, flow_figures, shown
from nurturing.views.naming import Names


def sequence_or_404(pk: int) -> Sequence:
    """The sequence; everybody who may see sequences sees all of them."""
    return get_object_or_404(Sequence.objects.select_related("rule_set", "owner"), pk=pk)


def edited(sequence: Sequence) -> RuleVersion:
    """The draft, else what runs."""
    version = rulesets.editable(sequence.rule_set)
    if version is None:
        version = sequence.rule_set.versions.order_by("-number").first()
    if version is None:
        raise Http404
    return version


def head(request: HtmxHttpRequest, sequence: Sequence, tab: str) -> dict[str, Any]:
    """What the head of every tab shows."""
    version = edited(sequence)
    can_undo, can_redo = selectors.can_take_back(sequence)
    return {
        "sequence": sequence,
        "version": version,
        "is_draft": version.state == RuleVersion.State.DRAFT,
        "live": rulesets.current(sequence.rule_set),
        "seen": drafting.Seen.of(version),
        "can_undo": can_undo,
        "can_redo": can_redo,
        "tab": tab,
        "can_edit": allowed(request.user, "sequence.edit") and sequence.state != "archived",
        "can_enrol": allowed(request.user, "sequence.enrol") and sequence.is_running,
        "inside": selectors.people(sequence, request.user, view="inside").count(),
        "held_mails": paused_mail.count(sequence) if sequence.state == "paused" else 0,
    }


def seen_of(request: HtmxHttpRequest, version: RuleVersion) -> drafting.Seen | None:
    """What the editor had before her, as the page posts it: "4.7", or the revision alone."""
    number, _dot, revision = request.POST.get("revision", "").rpartition(".")
    if not (revision.isascii() and revision.isdigit() and len(revision) < 10):
        return None
    known = number.isascii() and number.isdigit() and len(number) < 10
    return drafting.Seen(int(number) if known else version.number, int(revision))


@require_safe
@access("sequence.view")
def build(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The steps of the draft, or of the version that runs."""
    return page_of(
        request,
        sequence_or_404(pk),
        chosen=request.GET.get("step", ""),
        view=request.GET.get("view", ""),
        adds=request.GET.get("add"),
    )


@remembering()
def page_of(
    request: HtmxHttpRequest,
    sequence: Sequence,
    *,
    chosen: str,
    view: str = "",
    form: StepForm | None = None,
    adds: str | None = None,
    told: str = "",
) -> HttpResponse:
    """The builder with one step in the pane; `adds` is the place for which the palette is open, `told`
    what has just become of the step."""
    context = head(request, sequence, "steps")
    document = context["version"].document
    here = editing.locate(document["steps"], chosen)
    if here is not None and form is None and adds is None:
        form = form_for(here.step, document["steps"]).marked()
    nodes = flow.draw(document, chosen if here else "", Names(document))
    node = next((one for one in flow.flat(nodes) if one.id == chosen), None)
    context |= {
        "nodes": nodes,
        "view": "list" if view == "list" else "",
        "enters": shown.trigger_words(document),
        "goal": shown.goal_words(document),
        "palette": palette.PALETTE,
        "adds": adds,
        "top": Place(),
        "end": Place("", "", len(nodes)),
        "chosen": here.step if here else None,
        "node": node,
        "said": flow.beside_no_field(node, form) if node and form else [],
        "told": told.replace("%(step)s", flow.named(node) if node else ""),
        "copied": clipboard.of(request.user) if context["can_edit"] else None,
        "starter": palette.starter_of(here.step) if here else None,
        "destinations": flow.destinations(nodes, chosen),
        "form": form,
        "merge_fields": shown.merge_fields(form) if form else [],
        "answers": shown.answers_to_insert(form) if form else [],
        "figures": flow_figures.of(sequence) if context["live"] else {},
        "span": flow_figures.SPAN.days,
        "is_fragment": is_part(request),
    }
    status = form.status if form else 200
    return render_part(request, "nurturing/build.html", "work", context, status=status)


@require_POST
@access("sequence.edit")
def switch(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Pause, resume or put away."""
    sequence = sequence_or_404(pk)
    match request.POST.get("to", ""):
        case "pause":
            waiting = sequences.pause(sequence, by=request.user)
            words = ngettext(
                "Paused. %(n)s mail that was written waits.",
                "Paused. %(n)s mails that were written wait.",
                waiting,
            )
            messages.success(request, words % {"n": waiting})
        case "resume":
            done = sequences.resume(sequence, by=request.user)
            told = {"n": done.leave, "late": done.late}
            words = _("It goes on. Mails that had waited and leave: %(n)s; too late: %(late)s.")
            messages.success(request, words % told)
        case "archive":
            sequences.archive(sequence, by=request.user)
        case _:
            raise Http404
    return redirect(request, sequence.get_absolute_url())


def example_lead(request: HtmxHttpRequest) -> Lead | None:
    """The lead to try a mail on: the one asked for, else the newest that the user may see."""
    rows = Lead.objects.visible_to(request.user).select_related("company", "owner")
    wanted = request.POST.get("lead") or request.GET.get("lead") or ""
    if "@" in wanted:
        return rows.filter(email__iexact=wanted.strip()).first()
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 19:
        return rows.filter(pk=int(wanted)).first()
    return rows.order_by("-pk").first()


def _mail_of(sequence: Sequence, step_id: str) -> dict[str, Any]:
    here = editing.locate(edited(sequence).document["steps"], step_id)
    if here is None or here.step["type"] != "email":
        raise Http404
    return dict(here.step)


def _words(mail: dict[str, Any], lead: Lead | None) -> tuple[mails.Words | None, str]:
    """The mail for this lead, or why it cannot be read yet."""
    try:
        return (mails.words_for(mail, lead) if lead else None), ""
    except Invalid as error:
        return None, error.message


@require_safe
@access("sequence.edit")
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def preview(request: HtmxHttpRequest, pk: int, step: str) -> HttpResponseBase:
    """The mail of a step as one lead would read it."""
    sequence = sequence_or_404(pk)
    mail, lead = _mail_of(sequence, step), example_lead(request)
    words, refused = _words(mail, lead)
    context = head(request, sequence, "steps") | {
        "refused": refused,
        "step": mail,
        "lead": lead,
        "words": words,
        "text": readable(words.text) if words else "",
        "asked": request.GET.get("lead", ""),
    }
    return render(request, "nurturing/preview.html", context)


@require_POST
@access("sequence.edit")
def trial(request: HtmxHttpRequest, pk: int, step: str) -> HttpResponse:
    """Send the mail of a step to oneself."""
    sequence = sequence_or_404(pk)
    mail, lead = _mail_of(sequence, step), example_lead(request)
    if lead is None:
        raise Conflict(_("There is no such lead to write the mail for."))
    sent = mails.send_trial(step=mail, lead=lead, by=request.user)
    messages.success(request, _("A test mail is on its way to %(to)s.") % {"to": sent.to_address})
    return redirect(request, reverse("nurturing:preview", args=[pk, step]) + f"?lead={lead.pk}")
