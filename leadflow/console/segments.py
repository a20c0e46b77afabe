"""Segments: the list, the rule with its live count, and who is in one."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leadflow.conditions import fields
from leadflow.conditions.language import explain, parse
from leadflow.errors import Invalid
from leadflow.models import Lead
from leadflow.people.access import allowed
from leadflow.segments import selectors, services
from leadflow.segments.models import Segment, SegmentMember
from leadflow.web.forms import StaffForm
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect, render_part
from leadflow.web.rules import ConditionField

PAGE = 50
MOST_AT_ONCE = 10_000


class SegmentForm(StaffForm):
    """A segment: its name and, where a rule keeps it, the rule."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    description = forms.CharField(
        label=gettext_lazy("What it is for"), max_length=300, required=False
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kept"), choices=Segment.Kind.choices, widget=forms.RadioSelect
    )
    condition = ConditionField("lead", label=gettext_lazy("Who is in it"))

    def __init__(self, *args: Any, segment: Segment | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if segment is not None:
            del self.fields["kind"]
            if not segment.is_dynamic:
                del self.fields["condition"]


@dataclass(frozen=True)
class Page:
    """One page of people, keyed by the id that it begins after."""

    rows: list[SegmentMember]
    count_words: str
    next_url: str
    previous_url: str = ""


def _segment_or_404(pk: int) -> Segment:
    return get_object_or_404(Segment.objects.living(), pk=pk)


@require_safe
@access("segment.view")
def segment_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """Every segment with how many are in it."""
    context = {
        "rows": Segment.objects.living().select_related("created_by"),
        "can_edit": allowed(request.user, "segment.edit"),
    }
    return render(request, "segments/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@access("segment.edit")
def new(request: HtmxHttpRequest) -> HttpResponseBase:
    """Make a segment."""
    form = SegmentForm(request.POST or None, initial={"kind": Segment.Kind.DYNAMIC})
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        if form.attempt(lambda: services.create(by=request.user, **data)):
            return redirect(request, form.result.get_absolute_url())
    return render(request, "segments/form.html", {"form": form}, status=form.status)


@require_http_methods(["GET", "HEAD", "POST"])
@access("segment.edit")
def edit(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Change name and rule."""
    segment = _segment_or_404(pk)
    now = {
        "name": segment.name,
        "description": segment.description,
        "condition": segment.rule,
    }
    form = SegmentForm(request.POST or None, initial=now, segment=segment)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        if form.attempt(lambda: services.edit(segment, by=request.user, **data)):
            return redirect(request, segment.get_absolute_url())
    context = {"form": form, "segment": segment}
    return render(request, "segments/form.html", context, status=form.status)


@require_safe
@access("segment.view")
def members(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Who is in it."""
    segment = _segment_or_404(pk)
    context = {
        "segment": segment,
        "sentence": _sentence(segment),
        "page": _page(request, segment),
        "can_edit": allowed(request.user, "segment.edit"),
        "can_enrol": allowed(request.user, "sequence.enrol"),
    }
    return render_part(request, "segments/members.html", "rows", context)


def _sentence(segment: Segment) -> str:
    if not segment.is_dynamic:
        return ""
    catalogue = fields.catalogue("lead")
    try:
        return explain(parse(segment.rule, catalogue, check_values=False), catalogue)
    except Invalid as error:
        return error.message


def _page(request: HtmxHttpRequest, segment: Segment) -> Page:
    rows = selectors.members(segment, request.user)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: PAGE + 1])
    kept = found[:PAGE]
    more = f"?before={kept[-1].pk}" if len(found) > PAGE else ""
    count = ngettext("%(n)s person on this page", "%(n)s people on this page", len(kept))
    return Page(kept, count % {"n": len(kept)}, more, "?" if before else "")


def _ids(request: HtmxHttpRequest) -> list[int]:
    given = request.POST.getlist("ids")[:MOST_AT_ONCE]
    wanted = {int(one) for one in given if one.isascii() and one.isdigit() and len(one) < 19}
    rows = Lead.objects.visible_to(request.user).filter(pk__in=wanted)
    return list(rows.values_list("pk", flat=True))


@require_POST
@access("segment.edit")
def add(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Put leads into a list that is kept by hand."""
    segment = _segment_or_404(pk)
    added = services.add_many(segment, lead_ids=_ids(request), by=request.user)
    words = ngettext("%(n)s lead added.", "%(n)s leads added.", added) % {"n": added}
    messages.success(request, words)
    return redirect(request, segment.get_absolute_url())


@require_POST
@access("segment.edit")
def remove(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take leads out of a list that is kept by hand."""
    segment = _segment_or_404(pk)
    gone = services.remove_many(segment, lead_ids=_ids(request), by=request.user)
    words = ngettext("%(n)s lead taken out.", "%(n)s leads taken out.", gone) % {"n": gone}
    messages.success(request, words)
    return redirect(request, segment.get_absolute_url())


@require_POST
@access("segment.edit")
def archive(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Put the segment away; refused while a rule asks about it."""
    segment = _segment_or_404(pk)
    services.archive(segment, by=request.user)
    messages.success(request, _("“%(name)s” was put away.") % {"name": segment.name})
    return redirect(request, "/segments/")
