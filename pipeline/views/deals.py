"""One deal: its page, its form, its lines, its next step and notes, the trash."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from leadflow.assets import attachments
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.models import Activity, BuyingRole, CustomField, Lead, Note
from leadflow.notifications import following
from leadflow.people.access import allowed, reaches
from leadflow.people.models import User
from leadflow.services import about, activities, notes
from leadflow.timeline import selectors as timeline
from leadflow.web import board as kanban
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done, redirect, render_part
from leadflow.web.templatetags.formats import day
from pipeline import forms, rules, selectors
from pipeline.forms.lines import LineFormSet
from pipeline.forms.papers import FilesForm
from pipeline.forms.people import RoleForm
from pipeline.forms.rivals import RivalForm
from pipeline.models import Deal, Pipeline, PipelineStage, StageKind
from pipeline.selectors import chances, collateral, papers, people, quotes, rivals, splits, stays
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
    taking_part = people.participants(found, user)
    return {
        "steps": steps_of(found),
        "lines": (rows := list(selectors.lines_of(found))),
        "worth": selectors.worth_of(rows) if rows else None,
        "ticks": list(selectors.ticks_of(found)),
        "quotes": quotes.of_deal(found),
        "parts": splits.parts_of(found),
        "files": list(papers.files_of(found)),
        "file_form": FilesForm(prefix="file"),
        "rivals": list(rivals.of_deal(found)),
        "rival_form": RivalForm(deal=found, prefix="rival"),
        "people": taking_part,
        "lacking": people.lacking(taking_part) if found.is_open else [],
        "roles": BuyingRole.choices,
        "role_form": RoleForm(deal=found, user=user, found=taking_part, prefix="role"),
        "todo": list(open_steps(found)),
        "notes": list(notes_of(found, user)),
        "custom": custom_of(found),
        "card": card,
        "warning": warning_of(card) if found.is_open else "",
        "next_state": state,
        "next_words": words,
        "probability": chances.counted(found),
        "chances": chances.chances_of(found) if found.is_open else [],
        "weighted": weighted_of(found),
        "sees_lead": found.lead is not None and reaches(user, "lead.view", found.lead),
        "can_edit": reaches(user, "deal.edit", found),
        "can_move": reaches(user, "deal.move", found),
        "can_delete": reaches(user, "deal.delete", found),
        "converted": selectors.conversion_into(found, user),
        "can_note": allowed(user, "note.add"),
        "can_log": allowed(user, "activity.add"),
        "about": about_of(found),
        "is_followed": following.follows(user, ref=found.ref),
        "move_form": forms.MoveForm(deal=found),
        "step_form": forms.StepForm(prefix="step"),
        "note_form": forms.NoteForm(prefix="note"),
    }


def about_of(found: Deal) -> str:
    """By what pages of other packages link work to this deal."""
    if not found.lead_id:
        return ""
    return about.seal(found.ref, back=found.get_absolute_url(), lead_id=found.lead_id)


@dataclass(frozen=True, slots=True)
class Step:
    """A stage of the stepper."""

    label: str
    state: str
    when: str = ""


def steps_of(found: Deal) -> list[Step]:
    """The open stages up to where it stands, then how it ended or what is still to come, each with the
    days that the deal spent in it."""
    stood = stays.stays_of(found)
    stages = [s for s in found.pipeline.stages.all() if s.kind == StageKind.OPEN]
    if not found.is_open:
        is_won = found.status == StageKind.WON
        past = [s for s in stages if is_won or s.pk in stood]
        steps = [Step(stage.name, "done", time_in(stage, stood)) for stage in past]
        return [*steps, Step(found.stage.name, "now" if is_won else "lost", day(found.stage_since))]
    here = next((i for i, s in enumerate(stages) if s.pk == found.stage_id), 0)
    return [
        Step(
            stage.name,
            "done" if place < here else "now" if place == here else "later",
            time_in(stage, stood),
        )
        for place, stage in enumerate(stages)
    ]


def time_in(stage: PipelineStage, stood: Mapping[int, timedelta]) -> str:
    """12 days; nothing for a stage that the deal never was in."""
    if stage.pk not in stood:
        return ""
    days = stood[stage.pk].days
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days} if days else _("under a day")


def weighted_of(found: Deal) -> Any:
    """The amount times the probability that counts."""
    return rules.weighted(found.amount, chances.counted(found))


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
        | collateral.openings_of(found)
    )
    rows, more = timeline.newest_first(events, before=before)
    return timeline.Page(timeline.entries_of(rows, user, undoes_of(found, user)), more)


def undoes_of(found: Deal, user: User) -> dict[int, str]:
    """The move that she can take back from the story, if there is one."""
    last = stays.last_move(found) if reaches(user, "deal.move", found) else None
    return {last.pk: reverse("pipeline:deal-take-back", args=[found.pk, last.pk])} if last else {}


@require_POST
@access("deal.move")
def take_back(request: HtmxHttpRequest, pk: int, event: int) -> HttpResponse:
    """Put the deal back where it stood before a move of its story."""
    found = deals.take_back(find(request, pk, "deal.move"), event_id=event, by=request.user)
    words = _("%(name)s is back in %(stage)s") % {"name": found.name, "stage": found.stage.name}
    return done(request, words, back=found.get_absolute_url())


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
        need=values["need"],
        custom={k: v for k, v in form.own_values().items() if v is not None},
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
    plain = ("name", "amount", "currency", "expected_close_on", "need", "probability")
    wanted: dict[str, Any] = {key: values[key] for key in plain if key in form.fields}
    wanted |= {"kind": values["kind"] or found.kind, "lead": form.lead, "company": form.company()}
    if values["owner"]:
        wanted["owner"] = values["owner"]
    if not found.is_open:
        wanted.pop("probability", None)
    wanted |= form.own_edits()
    return deals.edit(found, values=wanted, version=values["version"], by=user)


@access("deal.edit")
def lines(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The lines of a deal in one form; the amount follows them."""
    found = find(request, pk, "deal.edit")
    initial = [
        {"product": li.product, "text": li.text, "quantity": plain(li.quantity),
         "price": plain(li.price), "discount": plain(li.discount),
         "billing": li.billing, "term_months": li.term_months, "tax": plain(li.tax)}
        for li in selectors.lines_of(found)
    ]  # fmt: skip
    formset = LineFormSet(sent(request), initial=initial, prefix="line")
    if request.method == "POST" and formset.is_valid():
        gone = formset.deleted_forms
        rows = [f.line() for f in formset.forms if (f.has_changed() or f.initial) and f not in gone]
        version = number(request.POST.get("version")) or None
        deals.set_lines(found, lines=rows, version=version, by=request.user)
        return redirect(request, found.get_absolute_url())
    context = {"deal": found, "formset": formset}
    bad = formset.is_bound and not formset.is_valid()
    return render(request, "pipeline/lines.html", context, status=422 if bad else 200)


