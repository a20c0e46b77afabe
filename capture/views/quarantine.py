"""What was set aside as suspect: the list with its reasons, the way back, and the way out."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from capture import selectors
from capture.models import Submission, SubmissionQuerySet, VisitorPolicy
from capture.selectors import suspects
from capture.services import quarantine
from leadflow.errors import Invalid
from leadflow.people.access import allowed
from leadflow.web.filters import Filter, FilterSet
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from leadflow.web.tables import Column, Table

MOST_AT_ONCE = 500
HELD = Table(
    "capture.quarantine",
    columns=[
        Column("at", gettext_lazy("Received"), sort="received_at", always=True),
        Column("why", gettext_lazy("Why")),
        Column("told", gettext_lazy("Answers")),
        Column("form", gettext_lazy("Form")),
        Column("act", gettext_lazy("Not spam?"), align="right"),
    ],
    default_sort="-at",
)
FILTERS = FilterSet(
    [
        Filter(
            "why",
            gettext_lazy("Why"),
            "reason__contains",
            choices=lambda: list(suspects.REASONS.items()),
            many=False,
        ),
        Filter("form", gettext_lazy("Form"), "form__in", choices=suspects.forms_held),
    ]
)


def held_for(request: HtmxHttpRequest) -> SubmissionQuerySet:
    """What stands in the quarantine and this person may see."""
    rows = Submission.objects.visible_to(request.user)
    return rows.filter(state=Submission.State.QUARANTINED).select_related("form", "version")


@access("quarantine.decide")
@require_safe
def held(request: HtmxHttpRequest) -> HttpResponseBase:
    """Everything that was set aside, newest first."""
    rows = held_for(request)
    applied = FILTERS.read(request)
    page = HELD.page(request, applied.narrow(rows))
    context = {
        "page": page,
        "applied": applied,
        "lines": [(row, suspects.reasons_of(row), selectors.told(row)[:3]) for row in page.rows],
        "has_any": bool(page.rows) or rows.exists(),
        "days": VisitorPolicy.current().quarantine_days,
        "may_set": allowed(request.user, "settings.edit"),
    }
    return render(request, "capture/quarantine.html", context)


@access("quarantine.decide")
@require_POST
def restore(request: HtmxHttpRequest) -> HttpResponse:
    """Make leads of the chosen answers."""
    ids = _chosen(request)
    done = quarantine.restore_many(held_for(request), ids=ids, by=request.user)
    words = ngettext(
        "%(n)d answer went on its way to become a lead.",
        "%(n)d answers went on their way to become leads.",
        done,
    )
    if done:
        messages.success(request, words % {"n": done})
    if done < len(ids):
        left = _("%(n)d could not be taken back; they wait under Answers with the reason.")
        messages.error(request, left % {"n": len(ids) - done})
    return redirect(request, reverse("capture:quarantine"))


@access("quarantine.decide")
@require_POST
def delete(request: HtmxHttpRequest) -> HttpResponse:
    """Delete the chosen answers for good."""
    gone = quarantine.delete_many(held_for(request), ids=_chosen(request), by=request.user)
    words = ngettext("%(n)d suspect answer deleted.", "%(n)d suspect answers deleted.", gone)
    messages.success(request, words % {"n": gone})
    return redirect(request, reverse("capture:quarantine"))


def _chosen(request: HtmxHttpRequest) -> list[int]:
    told = request.POST.getlist("only") or request.POST.getlist("ids")
    ids = [int(one) for one in told if one.isascii() and one.isdigit() and len(one) < 19]
    if not ids:
        raise Invalid(_("Choose at least one answer."))
    return ids[:MOST_AT_ONCE]
