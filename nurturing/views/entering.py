"""The tabs beside the steps: who enters, goal and exits, sending hours; and what is no part of a version."""

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from nurturing.forms import AboutForm
from nurturing.forms.entry import TAB_FORMS
from nurturing.services import drafting, sequences
from nurturing.views.build import edited, head, seen_of, sequence_or_404


@require_http_methods(["GET", "HEAD", "POST"])
@access("sequence.edit")
def entry(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Who enters: trigger, again or once, who never, who is held out."""
    return _tab(request, pk, "entry")


@require_http_methods(["GET", "HEAD", "POST"])
@access("sequence.edit")
def goal(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The goal, and what ends it early."""
    return _tab(request, pk, "goal")


@require_http_methods(["GET", "HEAD", "POST"])
@access("sequence.edit")
def hours(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The days and hours at which mails may arrive."""
    return _tab(request, pk, "hours")


def _tab(request: HtmxHttpRequest, pk: int, tab: str) -> HttpResponseBase:
    sequence = sequence_or_404(pk)
    version = edited(sequence)
    form = TAB_FORMS[tab](request.POST or None, document=version.document)
    if form.is_bound and form.is_valid():
        part = form.part()
        drafting.change(
            sequence,
            edit=lambda document: document | part,
            by=request.user,
            seen=seen_of(request, version),
        )
        messages.success(request, _("Saved. Publish it to let it count."))
        return redirect(request, reverse(f"nurturing:{tab}", args=[pk]))
    context = head(request, sequence, tab) | {"form": form}
    return render(request, "nurturing/entry.html", context, status=form.status)


@require_http_methods(["GET", "HEAD", "POST"])
@access("sequence.edit")
def about(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Name, owner, priority."""
    sequence = sequence_or_404(pk)
    now = {"name": sequence.name, "owner": sequence.owner_id, "priority": sequence.priority}
    form = AboutForm(request.POST or None, initial=now)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        if form.attempt(lambda: sequences.rename(sequence, by=request.user, **data)):
            return redirect(request, sequence.get_absolute_url())
    context = head(request, sequence, "about") | {"form": form}
    return render(request, "nurturing/entry.html", context, status=form.status)
