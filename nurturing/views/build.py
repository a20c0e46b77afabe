"""The builder: steps in the middle, palette left, what belongs to the chosen step right."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leadflow.errors import Conflict
from leadflow.kit import clock
from leadflow.mail.compose import readable
from leadflow.models import Lead
from leadflow.people.access import allowed
from leadflow.rulesets import selectors as rulesets
from leadflow.rulesets.models import RuleVersion
from leadflow.runs.models import Run
from leadflow.web.forms import StaffForm
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from nurturing import rules, selectors
from nurturing.forms import STEP_FORMS, AboutForm, EntryForm
from nurturing.models import Sequence
from nurturing.services import documents, eligibility, existing, sequences
from nurturing.services import messages as mails
from nurturing.views import shown


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
    return {
        "sequence": sequence,
        "version": version,
        "is_draft": version.state == RuleVersion.State.DRAFT,
        "live": rulesets.current(sequence.rule_set),
        "tab": tab,
        "can_edit": allowed(request.user, "sequence.edit") and sequence.state != "archived",
        "can_enrol": allowed(request.user, "sequence.enrol") and sequence.is_running,
        "inside": selectors.people(sequence, request.user, view="inside").count(),
    }


@require_safe
@access("sequence.view")
def build(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The steps of the draft, or of the version that runs."""
    sequence = sequence_or_404(pk)
    return _page(request, sequence, chosen=request.GET.get("step", ""))


def _page(
    request: HtmxHttpRequest, sequence: Sequence, *, chosen: str, form: StaffForm | None = None
) -> HttpResponse:
    context = head(request, sequence, "steps")
    document = context["version"].document
    step = rules.find(document["steps"], chosen)
    if step is not None and form is None:
        form = STEP_FORMS[step["type"]](initial=shown.initial(step))
    context |= {
        "steps": shown.steps(document, chosen, selectors.step_figures(sequence)),
        "enters": shown.trigger_words(document),
        "goal": shown.goal_words(document),
        "palette": [(kind, icon, shown.kind_label(kind)) for kind, icon in shown.PALETTE],
        "chosen": step,
        "form": form,
        "merge_fields": shown.merge_fields(form) if form else [],
        "answers": shown.answers_to_insert(form) if form else [],
        "problems": [said for _place, said in documents.problems(document)],
    } | _waiting(request, sequence, context["version"])
    return render(request, "nurturing/build.html", context, status=form.status if form else 200)


def _waiting(request: HtmxHttpRequest, sequence: Sequence, version: RuleVersion) -> dict[str, Any]:
    """Who is in the segment already, and what would become of them."""
    segment = selectors.waiting_segment(version.document)
    if segment is None or request.GET.get("step"):
        return {"segment": segment}
    ids = selectors.already_inside(segment, request.user)
    return {
        "segment": segment,
        "already": len(ids),
        "verdict": eligibility.judge(sequence, version, ids, clock.now()),
    }


def _save(
    request: HtmxHttpRequest, sequence: Sequence, document: dict[str, Any], chosen: str = ""
) -> HttpResponse:
    """Keep the draft and show the step; somebody else's save since is a conflict."""
    given = request.POST.get("revision", "")
    draft = rulesets.draft(sequence.rule_set)
    revision = int(given) if draft and given.isascii() and given.isdigit() else None
    sequences.save_draft(sequence, document=document, by=request.user, revision=revision)
    url = sequence.get_absolute_url()
    return redirect(request, f"{url}?step={chosen}" if chosen else url)


