"""The forecast: deals by the month of their close, moved by dragging; and the same by owner."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.errors import Invalid
from leadflow.people.access import Scope, allowed, scope_of
from leadflow.people.models import User
from leadflow.web import board as kanban
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done, is_part, trigger
from leadflow.web.templatetags.formats import day, money, money_short
from leadflow.web.templatetags.formats import number as format_number
from pipeline import selectors
from pipeline.forms import today
from pipeline.models import Deal, ForecastCategory
from pipeline.selectors import forecast as reading
from pipeline.services import deals
from pipeline.views import asking
from pipeline.views.board import UNCHANGED, Words, number, pipeline_asked, shown_card

TOLD = (ForecastCategory.COMMIT, ForecastCategory.BEST, ForecastCategory.PIPELINE)


@access("deal.view")
def forecast(request: HtmxHttpRequest) -> HttpResponse:
    """The months as a board, or for a manager as a table by owner."""
    pipeline = pipeline_asked(request)
    since, revision = request.GET.get("since", ""), selectors.revision_of(pipeline.pk)
    if is_part(request) and since == str(revision):
        return HttpResponse(status=UNCHANGED)
    narrowed = asking.narrowed(request)
    ask = ask_of(request, narrowed)
    found = reading.forecast(request.user, ask)
    words = ForecastWords(request, ask.today)
    shown = shown_forecast(request, found, words, ask, revision)
    if is_part(request) and since:
        return render(request, "web/board.html", {"board": shown, "is_fragment": True})
    state = partial(kanban.state_of, request)
    is_by_owner = request.GET.get("by") == "owner" and may_compare(request.user)
    context = {
        "pipeline": pipeline,
        "pipelines": [(one, state(pipeline=one.pk)) for one in selectors.pipelines()],
        "applied": narrowed.applied,
        "rule": narrowed.rule,
        "board": shown,
        "state": state(by=None),
        "may_compare": may_compare(request.user),
        "by_owner_url": state(by="owner"),
        "by_owner": by_owner(request.user, found, words) if is_by_owner else None,
    } | asking.views_of(request, asking.open_tabs(request.user))
    return render(request, "pipeline/forecast.html", context)


def may_compare(user: User) -> bool:
    """Whether she sees the deals of more than one owner."""
    return scope_of(user, "deal.view") != Scope.OWN


def ask_of(request: HtmxHttpRequest, narrowed: asking.Narrowed) -> reading.Ask:
    """What the URL asks for."""
    shown = kanban.counted(request.GET.get("shown", ""))
    where = narrowed.applied.condition if narrowed.owner else narrowed.where
    return reading.Ask(pipeline_asked(request), today(), where, shown)


@access("deal.view")
def more(request: HtmxHttpRequest) -> HttpResponse:
    """The next cards of one column."""
    key, ask = request.GET.get("column", ""), ask_of(request, asking.narrowed(request))
    if key not in reading.keys(ask.today):
        raise Http404
    words = ForecastWords(request, ask.today)
    column = reading.more(request.user, ask, key, request.GET.get("after", ""))
    shown = number(request.GET.get("seen")) + len(column.cards)
    context = {
        "column": shown_column(column, words, shown),
        "board": {"can_move": words.can_move},
    }
    return render(request, "web/board_cards.html", context)


@require_POST
@access("deal.edit")
def closes(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Another month for the close of a deal, or the day that a calendar posts as `on`; the toast takes it
    back by `?on=`."""
    rows: QuerySet[Deal] = Deal.objects.visible_to(request.user, "deal.edit").open()
    deal = get_object_or_404(rows, pk=pk)
    on = day_asked(request, deal)
    version = number(request.POST.get("version") or request.GET.get("version")) or None
    changed = deals.edit(deal, values={"expected_close_on": on}, version=version, by=request.user)
    back = reverse("pipeline:forecast")
    if changed.version == deal.version:
        return done(request, back=back)
    was = deal.expected_close_on.isoformat() if deal.expected_close_on else ""
    undo = f"{request.path}?{urlencode({'on': was, 'version': str(changed.version)})}"
    words = _("Closes %(day)s") % {"day": day(on)} if on else _("Closes on no day yet")
    if "on" in request.GET:
        return trigger(done(request, words, back=back), **{"lf:board": True})
    return done(request, words, undo=undo, back=back)


def day_asked(request: HtmxHttpRequest, deal: Deal) -> date | None:
    """The day that was named, or that lies in the month that was. Raises Invalid for neither."""
    try:
        named = request.GET.get("on", request.POST.get("on"))
        if named is not None:
            return date.fromisoformat(named) if named else None
        key = request.POST.get("column", "")
        return reading.day_in(key, deal.expected_close_on, today())
    except ValueError:
        raise Invalid(_("A deal is put into a month to come. Choose one of them.")) from None


