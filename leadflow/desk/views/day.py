"""Where a person begins: her day, and the search over everything."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST

from leadflow.desk import first_run, queue, selectors
from leadflow.desk.queue import outcomes
from leadflow.models import Organisation
from leadflow.people.access import allowed
from leadflow.people.models import Role
from leadflow.web.actions import PREFIX, actions_of
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, is_part, redirect, render_part
from leadflow.web.navigation import Item, navigation_for, url_of

_HOME = {
    Role.MANAGER: "insights:dashboard",
    Role.MARKETER: "capture:forms",
    Role.VIEWER: "desk:leads",
}


@access("self.edit")
def home(request: HtmxHttpRequest) -> HttpResponse:
    """The page that a role begins with."""
    wanted = _HOME.get(Role(request.user.role), "desk:my-day")
    return redirect(request, url_of(wanted) or "/my-day/")


@access("self.edit")
def my_day(request: HtmxHttpRequest) -> HttpResponseBase:
    """What to do next, and why. `?seen=` names the state that the browser shows: 204 while it holds;
    `?part=ahead` asks for the days that come."""
    found = queue.build(request.user)
    if is_part(request) and request.GET.get("part") == "ahead":
        context = {"ahead": queue.ahead(request.user, found), "is_anew": True}
        return render_part(request, "desk/my_day.html", "ahead", context)
    if is_part(request) and request.GET.get("seen") == found.revision:
        return HttpResponse(status=204)
    context = {"queue": found, "later": outcomes.later(request.user, found.at)}
    if not is_part(request):
        context |= {
            "ahead": queue.ahead(request.user, found),
            "checklist": first_run.checklist(request.user),
            "meetings": selectors.meetings_today(request.user, found.at),
            "may_work": allowed(request.user, "activity.add"),
            "hot": queue.hot.unworked(request.user)[:5],
            "pace_url": url_of("insights:pace"),
        }
    return render_part(request, "desk/my_day.html", "queue", context)


@access("activity.add")
def hot_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """The best leads that nobody worked yet; live as her day is."""
    found = queue.hot.build(request.user)
    if is_part(request) and request.GET.get("seen") == found.revision:
        return HttpResponse(status=204)
    context = {"queue": found, "later": outcomes.later(request.user, found.at)}
    return render_part(request, "desk/hot.html", "queue", context)


@require_POST
@access("settings.edit")
def checklist_hide(request: HtmxHttpRequest) -> HttpResponse:
    """Put the first-run checklist away."""
    organisation = Organisation.current()
    organisation.checklist = {**organisation.checklist, "hidden": True}
    organisation.save(update_fields=["checklist"])
    return redirect(request, "/my-day/")


@access("self.edit")
def search(request: HtmxHttpRequest) -> HttpResponseBase:
    """Records, places and actions that hold the words; part of the palette or a page of its own.

    Words that begin with ">" ask for actions alone.
    """
    words = request.GET.get("q", "").strip()[:100]
    context: dict[str, Any] = {"q": words, "actions": list(actions_of(request.user, words))}
    if not words.startswith(PREFIX):
        groups: dict[str, list[selectors.Hit]] = selectors.search(request.user, words)
        context |= {
            "groups": {label: hits for label, hits in groups.items() if hits},
            "places": _places(request, words)[:6],
        }
    template = "desk/search_results.html" if request.htmx else "desk/search.html"
    return render(request, template, context)


def _places(request: HtmxHttpRequest, words: str) -> list[Item]:
    return [
        item
        for group in navigation_for(request).groups
        for item in group.items
        if words.casefold() in str(item.label).casefold()
    ]
