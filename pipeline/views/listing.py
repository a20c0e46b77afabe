"""The list of deals: filters, order, bulk work, export."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import text
from leadflow.people.access import allowed
from leadflow.people.models import User
from leadflow.web import csv, saved_views
from leadflow.web.filters import Choices, Filter, FilterSet, Named, choices_of
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from leadflow.web.tables import Column, Look, Table
from pipeline import selectors
from pipeline.models import Deal, StageKind
from pipeline.services import deals
from pipeline.views import cells
from pipeline.views.board import number

DEALS = Table(
    "pipeline.deals",
    columns=[
        Column("name", lazy("Deal"), sort="name", always=True, cell=cells.name),
        Column("company", lazy("Company"), cell=cells.company),
        Column("stage", lazy("Stage"), cell=cells.stage),
        Column(
            "amount", lazy("Amount"), sort="amount", nullable=True, align="right", cell=cells.amount
        ),
        Column(
            "closes", lazy("Closes"), sort="expected_close_on", nullable=True, cell=cells.closes
        ),
        Column("next", lazy("Next step"), sort="next_step_at", nullable=True, cell=cells.next_step),
        Column("owner", lazy("Owner"), cell=cells.owner),
        Column("opened", lazy("Opened"), sort="opened_at", nullable=True, cell=cells.opened),
        Column("won", lazy("Won"), sort="won_at", nullable=True, default=False, cell=cells.won),
        Column("lost", lazy("Lost"), sort="lost_at", nullable=True, default=False, cell=cells.lost),
        Column("reason", lazy("Lost because"), default=False, cell=cells.reason),
        Column("created", lazy("Added"), sort="created_at", default=False, cell=cells.created),
    ],
    default_sort="-created",
)
MOST = 5_000  # deals that one bulk action takes


FILTERS = [
    Filter("status", lazy("Status"), "status__in", lambda: StageKind.choices, icon="flag"),
    Filter("pipeline", lazy("Pipeline"), "pipeline__in", icon="layout-kanban"),
    Filter("stage", lazy("Stage"), "stage__in", icon="columns"),
    Filter("owner", lazy("Owner"), "owner__in", icon="user"),
    Filter("reason", lazy("Lost because"), "lost_reason__in", icon="circle-x"),
]


def filters_for(user: User) -> FilterSet:
    """The questions; owners are those whom she may know of. Their choices are one query."""

    def together() -> dict[str, Choices]:
        return choices_of(
            pipeline=Named(selectors.pipelines(), order=("position", "pk")),
            stage=Named(
                selectors.open_stages(),
                label=Concat("pipeline__name", Value(", "), "name"),
                order=("pipeline__position", "pipeline_id", "position"),
            ),
            owner=Named(selectors.possible_owners(user, "deal.view")),
            reason=Named(selectors.lost_reasons(), order=("position", "name")),
        )

    return FilterSet([*FILTERS, Filter("q", lazy("Words"), build=_words, icon="search")], together)


def _words(values: list[str]) -> Q:
    found = Q()
    for word in text.search_text(" ".join(values)).split()[:6]:
        found &= Q(search_text__contains=word)
    return found


def rows_of(user: User) -> QuerySet[Deal]:
    """All that she may see, with what the list shows."""
    return Deal.objects.visible_to(user).select_related(
        "company", "stage", "owner", "lead", "lost_reason", "pipeline"
    )


def standard_tabs(user: User) -> list[tuple[Any, str]]:
    """The tabs that everybody has before any saved view: label and query."""
    return [
        (_("All deals"), ""),
        (_("My open deals"), f"status=open&owner={user.pk}"),
        (_("Won"), "status=won&sort=-won"),
    ]


@access("deal.view")
def listing(request: HtmxHttpRequest) -> HttpResponse:
    """The list as the URL asks for it."""
    applied = filters_for(request.user).read(request)
    everything = rows_of(request.user)
    page = DEALS.page(request, applied.narrow(everything))
    context = {
        "page": page,
        "applied": applied,
        "best": None if page.rows else applied.best_to_drop(everything),
        "body": page.drawn(Look(), pick=allowed(request.user, "deal.edit")),
        "tabs": saved_views.fixed(request, standard_tabs(request.user)),
        "views": saved_views.tabs(request, request.user, DEALS.key),
        # whoever may change deals may change all that she sees, and give them to whom the filter names
        "owners": applied.choices("owner"),
        "stages": applied.choices("stage"),
        "can_edit": allowed(request.user, "deal.edit"),
        "can_delete": allowed(request.user, "deal.delete"),
        "can_export": allowed(request.user, "deal.export"),
        "export_query": request.GET.urlencode(),
    }
    return render(request, "pipeline/list.html", context)


@require_POST
@access("deal.export")
def export(request: HtmxHttpRequest) -> HttpResponseBase:
    """The filtered list as CSV; that it was taken is on record."""
    rows = filters_for(request.user).read(request).narrow(rows_of(request.user))
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
    done = _act(verb, picked, request)
    state = request.POST.get("back", "")
    back = state if state.startswith("?") else ""
    words = _("%(done)s of %(picked)s deals changed") % {"done": done, "picked": len(ids)}
    return _told(request, words, f"/deals/list/{back}")


def _act(verb: str, picked: list[int], request: HtmxHttpRequest) -> int:
    if verb == "trash":
        return len(deals.trash_many(deal_ids=picked, by=request.user))
    if verb == "move":
        stage = selectors.open_stages().filter(pk=number(request.POST.get("stage"))).first()
        if stage is None:
            raise Invalid(_("Choose the stage."), {"stage": [_("Choose the stage.")]})
        return len(deals.move_many(deal_ids=picked, to=stage, by=request.user))
    owners = selectors.possible_owners(request.user)
    owner = owners.filter(pk=number(request.POST.get("owner"))).first()
    if owner is None:
        raise Invalid(_("Choose the owner."), {"owner": [_("Choose the owner.")]})
    return len(deals.assign_many(deal_ids=picked, owner=owner, by=request.user))


def _told(request: HtmxHttpRequest, words: str, url: str) -> HttpResponse:
    messages.success(request, words)
    return redirect(request, url)
