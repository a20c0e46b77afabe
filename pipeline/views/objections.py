"""Objections on a deal or a person, the playbook that answers them, and how its answers did."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from leadflow.kit import clock
from leadflow.models import Lead
from leadflow.people.access import allowed, reaches
from leadflow.web.crud import Crud
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done, render_part
from leadflow.web.tables import Column, Table
from pipeline.forms.objections import ObjectionAnswerForm, ObjectionForm, ObjectionKindForm
from pipeline.models import Deal, Objection, ObjectionAnswer, ObjectionKind
from pipeline.selectors import objections as reading
from pipeline.selectors import outcomes
from pipeline.selectors.alike import ENOUGH
from pipeline.services import objections
from pipeline.views.board import number, sent
from pipeline.views.deals import find
from pipeline.views.settings import IN_SETTINGS

# --- on a record ----------------------------------------------------------------------------------


@require_safe
@access("deal.view")
def of_deal(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """What was said against a deal; a part of its page."""
    found = find(request, pk)
    context = {
        "rows": reading.of_deal(found),
        "heading": _("Objections to %(name)s") % {"name": found.name},
        "add_url": reverse("pipeline:objection-of-deal", args=[found.pk]),
        "can_add": reaches(request.user, "deal.edit", found) and found.is_open,
        "on": found,
    }
    return render_part(request, "pipeline/objections.html", "part", context)


@require_safe
@access("deal.view")
def of_lead(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """What a person has against buying, on all her deals; a part of her page."""
    lead = get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)
    context = {
        "rows": reading.of_lead(lead, request.user),
        "heading": _("Objections of %(name)s") % {"name": lead.name},
        "add_url": reverse("pipeline:objection-of-lead", args=[lead.pk]),
        "can_add": reaches(request.user, "deal.edit", lead),
        "on": lead,
    }
    return render_part(request, "pipeline/objections.html", "part", context)


@access("deal.edit")
def add_to_deal(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Write an objection down on a deal."""
    return heard(request, find(request, pk, "deal.edit"))


