"""To-dos: the page of them, the panel on records, and what is done to one or to many."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.text import slugify
from django.utils.timezone import get_current_timezone, localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from leadflow.desk import todos
from leadflow.desk.forms import TodoForm
from leadflow.desk.queue import outcomes
from leadflow.errors import Invalid
from leadflow.kit import clock, dayword
from leadflow.kit.periods import instant
from leadflow.models import Activity
from leadflow.people.access import allowed, require
from leadflow.people.models import User
from leadflow.services import activities
from leadflow.services import todos as work
from leadflow.services.todos import NOTHING, About, Plan
from leadflow.web.downloads import as_download
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, back_to, done, redirect, say
from leadflow.web.templatetags.formats import when

MOST_AT_ONCE = 500
CHANGED: dict[str, Any] = {"lf:todos": {}, "lf:queue": {}}
# the first word of a hurried note says what kind of work it is
_FIRST = {
    "call": Activity.Kind.CALL, "ring": Activity.Kind.CALL, "phone": Activity.Kind.CALL,
    "mail": Activity.Kind.EMAIL, "email": Activity.Kind.EMAIL, "write": Activity.Kind.EMAIL,
    "meet": Activity.Kind.MEETING, "visit": Activity.Kind.MEETING,
}  # fmt: skip


@access("self.edit")
def todo_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """What is planned, by when it is due: her own, or her team's with `?who=team`."""
    whose = "team" if request.GET.get("who") == "team" and todos.has_team(request.user) else "mine"
    part = request.GET.get("due", "") if request.GET.get("due") in todos.PARTS else ""
    rows, moments = todos.todos_of(request.user, whose=whose), todos.Moments.at(clock.now())
    applied = (todos.TEAM_FILTERS if whose == "team" else todos.FILTERS).read(request)
    page = todos.TODOS.page(request, applied.narrow(rows).filter(moments.within(part)))
    context = {
        "page": page,
        "groups": todos.grouped(todos.lines(page.rows, request.user)),
        "tabs": tabs(request, part),
        "applied": applied,
        "whose": whose,
        "has_team": todos.has_team(request.user),
        "may_add": allowed(request.user, "todo.edit"),
        "is_empty": not page.rows and not applied.chips and not part,
        "later": outcomes.later(request.user, clock.now()),
        "colleagues": todos.colleagues().values_list("pk", "name"),
        "here": request.get_full_path(),
    }
    return render(request, "desk/todos.html", context)


def tabs(request: HtmxHttpRequest, part: str) -> list[dict[str, Any]]:
    """All, and each part by its due time; the other filters stay."""
    found = []
    for key, label in {"": _("All"), **todos.PARTS}.items():
        query = request.GET.copy()
        for gone in ("due", "after", "before"):
            query.pop(gone, None)
        if key:
            query["due"] = key
        found.append({"url": f"?{query.urlencode()}", "label": label, "is_current": key == part})
    return found


@access("self.edit")
def todos_of_record(request: HtmxHttpRequest, kind: str, pk: int) -> HttpResponse:
    """The panel on the page of a lead, a company or a deal."""
    found = todos.find_record(request.user, kind, pk)
    if found is None:
        raise Http404
    shown = request.GET.get("but", "")  # what the page shows itself already
    rows = [row for row in todos.of_record(found[0])[:20] if str(row.pk) != shown]
    context = {
        "todos": todos.lines(rows, request.user),
        "but": shown,
        "record_query": f"{kind}={pk}",
        "deal_pk": pk if kind == "deal" else None,  # what is done with a deal is asked how it went
        "here": found[1].url,
        "may_add": may_add(request.user, found[0]),
        "url": request.get_full_path(),
    }
    return render(request, "desk/todos_of.html", context)


def may_add(user: User, about: About) -> bool:
    """Her own to-dos are anybody's; on a record it is for those who work it."""
    if about == NOTHING:
        return allowed(user, "todo.edit")
    return allowed(user, "activity.add")


def record_asked(request: HtmxHttpRequest) -> tuple[About, todos.Record]:
    """The record that the URL names (`?lead=7`); 404 where she may not see it."""
    for kind in ("lead", "company", "deal"):
        number = request.GET.get(kind, "")
        if number:
            found = number.isdecimal() and len(number) < 19
            record = todos.find_record(request.user, kind, int(number)) if found else None
            if record is None:
                raise Http404
            require(request.user, "activity.add", record[0].lead)
            return record
    return NOTHING, todos.Record()


def back_of(request: HtmxHttpRequest) -> str:
    """The page to go back to; nowhere else than here."""
    return back_to(request, reverse("desk:todos"))


