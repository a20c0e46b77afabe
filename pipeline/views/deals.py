"""One deal: its page, its form, its lines, its next step and notes, the trash."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.models import Activity, CustomField, Lead, Note
from leadflow.people.access import allowed, reaches
from leadflow.people.models import User
from leadflow.services import activities, notes
from leadflow.timeline import selectors as timeline
from leadflow.web import board as kanban
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done, redirect, render_part
from leadflow.web.templatetags.formats import day
from pipeline import forms, rules, selectors
from pipeline.models import Deal, Pipeline, PipelineStage, StageKind
from pipeline.services import deals
from pipeline.views.board import number, sent, warning_of


def find(request: HtmxHttpRequest, pk: int, permission: str = "deal.view") -> Deal:
    """The deal, where she may do this to it; 404 where it is out of her reach."""
    rows = Deal.objects.visible_to(request.user, permission)
    return get_object_or_404(
        rows.select_related("pipeline", "stage", "company", "lead__score", "owner", "lost_reason"),
        pk=pk,
    )


@access("deal.view")
def deal(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The page of a deal; its story pages on with `?before=`."""
    found = find(request, pk)
    before = number(request.GET.get("before")) or None
    context = {"deal": found, "page": story_of(found, request.user, before)}
    context |= {"more_url": f"{request.path}?"}
    if before:
        return render_part(request, "pipeline/deal.html", "story", context)
    return render(request, "pipeline/deal.html", context | page_context(found, request.user))


def page_context(found: Deal, user: User) -> dict[str, Any]:
    """What the page shows beside its story."""
    at = clock.now()
    card = selectors.card_of(found, at)
    kinds = dict(Activity.Kind.choices)
    step_kind = str(kinds.get(found.next_step_kind, ""))
    state, words = kanban.next_step(found.next_step_at, step_kind, at)
    return {
        "steps": steps_of(found),
        "lines": list(selectors.lines_of(found)),
        "todo": list(open_steps(found)),
        "notes": list(notes_of(found, user)),
        "custom": custom_of(found),
        "card": card,
        "warning": warning_of(card) if found.is_open else "",
        "next_state": state,
        "next_words": words,
        "probability": probability_of(found),
        "weighted": weighted_of(found),
        "sees_lead": found.lead is not None and reaches(user, "lead.view", found.lead),
        "can_edit": reaches(user, "deal.edit", found),
        "can_move": reaches(user, "deal.move", found),
        "can_delete": reaches(user, "deal.delete", found),
        "can_note": allowed(user, "note.add"),
        "move_form": forms.MoveForm(deal=found),
        "step_form": forms.StepForm(prefix="step"),
        "note_form": forms.NoteForm(prefix="note"),
    }


@dataclass(frozen=True, slots=True)
class Step:
    """A stage of the stepper."""

    label: str
    state: str
    when: str = ""


def steps_of(found: Deal) -> list[Step]:
    """The open stages up to where it stands, then how it ended or what is still to come."""
    stages = [s for s in found.pipeline.stages.all() if s.kind == StageKind.OPEN]
    if not found.is_open:
        state = "now" if found.status == StageKind.WON else "lost"
        past = [Step(stage.name, "done") for stage in stages] if state == "now" else []
        return [*past, Step(found.stage.name, state, day(found.stage_since))]
    here = next((i for i, s in enumerate(stages) if s.pk == found.stage_id), 0)
    return [
        Step(
            stage.name,
            "done" if place < here else "now" if place == here else "later",
            day(found.stage_since) if place == here else "",
        )
        for place, stage in enumerate(stages)
    ]


def probability_of(found: Deal) -> int:
    """What the pipeline counts: the typed one where it says so, else the stage's."""
    if found.pipeline.counts_manual and found.probability is not None:
        return found.probability
    return found.stage.probability


def weighted_of(found: Deal) -> Any:
    """The amount times the probability."""
    return rules.weighted(found.amount, probability_of(found))


def open_steps(found: Deal) -> Any:
    """What is planned with this deal or, without a record, with its person."""
    about = Q(subject_ref=found.ref)
    if found.lead_id:
        about |= Q(lead=found.lead_id, subject_ref="")
    return Activity.objects.open().filter(about).select_related("owner").order_by("due_at", "pk")


