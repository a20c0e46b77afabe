"""Where a person begins: her day, and the search over everything."""

from datetime import timedelta

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST

from leadflow.desk import first_run, selectors
from leadflow.kit import clock
from leadflow.models import Organisation
from leadflow.people.models import Role
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from leadflow.web.navigation import navigation_for, url_of

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
    """What to do next, and why."""
    groups = selectors.my_day(request.user)
    context = {
        "groups": groups,
        "count": sum(len(rows) for rows in groups.values()),
        "tomorrow": localtime(clock.now() + timedelta(days=1)).replace(hour=9, minute=0, second=0),
        "checklist": first_run.checklist(request.user),
        "hand_overs": url_of("distribution:handovers"),
    }
    return render(request, "desk/my_day.html", context)


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
    """People, companies and places that hold the words; part of the palette or a page of its own."""
    words = request.GET.get("q", "").strip()[:100]
    groups: dict[str, list[selectors.Hit]] = selectors.search(request.user, words)
    places = [
        item
        for group in navigation_for(request).groups
        for item in group.items
        if words.casefold().lstrip("> ") in str(item.label).casefold()
    ]
    template = "desk/search_results.html" if request.htmx else "desk/search.html"
    context = {"groups": {k: v for k, v in groups.items() if v}, "places": places[:6], "q": words}
    return render(request, template, context)