@access("deal.edit")
def add_to_lead(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Write an objection of a person down, before there is a deal."""
    return heard(request, get_object_or_404(Lead.objects.visible_to(request.user, "deal.edit"), pk=pk))  # fmt: skip


def heard(request: HtmxHttpRequest, on: Deal | Lead) -> HttpResponse:
    """Ask what was said, then keep it."""
    form = ObjectionForm(sent(request))
    is_good = form.is_bound and form.is_valid()
    if is_good and form.attempt(lambda: objections.hear(on, told=form.told(), by=request.user)):
        words = _("Written down: %(what)s") % {"what": form.result}
        return done(request, words, back=on.get_absolute_url())
    context = {"form": form, "on": on, "plays": reading.playbook(clock.now())}
    return render(request, "pipeline/objection.html", context, status=form.status)


@access("deal.edit")
def one(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Say what was answered to an objection, and whether that helped."""
    rows = Objection.objects.visible_to(request.user, "deal.edit")
    row = get_object_or_404(rows.select_related("kind", "answer__kind", "deal", "lead"), pk=pk)
    form = ObjectionForm(sent(request), row=row)
    is_good = form.is_bound and form.is_valid()
    if is_good and form.attempt(lambda: objections.change(row, told=form.told(), by=request.user)):
        words = _("Saved: %(name)s") % {"name": form.result}
        return done(request, words, back=row.of_url)
    plays = [play for play in reading.playbook(clock.now()) if play.kind == row.kind]
    context = {"form": form, "on": row.deal or row.lead, "row": row, "plays": plays}
    return render(request, "pipeline/objection.html", context, status=form.status)


# --- the playbook ---------------------------------------------------------------------------------

ROWS = Table(
    "pipeline.objections",
    columns=[
        Column("when", lazy("When"), sort="raised_at", always=True),
        Column("on", lazy("Deal or person")),
        Column("said", lazy("What was said")),
        Column("answer", lazy("Answer")),
        Column("result", lazy("Result"), sort="state"),
    ],
    default_sort="-when",
)
DEALS = Table(
    "pipeline.objection_deals",
    columns=[
        Column("deal", lazy("Deal"), sort="name", always=True),
        Column("company", lazy("Company")),
        Column("owner", lazy("Owner")),
        Column("stage", lazy("Stage")),
        Column("amount", lazy("Amount"), align="right"),
    ],
    default_sort="deal",
)
LABELS: dict[str, str | Promise] = {
    "heard": lazy("Heard"),
    "settled": lazy("Settled"),
    "resolved": lazy("Resolved"),
    "closed": lazy("Closed deals"),
    "won": lazy("Won deals"),
}


@require_safe
@access("deal.view")
def playbook(request: HtmxHttpRequest) -> HttpResponse:
    """Every kind of objection with its approved answers, and how each did in the last year."""
    plays = reading.playbook(clock.now())
    context = {
        "plays": plays,
        "fresh": [play for play in plays if not play.answers and not play.result.heard],
        "enough": ENOUGH,
        "may_edit": allowed(request.user, "playbook.edit"),
    }
    return render(request, "pipeline/playbook.html", context)


@require_safe
@access("deal.view")
def behind(request: HtmxHttpRequest, pk: int, part: str) -> HttpResponse:
    """The objections or deals behind a number; `?answer=` keeps those of one answer, 0 those without."""
    kind = get_object_or_404(ObjectionKind, pk=pk)
    if part not in reading.PARTS:
        raise Http404
    asked = request.GET.get("answer")
    answer = get_object_or_404(ObjectionAnswer, pk=number(asked)) if number(asked) else None
    rows, hidden = reading.behind(
        request.user, clock.now(), kind=kind.pk, answer=answer.pk if answer else None,
        has_answer=asked is not None, part=part,
    )  # fmt: skip
    of_deals = part in outcomes.OF_DEALS
    context: dict[str, Any] = {
        "kind": kind,
        "answer": answer,
        "label": LABELS[part],
        "of_deals": of_deals,
        "hidden": hidden,
        "page": (DEALS if of_deals else ROWS).page(request, rows),
    }
    return render(request, "pipeline/objection_rows.html", context)


KINDS = Crud(
    ObjectionKind,
    ObjectionKindForm,
    permission="playbook.edit",
    namespace="pipeline",
    slug="objection-kinds",
    **IN_SETTINGS,
    singular=lazy("Objection"),
    plural=lazy("Objections"),
    intro=lazy("What people have against buying, again and again. The playbook answers each."),
    columns=[
        ("name", lazy("Objection")),
        (lambda kind: len(kind.answers.all()), lazy("Answers")),
        ("is_active", lazy("Offered")),
    ],
    prefetch=("answers",),
    ordering=("position", "name"),
    save=objections.save_setting,
)


class Answers(Crud):
    """Answers begin with the objection that the address names."""

    __slots__ = ()

    def initial(self, request: HtmxHttpRequest) -> dict[str, Any]:
        """`?kind=` chooses the objection."""
        return {"kind": number(request.GET.get("kind")) or None}


ANSWERS = Answers(
    ObjectionAnswer,
    ObjectionAnswerForm,
    permission="playbook.edit",
    namespace="pipeline",
    slug="objection-answers",
    **IN_SETTINGS,
    singular=lazy("Answer"),
    plural=lazy("Answers to objections"),
    intro=lazy("What your best people say. Whoever meets the objection finds it in the playbook."),
    columns=[
        ("title", lazy("Answer")),
        ("kind", lazy("To")),
        (lambda answer: answer.item or "", lazy("Show with it")),
        ("is_active", lazy("Offered")),
    ],
    prefetch=("kind", "item"),
    ordering=("kind__position", "kind__name", "position", "pk"),
    save=objections.save_setting,
)
