"""The board of leads: a column a stage of the lifecycle; seen, polled, moved, taken back."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.desk import board as reading
from leadflow.desk import quick
from leadflow.desk.tables import LEAD_FILTERS, LEADS, standard_tabs
from leadflow.desk.views.lead import lead_or_404
from leadflow.errors import Invalid
from leadflow.kit import clock, figures
from leadflow.models import Lead, LeadStage, Organisation, Origin
from leadflow.people.access import Scope, allowed, scope_of
from leadflow.people.models import User
from leadflow.services import leads
from leadflow.web import board as kanban
from leadflow.web import cards, rules, saved_views
from leadflow.web.filters import Applied
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, back_to, done, is_part, redirect, trigger
from leadflow.web.templatetags.formats import number as format_number
from pipeline import selectors as selling

UNCHANGED, ASKED = 204, 202
MOST_PICKED = 50  # cards moved together: as many as a toast can take back
NAMED = 5  # leads that were held back and are told by name
NO_STEP = frozenset({LeadStage.OPPORTUNITY, LeadStage.CUSTOMER})  # worked by deals
BEGIN = (LeadStage.SUBSCRIBER, LeadStage.LEAD, LeadStage.MQL, LeadStage.SAL, LeadStage.SQL)
EVERY = 1_500  # milliseconds: each fact of the product is news here


@access("lead.view")
def lead_board(request: HtmxHttpRequest) -> HttpResponse:
    """The page; for htmx its board alone, and nothing where `since` is still the revision."""
    since, revision = request.GET.get("since", ""), str(reading.revision())
    if is_part(request) and since == revision:
        return HttpResponse(status=UNCHANGED)
    ask, applied, rule = asked(request)
    shown = shown_board(request, ask, revision)
    if is_part(request) and since:
        return render(request, "web/board.html", {"board": shown, "is_fragment": True})
    context = page_context(request, ask, applied, rule) | {"board": shown}
    return render(request, "desk/board.html", context)


@access("lead.view")
def more(request: HtmxHttpRequest) -> HttpResponse:
    """The next cards of one column."""
    stage = stage_of(request.GET.get("column", ""))
    ask, _applied, _rule = asked(request)
    seen = request.GET.get("seen", "")
    column = reading.more(ask, stage, request.GET.get("after", ""), request.GET.get("until", ""))
    words = Words(request)
    shown = (int(seen) if seen.isascii() and seen.isdigit() else 0) + len(column.cards)
    context = {
        "column": shown_column(column, words, shown),
        "board": {"can_move": words.can_move},
    }
    return render(request, "web/board_cards.html", context)


def stage_of(word: str) -> str:
    """A stage by its key; Http404 for another word."""
    if word not in LeadStage.values:
        raise Http404
    return word


@require_POST
@access("lead.advance")
def move(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Put a lead to the stage where her card was dropped; the toast takes it back."""
    lead = get_object_or_404(Lead.objects.visible_to(request.user, "lead.advance"), pk=pk)
    to, version = request.POST.get("column", ""), request.POST.get("version", "")
    if to not in LeadStage.values:
        raise Invalid(_("There is no such stage. The board was read again."))
    if to == lead.stage:
        return done(request, back=reverse("desk:board"))
    if to == LeadStage.OPPORTUNITY and becomes_a_deal(request.user, lead):
        return sent_to_conversion(request, lead)
    seen = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None
    moved = leads.move(lead, to=to, version=seen, by=request.user)
    words = _("Moved to %(stage)s") % {"stage": LeadStage(to).label}
    return done(request, words, undo=undo_url(moved, request.user), back=reverse("desk:board"))


def becomes_a_deal(user: User, lead: Lead) -> bool:
    """Whether the way to Deal asks for one first: she has none that is open."""
    return allowed(user, "deal.edit") and selling.open_deal_of(user, lead.pk) is None


def sent_to_conversion(request: HtmxHttpRequest, lead: Lead) -> HttpResponse:
    """Nothing moved: a conversion asks for company and deal first."""
    url = reverse("pipeline:convert", args=[lead.pk])
    if not is_part(request):
        return redirect(request, url)
    return HttpResponse(status=ASKED, headers={"HX-Redirect": url})


