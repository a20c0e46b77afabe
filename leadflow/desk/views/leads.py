"""The list of leads, and what is done to many at once."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from leadflow.desk import quality
from leadflow.desk.cells import Look
from leadflow.desk.forms import (
    CountryForm,
    NewLeadForm,
    OwnerForm,
    SourceForm,
)
from leadflow.desk.owners import owners_for
from leadflow.desk.saying import but_stayed
from leadflow.desk.tables import LEAD_FILTERS, LEADS, NOBODY, drawn, leads_of, standard_tabs
from leadflow.desk.views.board import held_words, undo_url
from leadflow.desk.views.planning import planned_for_many
from leadflow.desk.views.provided import in_words
from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.models import Lead, LeadStage
from leadflow.people.access import Scope, allowed, require, scope_of, within
from leadflow.people.models import User
from leadflow.services import leads, lookups, notes, todos
from leadflow.web import board as kanban
from leadflow.web import csv, inplace, rules, saved_views
from leadflow.web.filters import Applied, Choices
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, back_to, done, redirect, say

MOST_AT_ONCE = 5_000
MOST_TODOS = 500
EXPORTED = [
    "first_name", "last_name", "email", "phone", "job_title", "company", "city", "country", "stage",
    "score", "source", "owner", "created_at", "last_activity_at",
]  # fmt: skip


@access("lead.view")
def lead_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """Leads that the user may see, as the URL filters and sorts them."""
    rows, applied, rule = narrowed(request)
    page = LEADS.page(request, drawn(rows))
    found = bool(page.rows) or bool(request.GET.get("after"))
    context = {
        "page": page,
        "body": page.drawn(Look.of(request.user), pick=True),
        "applied": applied,
        "rule": rule,
        "tabs": saved_views.fixed(request, standard_tabs(request.user)),
        "views": saved_views.tabs(request, request.user, LEADS.key),
        "best": None if found else applied.best_to_drop(leads_of(request.user)),
        "is_empty": not found and not applied.chips and not rule.sentence,
        "owners": assignable(request.user, applied),
        "stages": LeadStage.choices,
        "sources": applied.choices("source"),
        "cells": inplace.cells_of(request.user, LEADS, "desk:lead-cell"),
        "may": {
            name: allowed(request.user, f"lead.{name}")
            for name in ("assign", "advance", "delete", "export", "add", "edit")
        }
        | {"enrol": allowed(request.user, "sequence.enrol")},
        "query": request.GET.urlencode(),
        "state": kanban.state_of(request),
    }
    return render(request, "desk/leads.html", context)


def assignable(user: User, applied: Applied) -> Choices:
    """To whom the bulk action may give leads: whom the filter offers, if everybody is."""
    if scope_of(user, "lead.assign") == Scope.ALL:
        return [(key, name) for key, name in applied.choices("owner") if key != NOBODY[0]]
    if not allowed(user, "lead.assign"):
        return []
    return [(str(key), name) for key, name in owners_for(user).values_list("pk", "name")]


def narrowed(request: HtmxHttpRequest) -> tuple[QuerySet[Lead], Applied, rules.Asked]:
    """The rows that the URL asks for, its chips, and its rule."""
    applied = LEAD_FILTERS.read(request)
    rows, rule = applied.narrow(leads_of(request.user)), rules.asked(request, "lead")
    return rows if rule.where is None else rows.filter(rule.where), applied, rule


@access("lead.edit")
def cell(request: HtmxHttpRequest, pk: int, column: str) -> HttpResponse:
    """Change one value of one lead where it stands in the list."""
    rows = leads_of(request.user)
    lead = get_object_or_404(rows, pk=pk)
    look = Look.of(request.user)
    return inplace.cell(
        request, LEADS, column, lead, look, lambda: rows.get(pk=pk), _("Lead changed")
    )


@access("lead.add")
def lead_new(request: HtmxHttpRequest) -> HttpResponseBase:
    """Add a person by hand; a known address opens the lead that has it."""
    form = NewLeadForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and form.attempt(lambda: _create(request, form))
    ):
        outcome = form.result
        if not outcome.created:
            messages.info(request, _("This person was known already. Blanks were filled."))
        return redirect(request, outcome.lead.get_absolute_url())
    return render(request, "desk/lead_new.html", {"form": form}, status=form.status)


def _create(request: HtmxHttpRequest, form: NewLeadForm) -> leads.Outcome:
    values = form.values()
    if not any(values.get(key) for key in ("email", "phone", "last_name", "first_name")):
        raise Invalid(
            _("Say who it is."), {"last_name": [_("Enter a name, an email or a phone number.")]}
        )
    outcome = leads.create_or_merge(
        fields={k: v for k, v in values.items() if v},
        company_name=form.cleaned_data["company_name"],
        via="hand",
        by=request.user,
    )
    if outcome.created and allowed(request.user, "lead.add") and request.user.role == "rep":
        leads.assign(outcome.lead, owner=request.user, by=request.user, reason="added")
    return outcome


def chosen(request: HtmxHttpRequest, permission: str) -> QuerySet[Lead]:
    """The leads that a bulk action is about, as far as the permission reaches.

    `ids` names rows; `all=1` means every row of the list as its query filters it.
    """
    reach = within(request.user, permission)
    if request.POST.get("all") == "1":
        request.GET = _query_of(request)  # type: ignore[assignment]
        rows, _applied, _rule = narrowed(request)
        return rows.filter(reach)
    ids = [int(i) for i in request.POST.getlist("ids") if i.isdecimal() and len(i) < 19]
    return Lead.objects.visible_to(request.user).filter(reach, pk__in=ids)


def _query_of(request: HtmxHttpRequest) -> QueryDict:
    return QueryDict(request.POST.get("query", "")[:8_000])


def ids_of(rows: QuerySet[Lead]) -> list[int]:
    """Their ids; Invalid where there are none, or more than one act may change."""
    ids = list(rows.order_by().values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    if not ids:
        raise Invalid(_("None of these leads is yours to change. Choose others."))
    if len(ids) > MOST_AT_ONCE:
        raise Invalid(_("At most 5,000 leads at once. Filter the list further."))
    return ids


def _back(request: HtmxHttpRequest, message: str, undo: str = "") -> HttpResponse:
    """To where it was done, with what became of it; `undo` is the address that takes it back."""
    here = _where(request)
    say(request, message, undo=f"{undo}?{urlencode({'next': here})}" if undo else "")
    return redirect(request, here)


def _where(request: HtmxHttpRequest) -> str:
    if (fault := request.POST.get("fault", "")) in quality.KEYS:
        return reverse("desk:quality-fault", args=[fault])
    query = _query_of(request)
    return back_to(request, "/leads/" + (f"?{query.urlencode()}" if query else ""))


def _undo_of(what: str, at: datetime, request: HtmxHttpRequest, name: str = "") -> str:
    memory = leads.memory_of_act(what, at=at, by=request.user, name=name)
    return reverse("desk:bulk-undo", args=[memory])


@require_POST
@access("lead.edit")
def bulk_undo(request: HtmxHttpRequest, memory: str) -> HttpResponse:
    """Take back what was done to many a moment ago; the token says what, and that she did it."""
    taken = leads.take_back(memory, by=request.user)
    said = ngettext("%(n)d lead is as it was", "%(n)d leads are as they were", taken.back) % {
        "n": taken.back
    }
    return done(
        request, said + but_stayed(taken.stay), back=back_to(request, reverse("desk:leads"))
    )


@require_POST
@access("lead.assign")
def bulk_assign(request: HtmxHttpRequest) -> HttpResponse:
    """Give the chosen leads to one owner."""
    form = OwnerForm(request.POST, user=request.user)
    if not form.is_valid():
        raise Invalid(_("Choose who gets these leads."))
    owner = form.cleaned_data["owner"]
    ids = ids_of(chosen(request, "lead.assign"))
    at = clock.now()
    moved = leads.assign_many(
        owners=dict.fromkeys(ids, owner), by=request.user, reason="hand", at=at
    )
    words = ngettext("%(n)d lead is now %(who)s’s", "%(n)d leads are now %(who)s’s", len(moved))
    said = words % {"n": len(moved), "who": owner.first_name}
    return _back(request, said, _undo_of("owner", at, request) if moved else "")


@require_POST
@access("lead.advance")
def bulk_stage(request: HtmxHttpRequest) -> HttpResponse:
    """Move the chosen leads to a stage, where the lifecycle allows it."""
    to = request.POST.get("to", "")
    if to not in LeadStage.values:
        raise Invalid(_("Choose a stage."))
    ids = ids_of(chosen(request, "lead.advance"))
    moved = leads.move_many(lead_ids=ids, to=to, by=request.user)
    count = {"n": len(moved.leads), "all": len(ids), "stage": LeadStage(to).label}
    said = _("%(n)d of %(all)d leads moved to %(stage)s") % count + held_words(moved)
    return _back(request, said, undo_url(moved, request.user) if moved.leads else "")


@require_POST
@access("lead.edit")
def bulk_source(request: HtmxHttpRequest) -> HttpResponse:
    """Say where the chosen leads came from; what they were is remembered."""
    form = SourceForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("Choose a source."))
    source, at = form.cleaned_data["source"], clock.now()
    changed = leads.set_source_many(
        lead_ids=ids_of(chosen(request, "lead.edit")), source=source, by=request.user, at=at
    )
    words = ngettext("%(n)d lead is from %(source)s", "%(n)d leads are from %(source)s", changed)
    said = words % {"n": changed, "source": source.name}
    return _back(request, said, _undo_of("source", at, request) if changed else "")


@require_POST
@access("lead.edit")
def bulk_country(request: HtmxHttpRequest) -> HttpResponse:
    """Say where the chosen leads are; what was known is remembered."""
    form = CountryForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("Name a country by its two letters, such as DE."))
    country, at = form.cleaned_data["country"], clock.now()
    changed = leads.set_country_many(
        lead_ids=ids_of(chosen(request, "lead.edit")), country=country, by=request.user, at=at
    )
    words = ngettext("%(n)d lead is in %(country)s", "%(n)d leads are in %(country)s", changed)
    said = words % {"n": changed, "country": country}
    return _back(request, said, _undo_of("country", at, request) if changed else "")


@require_POST
@access("lead.edit")
def bulk_meant(request: HtmxHttpRequest) -> HttpResponse:
    """Put mistyped addresses right as their owners perhaps meant them; what stood there is remembered."""
    at = clock.now()
    changed, left = leads.set_meant_many(
        lead_ids=ids_of(chosen(request, "lead.edit")), by=request.user, at=at
    )
    said = ngettext("%(n)d address put right", "%(n)d addresses put right", changed) % {
        "n": changed
    }
    if left:
        said += ". " + ngettext(
            "%(n)d belongs to another lead: merge the two",
            "%(n)d belong to other leads: merge each pair",
            left,
        ) % {"n": left}
    return _back(request, said, _undo_of("email", at, request) if changed else "")


@require_POST
@access("lead.edit")
def bulk_lookup(request: HtmxHttpRequest) -> HttpResponse:
    """Ask what is known of the chosen leads; only blanks are filled."""
    found = lookups.look_up(lead_ids=ids_of(chosen(request, "lead.edit")), by=request.user)
    return _back(request, in_words(found))


@require_POST
@access("tag.edit")
def bulk_tag(request: HtmxHttpRequest) -> HttpResponse:
    """Put a tag on the chosen leads."""
    name = request.POST.get("name", "").strip()
    if not name:
        raise Invalid(_("Give the tag a name."))
    at = clock.now()
    put = notes.tag_many(
        lead_ids=ids_of(chosen(request, "tag.edit")), names=[name], by=request.user, at=at
    )
    said = _("“%(tag)s” put on %(n)d leads") % {"tag": name, "n": put}
    return _back(request, said, _undo_of("tag", at, request, name) if put else "")


@require_POST
@access("todo.edit")
def bulk_todo(request: HtmxHttpRequest) -> HttpResponse:
    """Plan the same to-do for each of the chosen leads; it is for her owner, else for who plans it."""
    require(request.user, "activity.add")
    plan = planned_for_many(request)
    ids = ids_of(chosen(request, "activity.add"))
    if len(ids) > MOST_TODOS:
        raise Invalid(_("At most 500 to-dos at once."))
    rows = list(
        Lead.objects.visible_to(request.user)
        .filter(pk__in=ids)
        .select_related("owner")
        .order_by("pk")
    )
    made = todos.add_for_leads(plan, leads=rows, by=request.user)
    words = ngettext("%(n)d to-do planned", "%(n)d to-dos planned", len(made))
    return _back(request, words % {"n": len(made)})


@require_POST
@access("lead.delete")
def bulk_delete(request: HtmxHttpRequest) -> HttpResponse:
    """Put the chosen leads in the trash."""
    at = clock.now()
    gone = leads.trash_many(lead_ids=ids_of(chosen(request, "lead.delete")), by=request.user, at=at)
    words = ngettext(
        "%(n)d lead is in the trash for 30 days",
        "%(n)d leads are in the trash for 30 days",
        len(gone),
    )
    return _back(request, words % {"n": len(gone)}, _undo_of("trash", at, request) if gone else "")


@require_POST
@access("lead.export")
def export(request: HtmxHttpRequest) -> HttpResponseBase:
    """The picked leads as a file, else the list as the URL filters it; a matter of record."""
    if "ids" in request.POST or "all" in request.POST:
        picked = chosen(request, "lead.export").values("pk")
        rows = leads_of(request.user).filter(pk__in=picked)
    else:
        rows, _applied, _rule = narrowed(request)
        rows = rows.filter(within(request.user, "lead.export"))
    record_export(request, "leads", rows)
    return csv.export("leads", EXPORTED, lines(rows.order_by("pk")))


def record_export(request: HtmxHttpRequest, what: str, rows: QuerySet[Any]) -> None:
    """Who took how many rows out, and when."""
    with transaction.atomic():
        count = rows.order_by().count()
        record(Kind.DATA_EXPORTED, by=request.user, data={"what": what, "rows": count})


def lines(rows: QuerySet[Lead]) -> Iterator[list[Any]]:
    """The cells of each lead, in the order of EXPORTED."""
    for lead in rows.iterator(chunk_size=2_000):
        yield [_cell(lead, name) for name in EXPORTED]


def _cell(lead: Lead, name: str) -> Any:
    if name in ("company", "source", "owner"):
        related = getattr(lead, name)
        return str(related) if related else ""
    return lead.score.cell if name == "score" else getattr(lead, name)