def notes_of(found: Deal, user: User) -> Any:
    """The newest notes about this deal, without the private ones of others."""
    mine = Q(is_private=False) | Q(by=user)
    rows = Note.objects.filter(mine, subject_ref=found.ref).select_related("by")
    return rows.order_by("-created_at", "-pk")[:20]


def custom_of(found: Deal) -> list[tuple[str, Any]]:
    """The organisation's own fields with their values."""
    fields = CustomField.objects.filter(subject="deal", is_archived=False)
    return [(f.label, found.custom[f.key]) for f in fields if f.key in found.custom]


def story_of(found: Deal, user: User, before: int | None) -> timeline.Page:
    """What happened to the deal, and what was done and written about it."""
    acts = Activity.objects.filter(subject_ref=found.ref).values_list("pk", flat=True)
    mine = Q(is_private=False) | Q(by=user)
    texts = Note.objects.filter(mine, subject_ref=found.ref).values_list("pk", flat=True)
    events = Event.objects.filter(
        Q(subject_type=Deal._meta.label_lower, subject_id=found.pk)
        | Q(subject_type=Activity._meta.label_lower, subject_id__in=list(acts))
        | Q(subject_type=Note._meta.label_lower, subject_id__in=list(texts))
    )
    if before:
        events = events.filter(pk__lt=before)
    rows = list(events.order_by("-pk")[: timeline.PAGE + 1])
    shown = rows[: timeline.PAGE]
    return timeline.Page(
        timeline.entries_of(shown, user), shown[-1].pk if len(rows) > timeline.PAGE else None
    )


@access("deal.edit")
def new(request: HtmxHttpRequest) -> HttpResponse:
    """Open a deal by hand; `?stage=`, `?lead=` and `?company=` fill what is known."""
    chosen = PipelineStage.objects.filter(pk=number(request.GET.get("stage"))).first()
    pipeline = chosen.pipeline if chosen else pipeline_asked(request)
    form = forms.DealForm(
        sent(request), user=request.user, pipeline=pipeline,
        initial=known_of(request, chosen),
    )  # fmt: skip
    is_good = request.method == "POST" and form.is_valid()
    if is_good and form.attempt(lambda: opened(form, request.user)):
        return redirect(request, form.result.get_absolute_url())
    return render(request, "pipeline/deal_form.html", {"form": form}, status=form.status)


def pipeline_asked(request: HtmxHttpRequest) -> Pipeline | None:
    """The pipeline of the URL, else the default."""
    rows = selectors.pipelines()
    return rows.filter(pk=number(request.GET.get("pipeline"))).first() or rows.first()


def known_of(request: HtmxHttpRequest, stage: PipelineStage | None) -> dict[str, Any]:
    """What the URL knows already."""
    known: dict[str, Any] = {"owner": request.user.pk, "stage": stage}
    leads = Lead.objects.visible_to(request.user).select_related("company")
    lead = leads.filter(pk=number(request.GET.get("lead"))).first()
    if lead:
        known |= {"person": lead.email, "company_name": lead.company.name if lead.company else ""}
    if name := request.GET.get("company_name", "")[:200]:
        known["company_name"] = name
    return known


@transaction.atomic
def opened(form: forms.DealForm, user: User) -> Deal:
    """Open what the form says."""
    values = form.cleaned_data
    opening = deals.Opening(
        name=values["name"],
        stage=values["stage"],
        lead=form.lead,
        company=form.company() or (form.lead.company if form.lead else None),
        owner=values["owner"] or user,
        amount=values["amount"],
        currency=values["currency"],
        kind=values["kind"],
        expected_close_on=values["expected_close_on"],
        custom={k: v for k, v in form.custom_values().items() if v not in (None, "", [])},
    )
    return deals.open(opening, by=user)


