"""Letting a broadcast go: the review on today's data, the word that confirms it, pausing, calling off."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from leadflow.kit import clock
from leadflow.models import Lead, Organisation
from leadflow.people.access import allowed
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect, render_part
from nurturing.models import LETTERS, Broadcast, Reason
from nurturing.selectors import broadcasts as selectors
from nurturing.selectors import not_in
from nurturing.services import (
    approving,
    audience,
    broadcasts,
    checking,
    offering,
    senders,
    sending,
    subjects,
    worst_cases,
)
from nurturing.services.acts.wording import plain
from nurturing.views.broadcasts import PAGE, broadcast_or_404, head, number_of

MOST_LOOKED_AT = 3_000  # of an audience, for its ten hardest readers


@dataclass(frozen=True)
class Page:
    """One page of people, keyed by the id that it begins after."""

    rows: list[Any]
    count_words: str
    next_url: str
    previous_url: str = ""


def _words(count: int) -> str:
    words = ngettext("%(n)s person on this page", "%(n)s people on this page", count)
    return words % {"n": count}


@require_safe
@access("broadcast.edit")
def review(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """What confirming it now would do, and what stands in its way."""
    row = broadcast_or_404(request, pk)
    if not row.is_draft:
        return redirect(request, row.get_absolute_url())
    at = clock.now()
    problems = [said for _place, said in checking.problems(row, at=at)]
    is_known = audience.is_timed(row) or row.timing == Broadcast.Timing.NOW
    counted = audience.review(row, at=at) if is_known else None
    context = head(request, row, "review") | {
        "counted": counted,
        "standing": approving.standing(_asked(row, counted.going), by=request.user)
        if counted
        else None,
        "stocks": offering.stocks(counted.codes) if counted else [],
        "calendar": _calendar(row, counted) if counted else [],
        "senders": senders.checked([row.words]),
        "problems": problems,
        "hints": list(checking.hints(row)),
        "too_few": subjects.too_few(row, counted) if counted else "",
        "sides": _sides(row, counted) if counted and row.is_tested else [],
        "include": row.include.all(),
        "exclude": row.exclude.all(),
    }
    return render(request, "nurturing/broadcast_review.html", context)


def _calendar(row: Broadcast, counted: audience.Counted) -> list[tuple[str, list[tuple[str, int]]]]:
    """(day, [(hour, how many)]): by each reader's clock, and where that is the same for all, by ours."""
    own = Organisation.current().time_zone if row.timing == Broadcast.Timing.LOCAL else ""
    found: dict[date, list[tuple[str, int]]] = {}
    for hour, n in counted.hours(own):
        found.setdefault(hour.date(), []).append((f"{hour:%H}:00", n))
    return [(date_format(day, "D j M"), hours) for day, hours in found.items()]


