"""The calendar of work and closes: a month or a week, her own or her team's."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import get_current_timezone, localtime
from django.utils.translation import gettext as _

from leadflow.desk import calendar as reading
from leadflow.desk.todos import has_team
from leadflow.kit import clock
from leadflow.people.access import allowed
from leadflow.web import months
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest


@access("self.edit")
def calendar(request: HtmxHttpRequest) -> HttpResponse:
    """`?month=2026-11` or `?week=2026-11-29`, `?who=team`, `?show=closes`."""
    asked, at = request.GET, clock.now()
    today, start = localtime(at).date(), request.organisation.week_start
    unit = months.week if "week" in asked else months.month
    told = asked.get("week", asked.get("month", ""))
    span = unit(told, today=today, week_start=start)
    kinds = [kind for kind in (reading.WORK, reading.CLOSES) if asked.get("show", kind) == kind]
    ask = reading.Ask(
        request.user, span, get_current_timezone(), at, asked.get("who", "mine"), kinds
    )
    context = {
        "calendar": reading.calendar(ask),
        "ways": ways(request, span),
        "whose": "team" if ask.is_team else "mine",
        "has_team": has_team(request.user),
        "has_deals": allowed(request.user, "deal.view"),
        "may_add": allowed(request.user, "todo.edit"),
        "show": asked.get("show", ""),
        "here": request.get_full_path(),
    }
    return render(request, "desk/calendar.html", context)


def ways(request: HtmxHttpRequest, span: months.Span) -> dict[str, Any]:
    """Where the links of the page lead; what else is asked stays."""
    kept = {name: request.GET[name] for name in ("who", "show") if name in request.GET}
    unit = "week" if span.is_week else "month"

    def to(**changed: str) -> str:
        query = request.GET.copy()
        query.clear()
        query.update({name: value for name, value in {**kept, **changed}.items() if value})
        return f"?{query.urlencode()}"

    now = {unit: request.GET[unit]} if unit in request.GET else {unit: ""}
    week = span.first.isoformat()
    return {
        "before": to(**{unit: span.before}),
        "after": to(**{unit: span.after}),
        "today": to(week=f"{localtime(clock.now()):%Y-%m-%d}") if span.is_week else to(),
        "month": to(month=f"{span.first:%Y-%m}"),
        "week": to(week=week),
        "mine": to(**now, who=""),
        "team": to(**now, who="team"),
        "all": to(**now, show=""),
        "kinds": [
            (to(**now, show=kind), label, kind)
            for kind, label in ((reading.WORK, _("Work")), (reading.CLOSES, _("Closes")))
        ],
        "day": f"{to()}{'&' if kept else ''}week=",
    }
