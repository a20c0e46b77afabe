"""The board of deals: seen, polled, moved."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any, TypedDict

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.errors import Invalid
from leadflow.kit import clock
from leadflow.models import Activity, Organisation, Origin
from leadflow.people.access import allowed
from leadflow.people.models import User
from leadflow.web import board as kanban
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, back_to, done, is_part, redirect, trigger
from leadflow.web.templatetags.formats import money, money_short
from leadflow.web.templatetags.formats import number as format_number
from pipeline import selectors
from pipeline.models import Deal, Pipeline, PipelineStage
from pipeline.services import deals
from pipeline.views import asking

UNCHANGED = 204
MOST_PICKED = 50  # cards moved together: as many as a toast can take back
NAMED = 5  # deals that were held back and are told by name
ASKED = 202  # taken, but nothing moved yet: the stage asks something first


@access("deal.view")
def board(request: HtmxHttpRequest) -> HttpResponse:
    """The page; for htmx its board alone, and nothing where `since` is still the revision."""
    pipeline = pipeline_asked(request)
    since = request.GET.get("since", "")
    if is_part(request) and since == str(selectors.revision_of(pipeline.pk)):
        return HttpResponse(status=UNCHANGED)
    ask, narrowed = asked(request, pipeline)
    seen = selectors.board(request.user, ask)
    shown = shown_board(request, seen, ask)
    if is_part(request) and since:
        return render(request, "web/board.html", {"board": shown, "is_fragment": True})
    context = page_context(request, ask, narrowed) | {"board": shown}
    return render(request, "pipeline/board.html", context)


@access("deal.view")
def more(request: HtmxHttpRequest) -> HttpResponse:
    """The next cards of one column."""
    ask, _narrowed = asked(request)
    stage = get_object_or_404(ask.pipeline.stages, pk=number(request.GET.get("column")))
    seen = selectors.more_cards(
        request.user, ask, stage, request.GET.get("after", ""), request.GET.get("until", "")
    )
    shown = int(number(request.GET.get("seen"))) + len(seen.cards)
    words = Words(request)
    column = shown_column(seen, words, shown)
    context = {"column": column, "board": {"can_move": words.can_move}}
    return render(request, "web/board_cards.html", context)


@require_POST
@access("deal.move")
def move(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Put a card where it was dropped; the toast takes it back."""
    deal = get_object_or_404(Deal.objects.visible_to(request.user, "deal.move"), pk=pk)
    stage = PipelineStage.objects.filter(pk=number(request.POST.get("column"))).first()
    if stage is None:
        raise Invalid(_("That stage is gone. The board was read again."))
    place = place_of(request.POST)
    if place["version"] in (None, deal.version) and deals.gate_of(deal, stage).asks:
        return sent_to_gate(request, deal, stage)
    moved = deals.move(deal, to=stage, by=request.user, **place)
    back = moved.get_absolute_url()
    if moved.stage_id == deal.stage_id:
        return done(request, back=back)
    words = _("Moved to %(stage)s") % {"stage": stage.name}
    return done(request, words, undo=undo_url(deal, moved, request.user), back=back)


@require_POST
@access("deal.move")
def move_many(request: HtmxHttpRequest) -> HttpResponse:
    """Put the picked cards on top of a column; the toast names those held back and takes it back."""
    pairs = [value.partition(":") for value in request.POST.getlist("cards")[:MOST_PICKED]]
    versions = {number(key): number(version) for key, _sep, version in pairs}
    mine = Deal.objects.visible_to(request.user, "deal.move").in_bulk(list(versions))
    stage = selectors.open_stages().filter(pk=number(request.POST.get("column"))).first()
    if stage is None:
        raise Invalid(_("That stage is gone. The board was read again."))
    done_now = deals.move_many(deal_ids=mine, to=stage, versions=versions, by=request.user)
    count = {"n": len(done_now.deals), "stage": stage.name}
    words = _("%(n)s moved to %(stage)s") % count + held_words(done_now.held)
    if not done_now.deals:
        return done(request, words, back=reverse("pipeline:board"))
    both = [(mine[deal.pk], deal) for deal in done_now.deals]
    url = reverse("pipeline:undo", args=[deals.memory_of_many(both, request.user)])
    return done(request, words, undo=url, back=reverse("pipeline:board"))


class Place(TypedDict):
    """Between which cards one was dropped, and which version of it was seen."""

    above: int | None
    below: int | None
    version: int | None


def place_of(values: QueryDict) -> Place:
    """The place as the browser sent it."""
    return {
        "above": number(values.get("above")) or None,
        "below": number(values.get("below")) or None,
        "version": number(values.get("version")) or None,
    }


