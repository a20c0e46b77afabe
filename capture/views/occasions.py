"""The marketer's screens of events: the list, one event with its people, and who came."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from capture.forms.occasions import CancelForm, OccasionForm
from capture.models import Form, Occasion, Registration
from capture.selectors import occasions as selectors
from capture.services import attendance, occasions, registrations
from leadflow.errors import Invalid
from leadflow.kit import clock
from leadflow.people.access import allowed
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from leadflow.web.tables import Column, Table

MOST_AT_ONCE = 1_000
OCCASIONS = Table(
    "capture.occasions",
    columns=[
        Column("title", gettext_lazy("Event"), sort="title", always=True),
        Column("when", gettext_lazy("When"), sort="starts_at"),
        Column("state", gettext_lazy("State")),
        Column("taken", gettext_lazy("Registered"), sort="taken", align="right"),
        Column("waiting", gettext_lazy("Waiting"), sort="waiting", align="right"),
        Column("attended", gettext_lazy("Attended"), sort="attended", align="right"),
        Column("campaign", gettext_lazy("Campaign"), default=False),
    ],
    default_sort="when",
)
PEOPLE = Table(
    "capture.registrations",
    columns=[
        Column("person", gettext_lazy("Person"), sort="lead__last_name", always=True),
        Column("state", gettext_lazy("State"), sort="state"),
        Column("asked", gettext_lazy("Registered on"), sort="asked_at"),
        Column("stayed", gettext_lazy("There for"), sort="minutes", nullable=True, align="right"),
        Column("owner", gettext_lazy("Owner"), default=False),
    ],
    default_sort="asked",
)


def occasion_or_404(request: HtmxHttpRequest, pk: int) -> Any:
    """The event with its figures, where this person may see it."""
    return get_object_or_404(selectors.occasions_of(request.user), pk=pk)


@access("form.view")
@require_safe
def listing(request: HtmxHttpRequest) -> HttpResponseBase:
    """The events to come, or those that are over."""
    at = clock.now()
    rows = selectors.occasions_of(request.user)
    is_past = "past" in request.GET
    context = {
        "page": OCCASIONS.page(request, rows.past(at) if is_past else rows.upcoming(at)),
        "is_past": is_past,
        "has_any": Occasion.objects.visible_to(request.user).exists(),
        "can_edit": allowed(request.user, "form.edit"),
    }
    return render(request, "capture/occasions.html", context)


@access("form.edit")
def new(request: HtmxHttpRequest) -> HttpResponseBase:
    """Plan an event."""
    form = OccasionForm(request.POST or None)
    if form.is_valid() and form.attempt(
        lambda: occasions.plan(values=form.values, by=request.user)
    ):
        messages.success(request, _("Planned. Now put it into a form."))
        return redirect(request, form.result.get_absolute_url())
    return render(request, "capture/occasion_edit.html", {"form": form}, status=form.status)


@access("form.view")
@require_safe
def one(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """One event: its numbers, its forms, the people who registered."""
    row = occasion_or_404(request, pk)
    state = request.GET.get("state", "")
    people = selectors.people_of(row, request.user, state)
    can_read = allowed(request.user, "answer.view")
    context = {
        "row": row,
        "when": selectors.in_words(row),
        "show_rate": selectors.show_rate(row.attended, row.judged),
        "forms": Form.objects.visible_to(request.user).filter(occasion=row),
        "page": PEOPLE.page(request, people) if can_read else None,
        "states": Registration.State.choices,
        "state": state,
        "can_read": can_read,
        "can_edit": allowed(request.user, "form.edit"),
        "cancel": CancelForm(),
        "told": selectors.told_when_cancelled(row),
    }
    return render(request, "capture/occasion.html", context)


@access("form.edit")
def edit(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Change an event; who has a place is told of a new time, place or link."""
    row = occasion_or_404(request, pk)
    found = Occasion.objects.visible_to(request.user).get(pk=row.pk)
    form = OccasionForm(request.POST or None, instance=found)
    if form.is_valid() and form.attempt(
        lambda: occasions.change(occasion=row, values=form.values, by=request.user)
    ):
        messages.success(request, _("Saved."))
        return redirect(request, row.get_absolute_url())
    context = {"form": form, "row": row}
    return render(request, "capture/occasion_edit.html", context, status=form.status)


@access("form.edit")
@require_POST
def cancel(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """It does not take place; everybody is told."""
    row = occasion_or_404(request, pk)
    form = CancelForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("The note is longer than 500 characters. Shorten it."))
    told = selectors.told_when_cancelled(row)
    occasions.cancel(occasion=row, by=request.user, note=form.cleaned_data["note"])
    words = ngettext(
        "Cancelled. %(n)d person is told by email.",
        "Cancelled. %(n)d people are told by email.",
        told,
    )
    messages.success(request, words % {"n": told})
    return redirect(request, row.get_absolute_url())


@access("form.edit")
@require_POST
def copy(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The same event once more, some weeks on."""
    made = occasions.copy(occasion=occasion_or_404(request, pk), by=request.user)
    messages.success(request, _("A copy, with nobody registered. Check its time."))
    return redirect(request, reverse("capture:occasion-edit", args=[made.pk]))


@access("form.edit")
@require_POST
def mark(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The chosen people came, or did not; or nobody else came."""
    row = occasion_or_404(request, pk)
    told = request.POST.get("mark", "")
    if told == "close":
        done = attendance.close(occasion=row, by=request.user)
    elif told in ("attended", "missed"):
        ids = _chosen(request)
        done = attendance.mark(occasion=row, ids=ids, came=told == "attended", by=request.user)
    else:
        raise Invalid(_("Say whether these people came or not."))
    words = ngettext("%(n)d person marked.", "%(n)d people marked.", done)
    messages.success(request, words % {"n": done})
    return redirect(request, row.get_absolute_url())


@access("form.edit")
@require_POST
def give_back(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take the chosen people off the event: they said that they do not come."""
    row = occasion_or_404(request, pk)
    people = Registration.objects.visible_to(request.user).filter(
        occasion=row, pk__in=_chosen(request)
    )
    done = sum(registrations.give_back(one) for one in people.order_by("pk"))
    words = ngettext("%(n)d place given back.", "%(n)d places given back.", done)
    messages.success(request, words % {"n": done})
    return redirect(request, row.get_absolute_url())


def _chosen(request: HtmxHttpRequest) -> list[int]:
    told = request.POST.getlist("ids")
    ids = [int(one) for one in told if one.isascii() and one.isdigit() and len(one) < 19]
    if not ids:
        raise Invalid(_("Choose at least one person."))
    return ids[:MOST_AT_ONCE]
