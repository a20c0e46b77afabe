"""Settings, Marketing mail: how much anybody gets, when, and who gets none."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from leadflow.segments.models import Segment
from leadflow.web.forms import StaffModelForm, TimeInput
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from nurturing import selectors
from nurturing.models import MailPolicy
from nurturing.services import policy

_WEEK = [(0, _("Mon")), (1, _("Tue")), (2, _("Wed")), (3, _("Thu")), (4, _("Fri")), (5, _("Sat")), (6, _("Sun"))]  # fmt: skip


class PolicyForm(StaffModelForm):
    """The one row of what holds for all marketing mail."""

    days = forms.TypedMultipleChoiceField(
        label=_("Days"), choices=_WEEK, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    opens = forms.TimeField(label=_("From"), widget=TimeInput(format="%H:%M"))
    closes = forms.TimeField(label=_("To"), widget=TimeInput(format="%H:%M"))
    never = forms.ModelMultipleChoiceField(
        Segment.objects.none(),
        label=_("Segments that get none"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Whoever is in one of them gets no marketing mail and enters no sequence."),
    )

    class Meta:
        model = MailPolicy
        fields = (
            "per_day", "per_week", "fresh_days", "days", "opens", "closes", "never", "competitors",
            "free_send", "approver",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["approver"].queryset = selectors.approvers()  # type: ignore[attr-defined]
        self.fields["never"].queryset = selectors.living_segments()  # type: ignore[attr-defined]

    def _post_clean(self) -> None:
        """The service checks and writes; the row in hand stays as it is."""

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        data = dict(self.cleaned_data)
        return data | {name: data[name].strftime("%H:%M") for name in ("opens", "closes")}


@require_http_methods(["GET", "HEAD", "POST"])
@access("settings.edit")
def mail_policy(request: HtmxHttpRequest) -> HttpResponse:
    """Caps, sending hours to begin with, suppression."""
    form = PolicyForm(request.POST or None, instance=MailPolicy.current())
    if form.is_bound and form.is_valid():
        values = form.values()
        if form.attempt(lambda: policy.change(by=request.user, **values)):
            messages.success(request, _t("Saved"))
            return redirect(request, request.path)
    return render(request, "nurturing/policy.html", {"form": form}, status=form.status)