def sent_to_gate(request: HtmxHttpRequest, deal: Deal, stage: PipelineStage) -> HttpResponse:
    """Nothing moved: the stage asks something first."""
    place = {key: str(value) for key, value in place_of(request.POST).items() if value}
    url = reverse("pipeline:deal-gate", args=[deal.pk, stage.pk]) + "?" + urlencode(place)
    if not is_part(request):
        return redirect(request, url)
    return trigger(HttpResponse(status=ASKED), **{"lf:gate": {"url": url}})


@require_POST
@access("deal.move")
def undo(request: HtmxHttpRequest, memory: str) -> HttpResponse:
    """Take back what the toast offered to take back."""
    deal, *others = deals.undo_many(memory, by=request.user)
    words = _("%(name)s is back in %(stage)s") % {"name": deal.name, "stage": deal.stage.name}
    if others:
        words = _("%(n)s deals are back where they were") % {"n": len(others) + 1}
    back = back_to(request, deal.get_absolute_url())
    return trigger(done(request, words, back=back), **{"lf:board": True})


def held_words(held: Sequence[deals.Held]) -> str:
    """. Held back: Kiln (Amount), Carport (the stage is full) and 3 more."""
    if not held:
        return ""
    named = ", ".join(f"{one.deal.name} ({', '.join(one.lacks)})" for one in held[:NAMED])
    told = _(". Held back: %(deals)s") % {"deals": named}
    rest = len(held) - NAMED
    return told + (_(" and %(n)s more") % {"n": rest} if rest > 0 else "")


def undo_url(before: Deal, after: Deal, user: User) -> str:
    """The address that puts `after` back to how `before` stood."""
    return reverse("pipeline:undo", args=[deals.memory_of(before, after, user)])


def number(value: str | None) -> int:
    """A positive number from outside; 0 for anything else."""
    text = value or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def sent(request: HttpRequest) -> QueryDict | None:
    """What was posted, empty or not; None for a look at the form."""
    return request.POST if request.method == "POST" else None


def pipeline_asked(request: HttpRequest) -> Pipeline:
    """The pipeline that the URL asks for, else the usual."""
    chosen = number(request.GET.get("pipeline"))
    pipelines = selectors.pipelines_in_use()
    if not pipelines:
        raise Invalid(_("There is no pipeline. An admin makes one under Settings."))
    return next((one for one in pipelines if one.pk == chosen), pipelines[0])


def asked(
    request: HtmxHttpRequest, pipeline: Pipeline | None = None
) -> tuple[selectors.Ask, asking.Narrowed]:
    """The board that the URL asks for; what is unknown falls back to the usual."""
    sort = selectors.SORTS.get(request.GET.get("sort", ""), selectors.SORTS["next"])
    opened = kanban.counted(request.GET.get("shown", ""))
    shown = tuple((number(key), count) for key, count in opened)
    narrowed = asking.narrowed(request)
    pipeline = pipeline or pipeline_asked(request)
    ask = selectors.Ask(pipeline, sort, narrowed.owner, narrowed.where, shown)
    return ask, narrowed


def page_context(
    request: HtmxHttpRequest, ask: selectors.Ask, narrowed: asking.Narrowed
) -> dict[str, Any]:
    """What stands around the board."""
    state = kanban.state_of
    return {
        "pipeline": ask.pipeline,
        "pipelines": [
            (one, state(request, pipeline=one.pk)) for one in selectors.pipelines_in_use()
        ],
        "applied": narrowed.applied,
        "rule": narrowed.rule,
        "sort": ask.sort.label,
        "sorts": [
            (sort.label, state(request, sort=sort.key), sort is ask.sort)
            for sort in selectors.SORTS.values()
        ],
        "can_add": allowed(request.user, "deal.edit"),
        "state": state(request),
    } | asking.views_of(request, asking.open_tabs(request.user))


class Words:
    """What every card of one answer shares, looked up once."""

    def __init__(self, request: HtmxHttpRequest) -> None:
        self.at = clock.now()
        organisation = getattr(request, "organisation", None) or Organisation.current()
        self.currency = organisation.base_currency
        self.can_move = allowed(request.user, "deal.move")
        self.can_add = allowed(request.user, "deal.edit")
        self.kinds = {key: str(label) for key, label in Activity.Kind.choices}
        self.can_edit = self.can_add
        self.stage_url = reverse("pipeline:new")
        self.more_url = reverse("pipeline:board-more")
        self.state = partial(kanban.state_of, request)