@access("todo.edit")
def todo_new(request: HtmxHttpRequest) -> HttpResponse:
    """Plan a to-do; `?after=` names what was just done and asks for what comes next, `?subject=` fills in."""
    about, record = record_asked(request)
    initial: dict[str, Any] = {
        "due_at": localtime(outcomes.later(request.user, clock.now())["tomorrow"]),
        "subject": request.GET.get("subject", "")[:200],
    }
    form = TodoForm(request.POST or None, user=request.user, initial=initial)
    if (
        request.method == "POST"
        and form.is_valid()
        and form.attempt(lambda: _added(request, form, about))
    ):
        messages.success(request, _("Planned"))
        return redirect(request, back_of(request))
    context = {"form": form, "record": record, "after": request.GET.get("after", "")[:200]}
    context["back"] = back_of(request)
    return render(request, "desk/todo.html", context, status=form.status)


def _added(request: HtmxHttpRequest, form: TodoForm, about: About) -> Activity:
    owner, words = form.cleaned_data["owner"], form.cleaned_data["words"]
    todos.check_colleague([about], owner)
    return work.add(form.plan(), about=about, owner=owner, words=words, by=request.user)


@require_POST
@access("todo.edit")
def todo_quick(request: HtmxHttpRequest) -> HttpResponse:
    """Plan one from a line such as "Call Ann tomorrow 10"; without a day it is for the end of today."""
    said = request.POST.get("words", "")[:240]
    now = localtime(clock.now()).replace(tzinfo=None)
    heard = dayword.hear(said, now=now)
    if not heard.what:
        raise Invalid(_("Write what is to be done, and when: Call Ann tomorrow 10."))
    wall = heard.at or now.replace(hour=17, minute=0, second=0, microsecond=0)
    due = instant(wall, get_current_timezone())
    if due <= clock.now():
        due = outcomes.later(request.user, clock.now())["hour"]
    kind = _FIRST.get(heard.what.split()[0].lower(), Activity.Kind.TODO)
    plan = Plan(kind=kind, subject=heard.what[:200], due_at=due)
    row = work.add(plan, owner=request.user, by=request.user)
    told = _("Planned for %(when)s: %(what)s") % {"when": when(due), "what": row.subject}
    return done(request, told, back=back_of(request), **CHANGED)