@require_safe
@access("broadcast.edit")
def cases(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The mail as ten people read it who would get it, the hardest cases first."""
    row = broadcast_or_404(request, pk)
    going = audience.reviewed(row, at=clock.now(), reason="", after=0, most=MOST_LOOKED_AT)
    visible = Lead.objects.visible_to(request.user)
    ids = [one.lead_id for one in going] or list(
        visible.order_by("-pk").values_list("pk", flat=True)[:200]
    )
    context = head(request, row, "review") | {
        "cases": worst_cases.worst_cases(row.words, visible.filter(pk__in=ids)),
        "is_going": bool(going),
    }
    return render(request, "nurturing/broadcast_cases.html", context)


def _sides(row: Broadcast, counted: audience.Counted) -> list[tuple[str, str, int]]:
    """(letter, subject, on how many it is tried)."""
    return [
        (LETTERS[place], plain(said), counted.sampled[place])
        for place, said in enumerate(row.subjects)
    ]


def _asked(row: Broadcast, people: int) -> approving.Asked:
    return approving.of_broadcast(row, broadcasts.programs_of(row), people)


@require_POST
@access("broadcast.edit")
def ask(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Ask for the yes to send it to so many."""
    row = broadcast_or_404(request, pk)
    going = audience.review(row, at=clock.now()).going
    approving.ask(_asked(row, going), by=request.user, reason=request.POST.get("reason", ""))
    messages.success(request, _("Asked. You are told when it is decided."))
    return redirect(request, reverse("nurturing:broadcast-review", args=[pk]))


@require_safe
@access("broadcast.edit")
def reviewed(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The people behind a number of the review."""
    row = broadcast_or_404(request, pk)
    reason = request.GET.get("reason", "")
    if reason and reason not in Reason.values:
        raise Http404
    after = number_of(request.GET.get("after", "")) or 0
    found = audience.reviewed(row, at=clock.now(), reason=reason, after=after, most=PAGE + 1)
    kept = found[:PAGE]
    leads = Lead.objects.visible_to(request.user).in_bulk([one.lead_id for one in kept])
    rows = [(leads[one.lead_id], one) for one in kept if one.lead_id in leads]
    more = (
        "?" + urlencode({"reason": reason, "after": kept[-1].lead_id}) if len(found) > PAGE else ""
    )
    back = f"?reason={reason}" if after else ""
    context = head(request, row, "review") | {
        "page": Page(rows, _words(len(rows)), more, back),
        "label": Reason(reason).label if reason else _("Will get it"),
    }
    return render(request, "nurturing/broadcast_reviewed.html", context)


@require_POST
@access("broadcast.edit")
def confirm(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The second step: fix it and let it go."""
    expected = number_of(request.POST.get("expected", ""))
    revision = number_of(request.POST.get("revision", ""))
    row = sending.confirm(
        broadcast_or_404(request, pk),
        by=request.user,
        expected=-1 if expected is None else expected,
        revision=-1 if revision is None else revision,
    )
    words = ngettext("Confirmed for %(n)s person.", "Confirmed for %(n)s people.", expected or 0)
    messages.success(request, words % {"n": expected})
    return redirect(request, row.get_absolute_url())


@require_POST
@access("broadcast.edit")
def switch(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Pause, go on, call off, or make it a draft again."""
    row = broadcast_or_404(request, pk)
    actions = {
        "pause": sending.pause,
        "resume": sending.resume,
        "draft": sending.take_back,
        "cancel": sending.cancel,
    }
    action = actions.get(request.POST.get("to", ""))
    if action is None:
        raise Http404
    action(row, by=request.user)
    return redirect(request, row.get_absolute_url())


@require_POST
@access("broadcast.edit")
def choose(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Let the rest go with one of the subjects, without waiting for the figures."""
    row = broadcast_or_404(request, pk)
    place = number_of(request.POST.get("subject", ""))
    subjects.choose(row, subject=-1 if place is None else place, by=request.user)
    messages.success(request, _("Chosen. The rest goes now."))
    return redirect(request, row.get_absolute_url())


@require_safe
@access("broadcast.view")
def people(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The rows behind each number of a broadcast."""
    row = broadcast_or_404(request, pk)
    view, reason = request.GET.get("view", "all"), request.GET.get("reason", "")
    if view not in selectors.VIEWS or (reason and reason not in Reason.values):
        raise Http404
    rows = selectors.shown(selectors.recipients(row, request.user), view, reason)
    subject, part = number_of(request.GET.get("subject", "")), request.GET.get("part", "")
    rows, words = selectors.with_subject(rows, subject, part), request.GET.get("q", "")[:100]
    rows = selectors.found(rows, words)
    before = number_of(request.GET.get("before", ""))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    kept = found[:PAGE]
    asked = {"view": view} | ({"reason": reason} if reason else {})
    asked |= {"subject": str(subject)} if subject is not None else {}
    asked |= {"part": part} if part else {}
    asked |= {"q": words} if words else {}
    more = "?" + urlencode(asked | {"before": kept[-1].pk}) if len(found) > PAGE else ""
    back = "?" + urlencode(asked) if before is not None else ""
    context = head(request, row, "people") | {
        "page": Page(kept, _words(len(kept)), more, back),
        "view": view,
        "reason": reason,
        "reason_words": Reason(reason).label if reason else "",
        "words": words,
        "others": not_in(row, request.user, words),
        "can_open": allowed(request.user, "outbox.view"),
        "draft_url": reverse("nurturing:broadcast-edit", args=[pk]),
    }
    return render_part(request, "nurturing/broadcast_people.html", "rows", context)