@require_POST
@access("sequence.edit")
def step_add(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """A step from the palette, behind the chosen one or at the end."""
    sequence = sequence_or_404(pk)
    document = dict(edited(sequence).document)
    step = documents.new_step(request.POST.get("type", ""))
    steps = list(document["steps"])
    ids = [one["id"] for one in steps]
    after = request.POST.get("after", "")
    steps.insert(ids.index(after) + 1 if after in ids else len(steps), step)
    return _save(request, sequence, document | {"steps": steps}, step["id"])


def _step_or_404(document: dict[str, Any], step_id: str) -> int:
    ids = [one["id"] for one in document["steps"]]
    if step_id not in ids:
        raise Http404
    return ids.index(step_id)


@require_POST
@access("sequence.edit")
def step_save(request: HtmxHttpRequest, pk: int, step: str) -> HttpResponse:
    """What was typed into the properties of a step."""
    sequence = sequence_or_404(pk)
    document = dict(edited(sequence).document)
    place = _step_or_404(document, step)
    steps = list(document["steps"])
    form = STEP_FORMS[steps[place]["type"]](request.POST)
    if not form.is_valid():
        return _page(request, sequence, chosen=step, form=form)
    steps[place] = steps[place] | form.part()
    return _save(request, sequence, document | {"steps": steps}, step)


@require_POST
@access("sequence.edit")
def step_move(request: HtmxHttpRequest, pk: int, step: str) -> HttpResponse:
    """One place up or down, or away."""
    sequence = sequence_or_404(pk)
    document = dict(edited(sequence).document)
    place = _step_or_404(document, step)
    steps = list(document["steps"])
    moved = steps.pop(place)
    match request.POST.get("to"):
        case "up":
            steps.insert(max(0, place - 1), moved)
        case "down":
            steps.insert(place + 1, moved)
        case "away":
            return _save(request, sequence, document | {"steps": steps})
        case _:
            raise Http404
    return _save(request, sequence, document | {"steps": steps}, step)


@require_http_methods(["GET", "HEAD", "POST"])
@access("sequence.edit")
def entry(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Who enters, the goal, what ends it, sending hours."""
    sequence = sequence_or_404(pk)
    document = dict(edited(sequence).document)
    form = EntryForm(request.POST or None, initial=EntryForm.reads(document))
    if form.is_bound and form.is_valid():
        _save(request, sequence, document | form.part())
        messages.success(request, _("Saved. Publish it to let it count."))
        return redirect(request, reverse("nurturing:entry", args=[pk]))
    context = head(request, sequence, "entry") | {"form": form}
    return render(request, "nurturing/entry.html", context, status=form.status)


@require_http_methods(["GET", "HEAD", "POST"])
@access("sequence.edit")
def about(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Name, owner, priority."""
    sequence = sequence_or_404(pk)
    now = {"name": sequence.name, "owner": sequence.owner_id, "priority": sequence.priority}
    form = AboutForm(request.POST or None, initial=now)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        if form.attempt(lambda: sequences.rename(sequence, by=request.user, **data)):
            return redirect(request, sequence.get_absolute_url())
    context = head(request, sequence, "about") | {"form": form}
    return render(request, "nurturing/entry.html", context, status=form.status)


@require_POST
@access("sequence.edit")
def publish(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Let people enter by the draft from now on."""
    sequence = sequence_or_404(pk)
    given = request.POST.get("revision", "")
    revision = int(given) if given.isascii() and given.isdigit() else None
    version = sequences.publish(sequence, by=request.user, revision=revision)
    words = _("Version %(n)s runs.") % {"n": version.number}
    if request.POST.get("also") == "1":
        words = f"{words} {_let_in(request, sequence_or_404(pk), version)}"
    messages.success(request, words)
    return redirect(request, sequence.get_absolute_url())


def _let_in(request: HtmxHttpRequest, sequence: Sequence, version: RuleVersion) -> str:
    done = existing.let_in(sequence, version, by=request.user)
    if isinstance(done, Run):
        return _("Those who match already are being let in.")
    return _("People who entered: %(n)s.") % {"n": done}


@require_POST
@access("sequence.edit")
def switch(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Pause, resume or put away."""
    sequence = sequence_or_404(pk)
    actions = {
        "pause": sequences.pause,
        "resume": sequences.resume,
        "archive": sequences.archive,
    }
    action = actions.get(request.POST.get("to", ""))
    if action is None:
        raise Http404
    action(sequence, by=request.user)
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
    step = rules.find(edited(sequence).document["steps"], step_id)
    if step is None or step["type"] != "email":
        raise Http404
    return dict(step)


@require_safe
@access("sequence.edit")
def preview(request: HtmxHttpRequest, pk: int, step: str) -> HttpResponseBase:
    """The mail of a step as one lead would read it."""
    sequence = sequence_or_404(pk)
    mail, lead = _mail_of(sequence, step), example_lead(request)
    words = mails.words_for(mail, lead) if lead else None
    context = head(request, sequence, "steps") | {
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