def plain(value: Decimal | None) -> str:
    """81600, and not 8.16E+4; nothing for nothing."""
    return "" if value is None else f"{value.normalize():f}"


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
@access("note.add")
def note(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Write a note about a deal."""
    found = find(request, pk)
    form = forms.NoteForm(request.POST, request.FILES, prefix="note")
    if form.is_valid() and form.attempt(lambda: noted(form, found, request.user)):
        return redirect(request, found.get_absolute_url())
    return page_with(request, found, {"note_form": form})


@transaction.atomic
def noted(form: forms.NoteForm, found: Deal, user: User) -> Note:
    """The note with its files, or neither."""
    row = notes.add(
        text=form.cleaned_data["text"], lead=found.lead, company=found.company,
        subject_ref=found.ref, by=user,
    )  # fmt: skip
    attachments.claim(form.cleaned_data["attached"], kind=attachments.NOTE, pk=row.pk)
    return row


@require_POST
@access("deal.view")
def follow(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Hear of a deal from now on, or no more."""
    found = find(request, pk)
    if following.follows(request.user, ref=found.ref):
        following.unfollow(user=request.user, ref=found.ref)
        words = _("You follow this deal no more")
    else:
        following.follow(user=request.user, ref=found.ref)
        words = _("You hear of what happens to this deal")
    return done(request, words, back=found.get_absolute_url())


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