def shown_board(
    request: HtmxHttpRequest, seen: selectors.Board, ask: selectors.Ask
) -> kanban.Board:
    """The board in words."""
    words = Words(request)
    key = f"deals-{ask.pipeline.pk}"
    columns = [shown_column(column, words, len(column.cards)) for column in seen.columns]
    return kanban.Board(
        key=key,
        revision=seen.revision,
        columns=kanban.folded(columns, request.user, key),
        poll_url=reverse("pipeline:board") + kanban.state_of(request),
        zones=zones() if words.can_move else [],
        is_ordered=ask.sort.key == "rank",
        can_move=words.can_move,
        total=total_words(seen.total, words.currency),
        many_url=reverse("pipeline:board-move-many") if words.can_move else "",
    )


def total_words(total: selectors.Sums, currency: str) -> str:
    """38 open, €2,878,000. Weighted €1,471,000."""
    count = _("%(n)s open") % {"n": format_number(total.deals)}
    if total.amount is None:
        return count
    return _("%(count)s, %(sum)s. Weighted %(weighted)s") % {
        "count": count,
        "sum": money(total.amount, currency),
        "weighted": money(total.weighted, currency),
    }


def zones() -> list[kanban.Zone]:
    """Where a card is dropped to close its deal."""
    return [
        kanban.Zone(_("Won"), _("asks for amount and contract date"), "win/", "trophy"),
        kanban.Zone(_("Lost"), _("asks for a reason"), "lose/", "circle-x"),
        kanban.Zone(_("Not now"), _("asks when to come back"), "lose/?later=1", "refresh"),
    ]


def shown_column(column: selectors.Column, words: Words, shown: int) -> kanban.Column:
    """A column in words."""
    stage = column.stage
    left = max(column.sums.deals - shown, 0)
    after = words.state(column=stage.pk, after=column.cursor, seen=shown)
    return kanban.Column(
        key=stage.pk,
        name=stage.name,
        count=column.sums.deals,
        cards=[shown_card(row, words) for row in column.cards],
        words=sum_words(column.sums, column.chance, words.currency),
        more=left if column.cards else 0,
        more_url=words.more_url + after,
        add_url=f"{words.stage_url}?stage={stage.pk}" if words.can_add else "",
        limit=limit_words(column),
        is_over=stage.wip_limit is not None and column.held > stage.wip_limit,
    )


def limit_words(column: selectors.Column) -> str:
    """4 of 5, or 4 of 5 each: how many deals stand in a stage that has a limit, or with one owner."""
    limit = column.stage.wip_limit
    words = _("%(n)s of %(limit)s each") if column.stage.wip_per_owner else _("%(n)s of %(limit)s")
    return words % {"n": column.held, "limit": limit} if limit else ""


def sum_words(sums: selectors.Sums, chance: Decimal, currency: str) -> str:
    """€642k, weighted €128k at 20 %; what cannot be counted is said."""
    if not sums.deals:
        return _("nothing here")
    if sums.amount is None:
        return _("no amounts yet")
    text = _("%(sum)s, weighted %(weighted)s at %(probability)s %%") % {
        "sum": money_short(sums.amount, currency),
        "weighted": money_short(sums.weighted, currency),
        "probability": percent(chance),
    }
    return text + (_(", %(n)s without") % {"n": sums.uncounted} if sums.uncounted else "")


def shown_card(row: selectors.CardRow, words: Words) -> kanban.Card:
    """A deal in words."""
    deal = row.deal
    url = f"/deals/{deal.pk}/"
    state, step = kanban.next_step(
        deal.next_step_at, words.kinds.get(deal.next_step_kind, ""), words.at
    )
    return kanban.Card(
        key=deal.pk,
        version=deal.version,
        title=deal.name,
        url=url,
        move_url=f"{url}move/",
        edit_url=f"{url}quick/" if words.can_edit else "",
        subtitle=str(deal.company or deal.lead or ""),
        value=amount_words(deal.amount, deal.currency),
        age=days_words(row.health.stage_days),
        owner=deal.owner,
        cell=row.cell,
        next_state=state,
        next_words=step,
        warning=warning_of(row),
        is_demo=deal.origin == Origin.DEMO,
    )


def percent(value: Decimal) -> str:
    """A probability as a column tells it: 40, or 46.3."""
    return format_number(value, 0 if value == value.to_integral_value() else 1)


def days_words(days: int) -> str:
    """How long a card stands in its stage: 4 d."""
    return _("%(n)s d") % {"n": days} if days else _("today")


def amount_words(amount: Decimal | None, currency: str) -> str:
    """The amount, or that there is none."""
    return _("no amount") if amount is None else money(amount, currency)


def warning_of(row: selectors.CardRow) -> str:
    """Why a card wears the amber strip."""
    if row.health.is_rotting:
        return _("Quiet for %(n)s days") % {"n": row.health.quiet_days}
    if row.health.is_stuck:
        plan = row.stage.expected_days
        return _("In stage %(n)s days, plan is %(plan)s") % {
            "n": row.health.stage_days,
            "plan": plan,
        }
    return ""
