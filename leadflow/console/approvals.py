"""The inbox of what waits for a manager's yes, and her answer."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from leadflow.approvals import services
from leadflow.approvals.models import Approval
from leadflow.kit import clock
from leadflow.people.access import require
from leadflow.web.forms import StaffForm
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done

MOST = 200


class DecisionForm(StaffForm):
    """Yes or no, and why."""

    verdict = forms.ChoiceField(
        label=lazy("Answer"),
        choices=[("yes", lazy("Approve")), ("no", lazy("Refuse"))],
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label=lazy("Words to whoever asked"),
        max_length=2_000,
        required=False,
        help_text=lazy("A refusal needs them."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_safe
@access("approval.view")
def inbox(request: HtmxHttpRequest) -> HttpResponse:
    """What waits, the oldest first; with `?tab=decided` what was decided, the newest first."""
    decided = request.GET.get("tab") == "decided"
    rows = Approval.objects.visible_to(request.user).select_related("asked_by", "decided_by")
    if decided:
        rows = rows.exclude(state=Approval.State.ASKED).order_by("-asked_at", "-pk")
    else:
        rows = rows.waiting(clock.now()).order_by("asked_at", "pk")
    return render(request, "console/approvals.html", {"rows": rows[:MOST], "decided": decided})


@access("approval.view")
def one(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """One request; a post answers it."""
    rows = Approval.objects.visible_to(request.user).select_related(
        "asked_by", "decided_by", "decider"
    )
    row = get_object_or_404(rows, pk=pk)
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(request.user, "approval.decide", row)
    if form.is_bound and form.is_valid():
        values = form.cleaned_data
        if form.attempt(
            lambda: services.decide(
                row, is_approved=values["verdict"] == "yes", words=values["words"], by=request.user
            )
        ):
            return done(request, _("Decided."), back=reverse("approvals:inbox"))
    is_waiting = row.state == Approval.State.ASKED and row.expires_at > clock.now()
    can_decide = is_waiting and services.may_decide(row, request.user)
    context = {"row": row, "form": form, "is_waiting": is_waiting, "can_decide": can_decide}
    return render(request, "console/approval.html", context, status=form.status)
