"""The board of deals: seen, polled, moved."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.errors import Invalid
from leadflow.kit import clock
from leadflow.models import Activity, Organisation, Origin
from leadflow.people.access import Scope, allowed, scope_of
from leadflow.people.models import User
from leadflow.web import board as kanban
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done, is_part, trigger
from leadflow.web.templatetags.formats import money, money_short
from leadflow.web.templatetags.formats import number as format_number
from pipeline import selectors
from pipeline.models import Deal, PipelineStage
from pipeline.services import deals

UNCHANGED = 204


@access("deal.view")
def board(request: HtmxHttpRequest) -> HttpResponse:
    """The page; for htmx its board alone, and nothing where `since` is still the revision."""
    ask = asked(request)
    since = request.GET.get("since", "")
    if is_part(request) and since == str(selectors.revision_of(ask.pipeline.pk)):
        return HttpResponse(status=UNCHANGED)
    seen = selectors.board(request.user, ask)
    shown = shown_board(request, seen, ask)
    if is_part(request) and since:
        return render(request, "web/board.html", {"board": shown, "is_fragment": True})
    context = page_context(request, ask) | {"board": shown}
    return render(request, "pipeline/board.html", context)


@access("deal.view")
def more(request: HtmxHttpRequest) -> HttpResponse:
    """The next cards of one column."""
    ask = asked(request)
    stage = get_object_or_404(ask.pipeline.stages, pk=number(request.GET.get("stage")))
    seen = selectors.more_cards(request.user, ask, stage, request.GET.get("after", ""))
    shown = int(number(request.GET.get("seen"))) + len(seen.cards)
    words = Words(request)
    column = shown_column(seen, ask, words, shown)
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
    version = request.POST.get("version", "")
    moved = deals.move(
        deal,
        to=stage,
        above=number(request.POST.get("above")) or None,
        below=number(request.POST.get("below")) or None,
        version=number(version) if version else None,
        by=request.user,
    )
    back = moved.get_absolute_url()
    if moved.stage_id == deal.stage_id:
        return done(request, back=back)
    words = _("Moved to %(stage)s") % {"stage": stage.name}
    return done(request, words, undo=undo_url(deal, moved, request.user), back=back)


@require_POST
@access("deal.move")
def undo(request: HtmxHttpRequest, memory: str) -> HttpResponse:
    """Take back what the toast offered to take back."""
    deal = deals.undo(memory, by=request.user)
    words = _("%(name)s is back in %(stage)s") % {"name": deal.name, "stage": deal.stage.name}
    return trigger(done(request, words, back=deal.get_absolute_url()), **{"lf:board": True})


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


def asked(request: HttpRequest) -> selectors.Ask:
    """The board that the URL asks for; what is unknown falls back to the usual."""
    chosen = number(request.GET.get("pipeline"))
    pipelines = selectors.pipelines()
    pipeline = pipelines.filter(pk=chosen).first() or pipelines.first()
    if pipeline is None:
        raise Invalid(_("There is no pipeline. An admin makes one under Settings."))
    sort = selectors.SORTS.get(request.GET.get("sort", ""), selectors.SORTS["next"])
    owner = number(request.GET.get("owner")) or None
    return selectors.Ask(pipeline, sort, owner, counted(request.GET.get("shown", "")))


def counted(text: str) -> tuple[tuple[int, int], ...]:
    """`12:100,13:150` as pairs."""
    pairs = [part.partition(":") for part in text[:400].split(",")]
    return tuple((number(key), number(count)) for key, _sep, count in pairs if key and count)


def query(ask: selectors.Ask, **more: Any) -> str:
    """The URL's state of a board."""
    state = {"pipeline": ask.pipeline.pk, "sort": ask.sort.key, "owner": ask.owner or ""} | more
    return "?" + urlencode({key: str(value) for key, value in state.items() if value != ""})


def page_context(request: HtmxHttpRequest, ask: selectors.Ask) -> dict[str, Any]:
    """What stands around the board."""
    scope = scope_of(request.user, "deal.view")
    owners = selectors.owners_of(request.user, ask.pipeline) if scope != Scope.OWN else []
    sorts = {"next": _("Next activity"), "rank": _("Own order")}
    return {
        "pipeline": ask.pipeline,
        "pipelines": [(one, query(selectors.Ask(one, ask.sort))) for one in selectors.pipelines()],
        "owners": [
            (one, query(selectors.Ask(ask.pipeline, ask.sort, one.pk)), one.pk == ask.owner)
            for one in owners
        ],
        "owner": next((one for one in owners if one.pk == ask.owner), None),
        "all_owners": query(selectors.Ask(ask.pipeline, ask.sort)),
        "sort": sorts[ask.sort.key],
        "sorts": [
            (
                words,
                query(selectors.Ask(ask.pipeline, selectors.SORTS[key], ask.owner)),
                key == ask.sort.key,
            )
            for key, words in sorts.items()
        ],
        "can_add": allowed(request.user, "deal.edit"),
        "state": query(ask),
    }


class Words:
    """What every card of one answer shares, looked up once."""

    def __init__(self, request: HtmxHttpRequest) -> None:
        self.at = clock.now()
        organisation = getattr(request, "organisation", None) or Organisation.current()
        self.currency = organisation.base_currency
        self.can_move = allowed(request.user, "deal.move")
        self.can_add = allowed(request.user, "deal.edit")
        self.kinds = {key: str(label) for key, label in Activity.Kind.choices}
        self.stage_url = reverse("pipeline:new")


def shown_board(
    request: HtmxHttpRequest, seen: selectors.Board, ask: selectors.Ask
) -> kanban.Board:
    """The board in words."""
    words = Words(request)
    return kanban.Board(
        revision=seen.revision,
        columns=[shown_column(column, ask, words, len(column.cards)) for column in seen.columns],
        poll_url=reverse("pipeline:board") + query(ask),
        zones=zones() if words.can_move else [],
        is_ordered=ask.sort.key == "rank",
        can_move=words.can_move,
        total=total_words(seen.total, words.currency),
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


def shown_column(
    column: selectors.Column, ask: selectors.Ask, words: Words, shown: int
) -> kanban.Column:
    """A column in words."""
    stage = column.stage
    left = max(column.sums.deals - shown, 0)
    after = query(ask, stage=stage.pk, after=column.cursor, seen=shown)
    return kanban.Column(
        key=stage.pk,
        name=stage.name,
        count=column.sums.deals,
        cards=[shown_card(row, words) for row in column.cards],
        words=sum_words(column.sums, stage.probability, words.currency),
        more=left if column.cards else 0,
        more_url=reverse("pipeline:board-more") + after,
        add_url=f"{words.stage_url}?stage={stage.pk}" if words.can_add else "",
    )


def sum_words(sums: selectors.Sums, probability: int, currency: str) -> str:
    """€642k, weighted €128k at 20 %; what cannot be counted is said."""
    if not sums.deals:
        return _("nothing here")
    if sums.amount is None:
        return _("no amounts yet")
    text = _("%(sum)s, weighted %(weighted)s at %(probability)s %%") % {
        "sum": money_short(sums.amount, currency),
        "weighted": money_short(sums.weighted, currency),
        "probability": probability,
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
