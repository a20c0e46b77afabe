"""The versions of a sequence: who published what and when, and the way back to one."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from leadflow.rulesets.models import RuleVersion
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect, render_part
from nurturing import rules, selectors
from nurturing.forms.entry import PublishForm
from nurturing.models import Sequence
from nurturing.services import comparing, drafting, migrating
from nurturing.services.steps import step_name
from nurturing.views.build import edited, head, sequence_or_404

MOST = 100


def publish_form(live: RuleVersion | None, number: int, data: Any = None) -> PublishForm:
    """What is asked before version `number` replaces the one that runs."""
    document = live.document if live else {"steps": []}
    steps = [(str(one["id"]), step_name(one)) for one in rules.all_steps(document["steps"])]
    return PublishForm(data, steps=steps, number=number)


@require_safe
@access("sequence.edit")
def moving(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """What moving the people inside to the draft would do, by today's data."""
    sequence = sequence_or_404(pk)
    version = edited(sequence)
    past = request.GET.get("unless_past", "")[:16]
    told = migrating.preview(sequence, version.document, unless_past=past, but=version.pk)
    names = {str(one["id"]): step_name(one) for one in rules.all_steps(version.document["steps"])}
    context = head(request, sequence, "check") | {
        "told": told,
        "places": [(names.get(step) or _("The end"), n) for step, n in told.places.most_common(8)],
    }
    return render_part(request, "nurturing/moving.html", "told", context)


@require_safe
@access("sequence.view")
def compare(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """What is different between two versions, in words; the last two where none are named."""
    sequence = sequence_or_404(pk)
    last = edited(sequence).number
    new = _version_or_404(sequence, request.GET.get("to") or str(last))
    old = _version_or_404(sequence, request.GET.get("from") or str(max(1, new.number - 1)))
    context = head(request, sequence, "versions") | {
        "old": old,
        "new": new,
        "changes": comparing.differences(old.document, new.document),
        "numbers": list(
            sequence.rule_set.versions.order_by("-number").values_list("number", flat=True)[:MOST]
        ),
    }
    return render(request, "nurturing/compare.html", context)


def _version_or_404(sequence: Sequence, number: str) -> RuleVersion:
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Http404
    return get_object_or_404(sequence.rule_set.versions, number=int(number))


@require_safe
@access("sequence.view")
def versions(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Every version, the newest first, with who is inside."""
    sequence = sequence_or_404(pk)
    all_rows = sequence.rule_set.versions.select_related("published_by", "saved_by")
    rows = list(all_rows.defer("document").order_by("-number")[:MOST])
    before = [row.number for row in rows[1:]] + [0]
    inside = selectors.inside_versions(sequence, request.user)
    context = head(request, sequence, "versions") | {
        "versions": [
            (row, inside.get(row.pk, 0), old) for row, old in zip(rows, before, strict=True)
        ],
    }
    return render(request, "nurturing/versions.html", context)


@require_POST
@access("sequence.edit")
def restore(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take what an older version says as the draft; nobody enters by it before it is published."""
    sequence, number = sequence_or_404(pk), request.POST.get("number", "")
    version = _version_or_404(sequence, number)
    drafting.change(sequence, edit=lambda _now: dict(version.document), by=request.user)
    messages.success(request, _("The draft says now what version %(n)s says.") % {"n": number})
    return redirect(request, sequence.get_absolute_url())