@access("lead.edit")
def edit(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The small form in the card's place; without the script a page of its own."""
    lead = lead_or_404(request, pk, "lead.edit")
    data = request.POST if request.method == "POST" else None
    form = quick.QuickLeadForm(data, user=request.user, lead=lead, step=quick.step_of(lead))
    if (
        data is not None
        and form.is_valid()
        and form.attempt(lambda: quick.keep(form, request.user))
    ):
        answer = done(request, _("Lead changed"), back=reverse("desk:board"))
        return trigger(answer, **{"lf:board": True})
    return cards.form_in_place(request, form, lead, board=reverse("desk:board"), name=_("Leads"))


@require_POST
@access("lead.advance")
def move_many(request: HtmxHttpRequest) -> HttpResponse:
    """Put the picked cards to a stage; the toast names those held back and takes it back."""
    to = request.POST.get("column", "")
    if to not in LeadStage.values:
        raise Invalid(_("There is no such stage. The board was read again."))
    if to == LeadStage.OPPORTUNITY:
        raise Invalid(_("Convert leads one by one: each becomes a deal of its own."))
    versions = dict(_pairs(request.POST.getlist("cards")[:MOST_PICKED]))
    mine = Lead.objects.visible_to(request.user, "lead.advance").filter(pk__in=versions)
    ids = list(mine.values_list("pk", flat=True))
    moved = leads.move_many(lead_ids=ids, to=to, versions=versions, by=request.user)
    told = {"n": len(moved.leads), "stage": LeadStage(to).label}
    words = _("%(n)s moved to %(stage)s") % told + held_words(moved)
    undo = undo_url(moved, request.user) if moved.leads else ""
    return done(request, words, undo=undo, back=reverse("desk:board"))


def _pairs(cards: Sequence[str]) -> list[tuple[int, int]]:
    """`12:3` as lead and version; what is no pair of numbers is no card."""
    parts = [card.partition(":") for card in cards]
    return [
        (int(key), int(version))
        for key, _sep, version in parts
        if (key + version).isascii() and key.isdigit() and version.isdigit() and len(key) < 19
    ]


def held_words(moved: leads.Moved) -> str:
    """. Held back: Ann Lee (A lead cannot go …) and 3 more."""
    if not moved.held:
        return ""
    named = ", ".join(f"{one.lead.name} ({one.why.rstrip('.')})" for one in moved.held[:NAMED])
    rest = len(moved.held) - NAMED
    told = _(". Held back: %(leads)s") % {"leads": named}
    return told + (_(" and %(n)s more") % {"n": rest} if rest > 0 else "")


def undo_url(moved: leads.Moved, user: User) -> str:
    """The address that takes a move back; a customer is not unmade by a toast."""
    if any(lead.stage == LeadStage.CUSTOMER for lead in moved.leads):
        return ""
    return reverse("desk:board-undo", args=[leads.memory_of(moved, user)])


@require_POST
@access("lead.advance")
def undo(request: HtmxHttpRequest, memory: str) -> HttpResponse:
    """Take back what the toast offered to take back."""
    lead, *others = leads.undo_many(memory, by=request.user)
    stage = {"name": lead.name, "stage": LeadStage(lead.stage).label}
    words = _("%(name)s is back in %(stage)s") % stage
    if others:
        words = _("%(n)s leads are back where they were") % {"n": len(others) + 1}
    back = back_to(request, reverse("desk:board"))
    return trigger(done(request, words, back=back), **{"lf:board": True})


def asked(request: HtmxHttpRequest) -> tuple[reading.Ask, Applied, rules.Asked]:
    """The board that the URL asks for; what is unknown falls back to the usual."""
    applied, rule = LEAD_FILTERS.read(request), rules.asked(request, "lead")
    rows = reading.narrowed(request.user, rules.both(applied.condition, rule.where))
    sort = reading.SORTS.get(request.GET.get("sort", ""), reading.USUAL)
    shown = kanban.counted(request.GET.get("shown", ""))
    days = {
        stage: days
        for stage, days in Organisation.current().stage_days.items()
        if stage in LeadStage.values
    }
    return reading.Ask(rows, clock.now(), sort, shown, days), applied, rule


def page_context(
    request: HtmxHttpRequest, ask: reading.Ask, applied: Applied, rule: rules.Asked
) -> dict[str, Any]:
    """What stands around the board."""
    return {
        "applied": applied,
        "rule": rule,
        "sort": ask.sort.label,
        "sorts": [
            (sort.label, kanban.state_of(request, sort=sort.key), sort is ask.sort)
            for sort in reading.SORTS.values()
        ],
        "can_add": allowed(request.user, "lead.add"),
        "state": kanban.state_of(request),
        "tabs": saved_views.fixed(request, standard_tabs(request.user)),
        "views": saved_views.tabs(request, request.user, LEADS.key),
    }


class Words:
    """What every card of one answer shares, looked up once."""

    def __init__(self, request: HtmxHttpRequest) -> None:
        self.at = clock.now()
        self.can_move = allowed(request.user, "lead.advance")
        # she may see more than she moves: leads without an owner, where the organisation opens them
        self.mover = (
            request.user.pk if scope_of(request.user, "lead.advance") == Scope.OWN else None
        )
        self.can_edit = allowed(request.user, "lead.edit")
        self.can_add = allowed(request.user, "lead.add")
        self.labels = {key: str(label) for key, label in LeadStage.choices}
        self.more_url = reverse("desk:board-more")
        self.state = partial(kanban.state_of, request)
        self.new_url = reverse("desk:board-add")

    def moves(self, lead: Lead) -> bool:
        """Whether this card is hers to move."""
        return self.can_move and self.mover in (None, lead.owner_id)

    def add_url(self, stage: str) -> str:
        """Where somebody new in this stage is written down; a stage further on is given, not begun."""
        is_first = stage in (LeadStage.SUBSCRIBER, LeadStage.LEAD)
        may = self.can_add and (is_first or self.can_move) and stage in BEGIN
        return f"{self.new_url}?column={stage}" if may else ""


def shown_board(request: HtmxHttpRequest, ask: reading.Ask, revision: str) -> kanban.Board:
    """The board in words."""
    words = Words(request)
    found = reading.columns(ask)
    columns = [shown_column(column, words, len(column.cards)) for column in found]
    return kanban.Board(
        key="leads",
        revision=revision,
        columns=kanban.folded(columns, request.user, "leads"),
        poll_url=reverse("desk:board") + kanban.state_of(request),
        is_ordered=False,
        can_move=words.can_move,
        total=total_words(found),
        every=EVERY,
        many_url=reverse("desk:board-move-many") if words.can_move else "",
    )


def total_words(columns: Sequence[reading.Column]) -> str:
    """1,204 leads, or more than that where a column was not counted to its end."""
    counted = sum(min(column.count, reading.COUNT_CAP) for column in columns)
    words = _("%(n)s leads") % {"n": format_number(counted)}
    is_more = any(column.count > reading.COUNT_CAP for column in columns)
    return _("more than %(leads)s") % {"leads": words} if is_more else words


def shown_column(column: reading.Column, words: Words, shown: int) -> kanban.Column:
    """A column in words."""
    left = left_of(column, shown)
    takes = [words.labels[stage] for stage in column.takes]
    after = words.state(column=column.stage, after=column.cursor, seen=shown)
    is_capped = column.count > reading.COUNT_CAP
    return kanban.Column(
        key=column.stage,
        name=words.labels[column.stage],
        count=f"{figures.whole(reading.COUNT_CAP)}+" if is_capped else figures.whole(column.count),
        cards=[shown_card(lead, words, column.days) for lead in column.cards],
        words=head_words(column, takes),
        more=left if column.cards else 0,
        more_url=words.more_url + after,
        takes=" ".join(column.takes),
        add_url=words.add_url(column.stage),
        adds_in_place=True,
    )


def left_of(column: reading.Column, shown: int) -> int:
    """How many cards are not shown yet; beyond the count's cap another page as long as pages are full."""
    left = max(min(column.count, reading.COUNT_CAP + 1) - shown, 0)
    is_full = bool(column.cards) and len(column.cards) % reading.PAGE == 0
    return max(left, reading.PAGE) if column.count > reading.COUNT_CAP and is_full else left


def head_words(column: reading.Column, takes: Sequence[str]) -> str:
    """3 too long, 12 no next step; from where leads come, in a column where nobody stands."""
    if not column.count:
        return _("from %(stages)s") % {"stages": ", ".join(takes)} if takes else _("nobody yet")
    told = [_("%(n)s too long") % {"n": format_number(column.slow)}] if column.slow else []
    if column.stage not in NO_STEP:
        if column.idle:
            told.append(_("%(n)s no next step") % {"n": format_number(column.idle)})
        else:
            told.append(_("all have a next step"))
    words = ", ".join(told)
    if words and column.count > reading.COUNT_CAP:
        return _("of the first %(n)s: %(words)s") % {
            "n": format_number(reading.COUNT_CAP),
            "words": words,
        }
    return words


def shown_card(lead: Lead, words: Words, plan: int | None = None) -> kanban.Card:
    """A lead in words; marked where she stands longer than planned."""
    url = f"/leads/{lead.pk}/"
    state, step = kanban.next_step(lead.next_step_at, "", words.at)
    days = (words.at - lead.stage_since).days
    score = getattr(lead, "score", None)
    return kanban.Card(
        key=lead.pk,
        version=lead.version,
        title=lead.name,
        url=url,
        move_url=f"{url}move/" if words.moves(lead) else "",
        edit_url=f"{url}quick/" if words.can_edit else "",
        subtitle=", ".join(filter(None, [lead.job_title, str(lead.company or "")])),
        age=_("%(n)s d") % {"n": days} if days > 0 else _("today"),
        owner=lead.owner,
        cell=score.cell if score and score.scored_at else "",
        next_state=state,
        next_words=step,
        warning=_("In stage %(n)s days, plan is %(plan)s") % {"n": days, "plan": plan}
        if plan is not None and days >= plan
        else "",
        is_demo=lead.origin == Origin.DEMO,
    )
