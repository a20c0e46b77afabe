"""The list of deals: filters, order, bulk work, export."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.people.access import allowed
from leadflow.people.models import User
from leadflow.web import board as kanban
from leadflow.web import csv, inplace, rules
from leadflow.web.filters import Applied
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, back_to, done, redirect, say
from leadflow.web.tables import Column, Edit, Look, Table
from pipeline import selectors
from pipeline.forms import amount_field
from pipeline.models import Deal, PipelineStage
from pipeline.services import deals
from pipeline.views import asking, cells
from pipeline.views.board import held_words, number


def _edit(key: str, field: Callable[[User], forms.Field]) -> Edit:
    """A column that holds a field of the deal."""

    def save(deal: Deal, value: Any, version: int | None, user: User) -> Deal:
        return deals.edit(deal, values={key: value}, version=version, by=user)

    return Edit("deal.edit", field, lambda deal: getattr(deal, key), save)


class StageField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """An open stage of any pipeline, named with it."""

    def __init__(self) -> None:
        super().__init__(selectors.open_stages(), empty_label=None)

    def label_from_instance(self, stage: PipelineStage) -> str:
        """Sales: Proposal."""
        return f"{stage.pipeline.name}: {stage.name}"


def _move(deal: Deal, stage: PipelineStage, version: int | None, user: User) -> Deal:
    """What the stage asks and the deal lacks is told beside the field."""
    return deals.move(deal, to=stage, version=version, by=user)


DEALS = Table(
    asking.VIEWS,
    columns=[
        Column(
            "name", lazy("Deal"), sort="name", always=True, cell=cells.name,
            edit=_edit("name", lambda _user: forms.CharField(max_length=200)),
        ),
        Column("company", lazy("Company"), cell=cells.company),
        Column(
            "stage", lazy("Stage"), cell=cells.stage,
            edit=Edit("deal.move", lambda _user: StageField(), lambda deal: deal.stage_id, _move),
        ),
        Column(
            "amount", lazy("Amount"), sort="amount", nullable=True, align="right", cell=cells.amount,
            edit=_edit("amount", lambda _user: amount_field(required=False)),
        ),
        Column(
            "closes", lazy("Closes"), sort="expected_close_on", nullable=True, cell=cells.closes,
            edit=_edit("expected_close_on", lambda _user: forms.DateField(required=False)),
        ),
        Column("next", lazy("Next step"), sort="next_step_at", nullable=True, cell=cells.next_step),
        Column(
            "owner", lazy("Owner"), cell=cells.owner,
            edit=_edit("owner", lambda user: forms.ModelChoiceField(selectors.possible_owners(user))),
        ),
        Column("opened", lazy("Opened"), sort="opened_at", nullable=True, cell=cells.opened),
        Column("won", lazy("Won"), sort="won_at", nullable=True, default=False, cell=cells.won),
        Column("lost", lazy("Lost"), sort="lost_at", nullable=True, default=False, cell=cells.lost),
        Column("reason", lazy("Lost because"), default=False, cell=cells.reason),
        Column("created", lazy("Added"), sort="created_at", default=False, cell=cells.created),
    ],
    default_sort="-created",
)  # fmt: skip
MOST = 5_000  # deals that one bulk action takes


def rows_of(user: User) -> QuerySet[Deal]:
    """All that she may see, with what the list shows."""
    return Deal.objects.visible_to(user).select_related(
        "company", "stage", "owner", "lead", "lost_reason", "pipeline"
    )


@access("deal.view")
def listing(request: HtmxHttpRequest) -> HttpResponse:
    """The list as the URL asks for it."""
    everything = rows_of(request.user)
    rows, applied, rule = narrowed(request, everything)
    page = DEALS.page(request, rows)
    can_edit = allowed(request.user, "deal.edit")
    context = {
        "page": page,
        "applied": applied,
        "rule": rule,
        "best": None if page.rows else applied.best_to_drop(everything),
        "body": page.drawn(Look(), pick=can_edit),
        # whoever may change deals may change all that she sees, and give them to whom the filter names
        "owners": applied.choices("owner"),
        "stages": [(stage.pk, stage) for stage in selectors.open_stages()] if can_edit else [],
        "cells": inplace.cells_of(request.user, DEALS, "pipeline:deal-cell"),
        "can_edit": can_edit,
        "can_delete": allowed(request.user, "deal.delete"),
        "can_export": allowed(request.user, "deal.export"),
        "state": kanban.state_of(request),
        "export_query": request.GET.urlencode(),
    }
    context |= asking.views_of(request, asking.standard_tabs(request.user))
    return render(request, "pipeline/list.html", context)


def narrowed(
    request: HtmxHttpRequest, rows: QuerySet[Deal]
) -> tuple[QuerySet[Deal], Applied, rules.Asked]:
    """The rows that the URL asks for, its chips, and its rule."""
    applied, rule = asking.list_filters(request.user).read(request), rules.asked(request, "deal")
    rows = applied.narrow(rows)
    return rows if rule.where is None else rows.filter(rule.where), applied, rule


@access("deal.edit")
def cell(request: HtmxHttpRequest, pk: int, column: str) -> HttpResponse:
    """Change one value of one deal where it stands in the list."""
    rows = rows_of(request.user)
    deal = get_object_or_404(rows, pk=pk)
    return inplace.cell(
        request, DEALS, column, deal, Look(), lambda: rows.get(pk=pk), _("Deal changed")
    )


@require_POST
@access("deal.export")
def export(request: HtmxHttpRequest) -> HttpResponseBase:
    """The picked deals as CSV, else the filtered list; that it was taken is on record."""
    rows = rows_of(request.user)
    if "ids" in request.POST:
        rows = rows.filter(pk__in=[number(value) for value in request.POST.getlist("ids")[:MOST]])
    else:
        rows, _applied, _rule = narrowed(request, rows)
    rows = rows.filter(pk__in=Deal.objects.visible_to(request.user, "deal.export"))
    with transaction.atomic():
        record(Kind.DATA_EXPORTED, by=request.user, data={"what": "deals", "rows": rows.count()})
    return csv.export("deals", HEADER, _lines(rows.order_by("pk")))


HEADER = (
    "id", "name", "company", "person", "pipeline", "stage", "status", "amount", "currency",
    "expected_close", "owner", "opened", "won", "lost", "lost_reason", "competitor", "external_id",
)  # fmt: skip


def _lines(rows: QuerySet[Deal]) -> Iterator[Sequence[Any]]:
    for deal in rows.iterator(chunk_size=2_000):
        yield (
            deal.pk, deal.name, str(deal.company or ""), deal.lead.email if deal.lead else "",
            deal.pipeline.name, deal.stage.name, deal.status, deal.amount, deal.currency,
            deal.expected_close_on, deal.owner.name if deal.owner else "", deal.opened_at,
            deal.won_at, deal.lost_at, deal.lost_reason.name if deal.lost_reason else "",
            deal.competitor, deal.external_id,
        )  # fmt: skip


@require_POST
@access("deal.edit")
def bulk(request: HtmxHttpRequest) -> HttpResponse:
    """Do one thing to the picked deals: give them to an owner, move them, or trash them."""
    ids = [number(value) for value in request.POST.getlist("ids")[:MOST]]
    verb = request.POST.get("verb", "")
    permission = {"assign": "deal.edit", "move": "deal.move", "trash": "deal.delete"}.get(verb, "")
    if not permission:
        raise Invalid(_("Choose what to do with the picked deals."))
    mine = Deal.objects.visible_to(request.user, permission).filter(pk__in=ids)
    picked = list(mine.values_list("pk", flat=True))
    if not picked:
        raise Invalid(_("Pick at least one deal that you may change."))
    made = _act(verb, picked, request)
    state = request.POST.get("back", "")
    back = "/deals/list/" + (state if state.startswith("?") else "")
    words = _("%(done)s of %(picked)s deals changed") % {"done": made.changed, "picked": len(ids)}
    undo = f"{made.undo}?{urlencode({'next': back})}" if made.changed else ""
    say(request, f"{words}{held_words(made.held)}", undo=undo)
    return redirect(request, back)


class Made(NamedTuple):
    """What became of a bulk action: how many changed, who was held back, and the way back."""

    changed: int
    held: Sequence[deals.Held]
    undo: str


def _act(verb: str, picked: list[int], request: HtmxHttpRequest) -> Made:
    at = clock.now()
    if verb == "trash":
        gone = deals.trash_many(deal_ids=picked, by=request.user, at=at)
        return Made(len(gone), [], _undo_of("deleted_at", at, request.user))
    if verb == "move":
        stage = selectors.open_stages().filter(pk=number(request.POST.get("stage"))).first()
        if stage is None:
            raise Invalid(_("Choose the stage."), {"stage": [_("Choose the stage.")]})
        before = Deal.objects.visible_to(request.user).in_bulk(picked)
        moved = deals.move_many(deal_ids=picked, to=stage, by=request.user)
        pairs = [(before[deal.pk], deal) for deal in moved.deals]
        memory = deals.memory_of_many(pairs, request.user)
        return Made(len(pairs), moved.held, reverse("pipeline:undo", args=[memory]))
    owners = selectors.possible_owners(request.user)
    owner = owners.filter(pk=number(request.POST.get("owner"))).first()
    if owner is None:
        raise Invalid(_("Choose the owner."), {"owner": [_("Choose the owner.")]})
    given = deals.assign_many(deal_ids=picked, owner=owner, by=request.user, at=at)
    return Made(len(given), [], _undo_of("owner", at, request.user))


def _undo_of(field: str, at: datetime, user: User) -> str:
    return reverse("pipeline:bulk-undo", args=[deals.memory_of_act(field, at=at, by=user)])


@require_POST
@access("deal.edit")
def bulk_undo(request: HtmxHttpRequest, memory: str) -> HttpResponse:
    """Take back what was done to many a moment ago; the token says what, and that she did it."""
    back = deals.undo_act(memory, by=request.user)
    words = ngettext("%(n)d deal is as it was", "%(n)d deals are as they were", len(back))
    return done(request, words % {"n": len(back)}, back=back_to(request, reverse("pipeline:list")))
