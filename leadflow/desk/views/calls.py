"""Call lists: made with a look at who can be called, worked one person at a time, and their results."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.calling import results, selectors, services
from leadflow.calling.models import CallEntry, CallList, Outcome
from leadflow.desk import call_rows, calls, reaching
from leadflow.desk.cells import Look
from leadflow.desk.forms import CallListForm
from leadflow.desk.views.leads import narrowed
from leadflow.desk.views.todos import typed_moment
from leadflow.errors import Invalid
from leadflow.kit import clock
from leadflow.kit.areas import Daytime
from leadflow.people.access import allowed
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect

MOST = 100


@access("call.work")
def call_lists(request: HtmxHttpRequest) -> HttpResponse:
    """Her lists, with how far each is."""
    waiting = Count("entries", filter=Q(entries__state="waiting"))
    rows = calls.lists_of(request.user).annotate(people=Count("entries"), waiting=waiting)
    context = {"rows": rows[:MOST], "may_make": allowed(request.user, "call.manage")}
    return render(request, "desk/call_lists.html", context)


@access("call.manage")
def call_list_new(request: HtmxHttpRequest) -> HttpResponse:
    """Make a list; "Look" shows first how many can be called, and why the others not."""
    query = request.POST.get("query", request.GET.urlencode())
    kinds = calls.sources(request.user, query)
    form = CallListForm(request.POST or None, user=request.user, sources=kinds)
    context: dict[str, Any] = {"form": form, "query": query}
    if request.method == "POST" and form.is_valid():
        leads = chosen(request, form.cleaned_data["source"], query)
        if "look" not in request.POST and form.attempt(lambda: _made(request, form, leads)):
            messages.success(request, _("The list is ready"))
            return redirect(request, form.result.get_absolute_url())
        values = form.cleaned_data
        daytime = Daytime(values["from_hour"], values["to_hour"], values["weekends"])
        context["looked"] = selectors.counts(selectors.preview(leads, daytime, clock.now()))
    return render(request, "desk/call_list_new.html", context, status=form.status)


def chosen(request: HtmxHttpRequest, source: str, query: str) -> Any:
    """The leads that the form names, as far as she may have them called."""
    request.GET = calls.query_of(request.user, source, query)  # type: ignore[assignment]
    rows, _applied, _rule = narrowed(request)
    return calls.within_reach(rows, request.user, source)


def _made(request: HtmxHttpRequest, form: CallListForm, leads: Any) -> CallList:
    ids = list(
        leads.order_by("-score__engagement", "pk").values_list("pk", flat=True)[: services.MOST + 1]
    )
    return services.create(
        values=form.values(), callers=form.cleaned_data["callers"], lead_ids=ids, by=request.user
    )


def _or_404(request: HtmxHttpRequest, pk: int, permission: str = "call.work") -> CallList:
    return get_object_or_404(CallList.objects.visible_to(request.user, permission), pk=pk)


@access("call.work")
def call_list(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """How far it is, who can be called now and who not, and how the calls went."""
    found = _or_404(request, pk)
    context = {
        "list": found,
        "reasons": selectors.counts(selectors.entries_for(found, request.user, clock.now())),
        "people": results.people(found),
        "outcomes": results.outcomes(found),
        "callers": results.callers(found),
        "may_close": allowed(request.user, "call.manage") and not found.closed_at,
    }
    return render(request, "desk/call_list.html", context)


@access("call.work")
def behind(request: HtmxHttpRequest, pk: int, part: str) -> HttpResponse:
    """The people or the calls that a number of the list counts."""
    found = _or_404(request, pk)
    rows = results.rows_of(found, part, request.user, clock.now())
    if rows is None:
        raise Http404
    page = call_rows.page_of(request, rows)
    context = {
        "list": found,
        "words": rows.words,
        "page": page,
        "body": page.drawn(Look.of(request.user)),
        "hidden": max(rows.counted.count() - rows.seen_by(request.user).count(), 0),
    }
    return render(request, "desk/call_rows.html", context)


@require_POST
@access("call.manage")
def call_list_close(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Nobody is called from it any more."""
    services.close(_or_404(request, pk, "call.manage"))
    messages.success(request, _("The list is closed"))
    return redirect(request, reverse("desk:call-list", args=[pk]))


@access("call.work")
def work(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Whom she has in hand: number, script, and how the call went."""
    return _in_hand(request, _or_404(request, pk))


def _in_hand(request: HtmxHttpRequest, found: CallList, wrong: str = "") -> HttpResponse:
    """The page, with what was typed where something was `wrong` with it."""
    at = clock.now()
    entry = selectors.current(found, request.user, at)
    context = {
        "list": found,
        "entry": entry,
        "reach": reaching.of_leads(request.user, [entry.lead], at)[entry.lead_id]
        if entry
        else None,
        "past": entry.attempts.select_related("by").order_by("-at")[:5] if entry else [],
        "outcomes": list(enumerate(Outcome.choices, start=1)),
        "reasons": selectors.counts(selectors.entries_for(found, request.user, at)),
        "wrong": wrong,
        "typed": request.POST,
    }
    return render(request, "desk/call_work.html", context, status=422 if wrong else 200)


@require_POST
@access("call.work")
def next_one(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take the next person in hand."""
    return _take_next(request, _or_404(request, pk))


def _take_next(request: HtmxHttpRequest, found: CallList) -> HttpResponse:
    if found.closed_at or services.claim(found, by=request.user) is None:
        messages.info(request, _("Nobody can be called right now"))
    return redirect(request, reverse("desk:call-work", args=[found.pk]))


@require_POST
@access("call.work")
def said(request: HtmxHttpRequest, pk: int, entry: int) -> HttpResponse:
    """How the call went; the next person comes by herself."""
    found = _or_404(request, pk)
    row = get_object_or_404(CallEntry, call_list=found, pk=entry)
    try:
        services.say(
            row, request.POST.get("outcome", ""), words=request.POST.get("words", "").strip(),
            asked_for=_asked_for(request), by=request.user,
        )  # fmt: skip
    except Invalid as error:
        return _in_hand(request, found, wrong=error.message)
    if "stop" in request.POST or found.closed_at:
        return redirect(request, found.get_absolute_url())
    return _take_next(request, found)


def _asked_for(request: HtmxHttpRequest) -> datetime | None:
    """When she wants to be called again, by the clock of the caller. Raises Invalid for no such time."""
    typed = request.POST.get("asked_for", "").strip()
    if not typed:
        return None
    moment = typed_moment(typed)
    if moment is None:
        raise Invalid(_("Write the time to call again as a day and a time."))
    return moment