@access("todo.edit")
def todo_edit(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Change one; giving it to somebody else tells her."""
    row = get_object_or_404(
        todos.open_to(request.user).select_related("lead", "company", "owner"), pk=pk
    )
    form = TodoForm(request.POST or None, user=request.user, now=row)
    if (
        request.method == "POST"
        and form.is_valid()
        and form.attempt(lambda: _edited(request, form, row))
    ):
        messages.success(request, _("Saved"))
        return redirect(request, back_of(request))
    record = todos.lines([row], request.user)[0].record
    context = {"form": form, "record": record, "now": row, "back": back_of(request)}
    return render(request, "desk/todo.html", context, status=form.status)


@require_safe
@access("todo.edit")
def todo_file(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """What is planned as a file for any calendar."""
    row = get_object_or_404(
        todos.open_to(request.user).select_related("lead", "company"), pk=pk, due_at__isnull=False
    )
    link = settings.PUBLIC_BASE_URL + reverse("desk:todo", args=[row.pk])
    about = todos.lines([row], request.user)[0].record.name
    name = slugify(row.subject)[:60] or "event"
    return as_download(f"{name}.ics", todos.calendar_file(row, about=about, link=link))


def _edited(request: HtmxHttpRequest, form: TodoForm, row: Activity) -> Activity:
    owner = form.cleaned_data["owner"]
    if owner.pk != row.owner_id:
        todos.check_colleague([row], owner)
    changed = work.edit(row, form.plan(), by=request.user)
    work.delegate_many([row.pk], to=owner, words=form.cleaned_data["words"], by=request.user)
    return changed


def chosen(request: HtmxHttpRequest) -> list[Activity]:
    """Those that the form names and she may act on. Invalid where there are none."""
    one = request.POST.getlist("one")  # the button of a row, whatever else is picked
    ids = [int(i) for i in one or request.POST.getlist("ids") if i.isdecimal() and len(i) < 19]
    if len(ids) > MOST_AT_ONCE:
        raise Invalid(_("At most 500 to-dos at once."))
    rows = list(todos.open_to(request.user).filter(pk__in=ids).select_related("lead"))
    if not rows:
        raise Invalid(_("None of these is open and yours to change. Choose others."))
    return rows


@require_POST
@access("todo.edit")
def todos_done(request: HtmxHttpRequest) -> HttpResponse:
    """They are done; one alone asks for the next step where none is planned."""
    rows = chosen(request)
    finished = activities.complete_many([row.pk for row in rows], by=request.user)
    undo = f"{reverse('desk:todos-undo')}?memory={work.memory_of_done(finished, request.user)}"
    words = ngettext("Done: %(what)s", "%(n)d to-dos done", len(finished)) % {
        "what": finished[0].subject if finished else "", "n": len(finished),
    }  # fmt: skip
    if len(finished) == 1 and (url := _next_step(request, finished[0])):
        say(request, words, undo=undo)
        return redirect(request, url)
    return done(request, words, undo=undo, back=back_of(request), **CHANGED)


def _next_step(request: HtmxHttpRequest, row: Activity) -> str:
    """Where the next step with its record is asked for; nowhere if there is one, or no record."""
    todo = todos.lines([row], request.user)[0]
    if deal := todos.deal_number(row):
        kind, pk, about = "deal", deal, About(lead=row.lead, subject_ref=row.subject_ref)
    elif row.lead_id:
        kind, pk, about = "lead", row.lead_id, About(lead=row.lead)
    elif row.company_id:
        kind, pk, about = "company", row.company_id, About(company=row.company)
    else:
        return ""
    if not todo.record.url or not may_add(request.user, about) or todos.of_record(about).exists():
        return ""
    query = request.GET.copy()
    query.clear()
    query[kind], query["after"], query["next"] = str(pk), row.subject, back_of(request)
    return f"{reverse('desk:todo-new')}?{query.urlencode()}"


@require_POST
@access("todo.edit")
def todos_undo(request: HtmxHttpRequest) -> HttpResponse:
    """They were not done after all."""
    ids = work.done_before(request.GET.get("memory", ""), by=request.user)
    reach = todos.workable(request.user, ids)
    rows = activities.reopen_many(reach, by=request.user)
    if not rows:
        raise Invalid(_("There is nothing to take back."))
    return done(request, _("Open again"), back=back_of(request), **CHANGED)


@require_POST
@access("todo.edit")
def todos_later(request: HtmxHttpRequest) -> HttpResponse:
    """Put them off: in an hour, tomorrow, next week, or to a time that is typed."""
    until = _until(request)
    if until is None:
        raise Invalid(_("Choose when they are due."))
    seen = typed_moment(request.POST.get("seen", ""))
    moved = work.put_off_many(_ids(chosen(request)), until=until, seen=seen, by=request.user)
    n = len(moved.rows)
    words = ngettext("Put off until %(when)s", "%(n)d put off until %(when)s", n)
    told = words % {"when": when(until), "n": n}
    undo = back_url(moved, request.user)
    return done(request, told, undo=undo, back=back_of(request), **CHANGED)


def back_url(moved: work.PutOff, user: User) -> str:
    """The address that gives them their times again; for a minute, and for who moved them."""
    return reverse("desk:todos-back", args=[work.memory_of(moved, user)])


@require_POST
@access("todo.edit")
def todos_back(request: HtmxHttpRequest, memory: str) -> HttpResponse:
    """Take back what the toast offered to take back."""
    rows = work.take_back(memory, by=request.user)
    due = rows[0].due_at if len(rows) == 1 else None
    words = _("Due %(when)s again") % {"when": when(due)} if due else _("Due as before")
    return done(request, words, back=back_of(request), **CHANGED)


def _until(request: HtmxHttpRequest) -> datetime | None:
    word = request.POST.get("until", "")
    if word != "at":
        return outcomes.later(request.user, clock.now()).get(word)
    return typed_moment(request.POST.get("at", ""))


def typed_moment(said: str) -> datetime | None:
    """A day and a time by the clock of who typed them; None for what is none."""
    try:
        typed = parse_datetime(said[:40])
    except ValueError:
        return None
    if typed is None or typed.tzinfo:
        return typed
    return instant(typed, get_current_timezone())


@require_POST
@access("todo.edit")
def todos_give(request: HtmxHttpRequest) -> HttpResponse:
    """Give them to a colleague, with a word; she is told."""
    number = request.POST.get("to", "")
    to = (
        todos.colleagues()
        .filter(pk=int(number) if number.isdecimal() and len(number) < 19 else 0)
        .first()
    )
    if to is None:
        raise Invalid(_("Choose who gets them."))
    rows = chosen(request)
    todos.check_colleague(rows, to)
    words = request.POST.get("words", "")
    given = work.give_many(_ids(rows), to=to, words=words, by=request.user)
    n = len(given.rows)
    told = ngettext("%(who)s has it now", "%(who)s has %(n)d more now", n) % {
        "who": to.name, "n": n,
    }  # fmt: skip
    memory = work.memory_of_gift(given, request.user)
    undo = reverse("desk:todos-give-back", args=[memory]) if n else ""
    return done(request, told, undo=undo, back=back_of(request), **CHANGED)


@require_POST
@access("todo.edit")
def todos_give_back(request: HtmxHttpRequest, memory: str) -> HttpResponse:
    """Take back what was given to a colleague."""
    n = len(work.take_gift_back(memory, by=request.user))
    words = ngettext("Taken back", "%(n)d taken back", n) % {"n": n}
    return done(request, words, back=back_of(request), **CHANGED)


def _ids(rows: Sequence[Activity]) -> list[int]:
    return [row.pk for row in rows]