@access("deal.edit")
def edit(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Change the fields of a deal."""
    found = find(request, pk, "deal.edit")
    form = forms.DealForm(sent(request), user=request.user, deal=found)
    is_good = request.method == "POST" and form.is_valid()
    if is_good and form.attempt(lambda: edited(form, found, request.user)):
        return redirect(request, found.get_absolute_url())
    context = {"form": form, "deal": found}
    return render(request, "pipeline/deal_form.html", context, status=form.status)


@transaction.atomic
def edited(form: forms.DealForm, found: Deal, user: User) -> Deal:
    """Store what the form says; what it does not show stays."""
    values = form.cleaned_data
    plain = ("name", "amount", "currency", "expected_close_on", "probability")
    wanted: dict[str, Any] = {key: values[key] for key in plain if key in form.fields}
    wanted |= {"kind": values["kind"] or found.kind, "lead": form.lead, "company": form.company()}
    if values["owner"]:
        wanted["owner"] = values["owner"]
    if not found.is_open:
        wanted.pop("probability", None)
    wanted |= {f"custom.{key}": value for key, value in form.custom_values().items()}
    return deals.edit(found, values=wanted, version=values["version"], by=user)


@access("deal.edit")
def lines(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The lines of a deal in one form; the amount follows them."""
    found = find(request, pk, "deal.edit")
    initial = [
        {"product": li.product, "text": li.text, "quantity": li.quantity.normalize(),
         "price": li.price.normalize(), "discount": li.discount.normalize()}
        for li in selectors.lines_of(found)
    ]  # fmt: skip
    formset = forms.LineFormSet(sent(request), initial=initial, prefix="line")
    if request.method == "POST" and formset.is_valid():
        gone = formset.deleted_forms
        rows = [f.line() for f in formset.forms if (f.has_changed() or f.initial) and f not in gone]
        version = number(request.POST.get("version")) or None
        deals.set_lines(found, lines=rows, version=version, by=request.user)
        return redirect(request, found.get_absolute_url())
    context = {"deal": found, "formset": formset}
    bad = formset.is_bound and not formset.is_valid()
    return render(request, "pipeline/lines.html", context, status=422 if bad else 200)


@require_POST
@access("activity.add")
def plan(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Set the next step with a deal."""
    found = find(request, pk)
    form = forms.StepForm(request.POST, prefix="step")
    if form.is_valid():
        values = form.cleaned_data
        activities.plan(
            kind=values["kind"], subject=values["subject"], due_at=values["due_at"],
            lead=found.lead, company=found.company, subject_ref=found.ref,
            owner=request.user, by=request.user,
        )  # fmt: skip
        return redirect(request, found.get_absolute_url())
    return page_with(request, found, {"step_form": form})


@require_POST
@access("activity.add")
def finish(request: HtmxHttpRequest, pk: int, activity: int) -> HttpResponse:
    """Mark a step with a deal as done."""
    found = find(request, pk)
    step = get_object_or_404(open_steps(found), pk=activity)
    activities.complete(step, by=request.user)
    return done(
        request, _("Done: %(what)s") % {"what": step.subject}, back=found.get_absolute_url()
    )


@require_POST
@access("note.add")
def note(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Write a note about a deal."""
    found = find(request, pk)
    form = forms.NoteForm(request.POST, prefix="note")
    if form.is_valid():
        text = form.cleaned_data["text"]
        if form.attempt(
            lambda: notes.add(
                text=text, lead=found.lead, company=found.company, subject_ref=found.ref,
                by=request.user,
            )
        ):  # fmt: skip
            return redirect(request, found.get_absolute_url())
    return page_with(request, found, {"note_form": form})


def page_with(request: HtmxHttpRequest, found: Deal, more: dict[str, Any]) -> HttpResponse:
    """The page again with a form that was refused."""
    context = {"deal": found, "page": story_of(found, request.user, None), "more_url": "?"}
    context |= page_context(found, request.user) | more
    return render(request, "pipeline/deal.html", context, status=422)


@require_POST
@access("deal.delete")
def trash(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Put a deal in the trash."""
    found = find(request, pk, "deal.delete")
    deals.trash_many(deal_ids=[found.pk], by=request.user)
    words = _("%(name)s is in the trash for 30 days") % {"name": found.name}
    return done(request, words, back=reverse("pipeline:trash-list"))


@access("deal.delete")
def trash_list(request: HtmxHttpRequest) -> HttpResponse:
    """What lies in the trash, the latest first."""
    rows = Deal.objects.in_trash_of(request.user).select_related("stage", "owner", "company")
    return render(request, "pipeline/trash.html", {"deals": rows.order_by("-deleted_at")[:200]})


@require_POST
@access("deal.delete")
def restore(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take a deal out of the trash."""
    found = get_object_or_404(Deal.objects.in_trash_of(request.user), pk=pk)
    deals.restore_many(deal_ids=[found.pk], by=request.user)
    return redirect(request, found.get_absolute_url())
