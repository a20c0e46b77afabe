"""The report of missed opportunities, and the rows of each kind with what to do about them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from leadflow.insights import missed, missed_rows, state
from leadflow.insights.asking import NOBODY
from leadflow.insights.views import people_menu
from leadflow.insights.wording import spark
from leadflow.kit.periods import Period
from leadflow.people.access import Scope, allowed, scope_of
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest


def read(request: HtmxHttpRequest) -> state.State:
    """As on the dashboard; here `owner=0` asks for what nobody owns."""
    asked = state.read(request)
    if request.GET.get("owner") == str(NOBODY):
        asked = replace(asked, ask=replace(asked.ask, owner=NOBODY))
    return asked


def _url(
    asked: state.State,
    key: str,
    period: Period | None = None,
    more: Mapping[str, Any] | None = None,
) -> str:
    """The rows of a kind, for the same question, or for the days before."""
    copy = asked.params.copy()
    for gone in ("by", "compare", "after", "before", "sort", "cols", "part"):
        copy.pop(gone, None)
    changes = dict(more or {})
    if period:
        copy.pop("range", None)
        changes |= {"from": period.start_on.isoformat(), "to": period.last_on.isoformat()}
    for name, value in changes.items():
        copy[name] = str(value)
    query = copy.urlencode()
    return reverse("insights:missed-rows", args=[key]) + (f"?{query}" if query else "")


@access("insights.view")
@require_safe
def report(request: HtmxHttpRequest) -> HttpResponseBase:
    """Each kind with its number, the time before, who still waits, and what it may be worth."""
    asked = read(request)
    by = "source" if request.GET.get("by") == "source" else "owner"
    lines = missed.report(asked.ask, asked.before)
    kinds = [one.kind for one in lines if one.kind.lead]
    context = {
        "state": asked,
        "lines": [_shown(asked, one) for one in lines],
        "is_empty": not any(one.count or one.before for one in lines),
        "by": by,
        "ways": [
            state.Choice(_("By owner"), asked.url(by=None), by == "owner"),
            state.Choice(_("By source"), asked.url(by="source"), by == "source"),
        ],
        "kinds": kinds,
        "shares": [
            {
                "name": share.name,
                "total": share.total,
                "cells": [
                    (count, kind.label, _url(asked, kind.key, more={by: share.pk}))
                    for count, kind in zip(share.counts, kinds, strict=True)
                ],
            }
            for share in missed.split(asked.ask, kinds, by)
        ],
        "owners": people_menu(asked, "owner", state.owners_for(request.user)),
        "teams": people_menu(asked, "team", state.teams_for(request.user)),
        "narrowed": narrowed(asked),
    }
    return render(request, "insights/missed.html", context)


def _shown(asked: state.State, line: missed.Line) -> dict[str, Any]:
    key = line.kind.key
    return {
        "line": line,
        "url": _url(asked, key),
        "before_url": _url(asked, key, asked.before) if asked.before else "",
        "still_url": _url(asked, key, more={"part": "still"}),
        "spark": spark(line.shape),
        "currency": asked.ask.organisation.base_currency,
    }


def narrowed(asked: state.State) -> list[dict[str, str]]:
    """What the bar has no chip for: nobody as an owner, and one source."""
    found = []
    if asked.ask.owner == NOBODY:
        words = {"field": _("Owner"), "value": _("Nobody"), "url": asked.url(owner=None)}
        found.append(words)
    if asked.ask.source is not None:
        name = missed.source_name(asked.ask.source) or _("None")
        found.append({"field": _("Source"), "value": name, "url": asked.url(source=None)})
    return found


@access("insights.view")
@require_safe
def rows(request: HtmxHttpRequest, key: str) -> HttpResponseBase:
    """The people behind a number, to be given to somebody, planned for or followed up, many at once."""
    asked = read(request)
    kind = next((one for one in missed.kinds_for(asked.ask) if one.key == key), None)
    if kind is None:
        raise Http404
    found = missed.rows_of(kind, asked.ask, asked.ask.period)
    if request.GET.get("part") == "still" and kind.lead:
        found = found.filter(is_still=True)
    page = missed_rows.TABLES[key].page(request, missed_rows.drawable(kind, found))
    may = _may(request) if kind.lead else {}
    context = {
        "kind": kind,
        "state": asked,
        "page": page,
        "body": missed_rows.drawn(kind, page, pick=any(may.values())),
        "is_still": request.GET.get("part") == "still",
        "may": may,
        "may_pick": any(may.values()),
        "owner_choices": _assignable(request),
        "owners": people_menu(asked, "owner", state.owners_for(request.user)),
        "teams": people_menu(asked, "team", state.teams_for(request.user)),
        "narrowed": narrowed(asked),
        "here": request.get_full_path(),
    }
    return render(request, "insights/missed_rows.html", context)


def _may(request: HtmxHttpRequest) -> dict[str, bool]:
    return {
        "assign": allowed(request.user, "lead.assign"),
        "todo": allowed(request.user, "activity.add"),
        "enrol": allowed(request.user, "sequence.enrol"),
    }


def _assignable(request: HtmxHttpRequest) -> list[tuple[int, str]]:
    """To whom she may give leads; the door checks it again."""
    if not allowed(request.user, "lead.assign"):
        return []
    people = state.owners_for(request.user)
    if scope_of(request.user, "insights.view") == Scope.OWN:
        return []
    return list(people.values_list("pk", "name"))