class ForecastWords(Words):
    """What every card and column of one answer shares."""

    def __init__(self, request: HtmxHttpRequest, now: date) -> None:
        super().__init__(request)
        self.can_move = allowed(request.user, "deal.edit")
        self.more_url = reverse("pipeline:forecast-more")
        self.names = {
            reading.OVERDUE: _("Overdue"),
            reading.LATER: _("Later"),
            reading.UNDATED: _("No date"),
            **{reading.key_of(first): f"{first:%B %Y}" for first in reading.months(now)[:-1]},
        }
        self.categories = dict(ForecastCategory.choices)


def shown_forecast(
    request: HtmxHttpRequest,
    found: reading.Forecast,
    words: ForecastWords,
    ask: reading.Ask,
    revision: int,
) -> kanban.Board:
    """The forecast as a board."""
    key = f"forecast-{ask.pipeline.pk}"
    columns = [shown_column(column, words, len(column.cards)) for column in found.columns]
    return kanban.Board(
        key=key,
        revision=revision,
        columns=kanban.folded(columns, request.user, key),
        poll_url=reverse("pipeline:forecast") + kanban.state_of(request),
        is_ordered=False,
        can_move=words.can_move,
        total=total_words(found, words.currency),
    )


def total_words(found: reading.Forecast, currency: str) -> str:
    """38 open, €2,878,000. Weighted €1,471,000."""
    amount = sum((column.sums.amount for column in found.columns), Decimal(0))
    weighted = sum((column.sums.weighted for column in found.columns), Decimal(0))
    return _("%(n)s open, %(sum)s. Weighted %(weighted)s") % {
        "n": format_number(sum(column.sums.deals for column in found.columns)),
        "sum": money(amount, currency),
        "weighted": money(weighted, currency),
    }


def shown_column(column: reading.Column, words: ForecastWords, shown: int) -> kanban.Column:
    """A month in words; what is late or far off takes no card."""
    closed = column.key in (reading.OVERDUE, reading.LATER)
    after = words.state(column=column.key, after=column.cursor, seen=shown)
    return kanban.Column(
        key=column.key,
        name=words.names[column.key],
        count=column.sums.deals,
        cards=[card_of(deal, words) for deal in column.cards],
        words=sum_words(column.sums, words),
        more=max(column.sums.deals - shown, 0) if column.cards else 0,
        more_url=words.more_url + after,
        is_over=column.key == reading.OVERDUE,
        takes="" if closed else None,
    )


def sum_words(sums: reading.Sums, words: ForecastWords) -> str:
    """€642k, weighted €128k. Commit €90k, Best case €300k."""
    if not sums.deals:
        return _("nothing here")
    text = _("%(sum)s, weighted %(weighted)s") % {
        "sum": money_short(sums.amount, words.currency),
        "weighted": money_short(sums.weighted, words.currency),
    }
    parts = [
        f"{words.categories[key]} {money_short(sums.by_category[key], words.currency)}"
        for key in TOLD
        if sums.by_category.get(key)
    ]
    return f"{text}. {', '.join(parts)}" if parts else text


def card_of(deal: Deal, words: ForecastWords) -> kanban.Card:
    """A deal by its close: the day takes the place of the age, and the stage is named."""
    card = shown_card(selectors.card_of(deal), words)
    return replace(
        card,
        move_url=f"/deals/{deal.pk}/closes/",
        subtitle=", ".join(filter(None, [deal.stage.name, card.subtitle])),
        age=day(deal.expected_close_on) if deal.expected_close_on else _("no date"),
    )


def by_owner(user: User, found: reading.Forecast, words: ForecastWords) -> dict[str, Any]:
    """The same sums as a table: an owner a row, a column a month."""
    people = User.objects.visible_to(user).in_bulk([pk for pk in found.by_owner if pk])
    rows = [
        {
            "owner": people.get(owner or 0),
            "cells": [cell(sums.get(column.key), words) for column in found.columns],
            "weight": sum((one.weighted for one in sums.values()), Decimal(0)),
        }
        for owner, sums in found.by_owner.items()
    ]
    rows.sort(key=lambda row: row["weight"], reverse=True)
    for row in rows:
        row["total"] = money_short(row["weight"], words.currency)
    heads = [words.names[column.key] for column in found.columns]
    return {"heads": heads, "rows": rows}


def cell(sums: reading.Sums | None, words: ForecastWords) -> dict[str, str]:
    """What an owner has in a month."""
    if sums is None:
        return {"amount": "", "weighted": ""}
    amount, weighted = (
        money_short(sums.amount, words.currency),
        money_short(sums.weighted, words.currency),
    )
    return {"amount": amount, "weighted": weighted}
