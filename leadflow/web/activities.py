"""What people type about a call, a meeting or the next step, wherever they do: on a lead or on a deal."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from leadflow.models import Activity
from leadflow.web.forms import DateTimeInput, StaffForm


class ActivityForm(StaffForm):
    """Something done, or the next step: with a due time it is planned, without it is logged."""

    kind = forms.ChoiceField(label=_("What"), choices=Activity.Kind.choices)
    subject = forms.CharField(label=_("In a few words"), max_length=200)
    body = forms.CharField(
        label=_("Notes"),
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        max_length=10_000,
    )
    outcome = forms.CharField(label=_("Outcome"), max_length=60, required=False)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=0, max_value=1_440, required=False)
    due_at = forms.DateTimeField(
        label=_("Due"),
        widget=DateTimeInput,
        required=False,
        help_text=_("Leave it empty to log what happened already."),
    )


class DoneForm(ActivityForm):
    """What a dialog asks of something done."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        done = [choice for choice in Activity.Kind.choices if choice[0] != Activity.Kind.TODO]
        self.fields["kind"].choices = done  # type: ignore[attr-defined]

    @property
    def helper(self) -> FormHelper:
        """No due time: that would be a plan."""
        helper = super().helper
        helper.layout = Layout("kind", "subject", "outcome", "body")
        return helper


class NextForm(ActivityForm):
    """What a dialog asks of the next step."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].initial = Activity.Kind.TODO
        self.fields["due_at"].required, self.fields["due_at"].help_text = True, ""

    @property
    def helper(self) -> FormHelper:
        """A step without a due time is never late, so it is asked."""
        helper = super().helper
        helper.layout = Layout("kind", "subject", "due_at")
        return helper


class ThenForm(StaffForm):
    """How it went, and what comes next: asked when something is done or logged on a deal."""

    outcome = forms.CharField(label=_("Outcome"), max_length=60, required=False)
    body = forms.CharField(
        label=_("Notes"),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        max_length=10_000,
    )
    next_kind = forms.ChoiceField(
        label=_("Next step"),
        choices=Activity.Kind.choices,
        initial=Activity.Kind.CALL,
        required=False,
    )
    next_subject = forms.CharField(
        label=_("What is next, in a few words"), max_length=200, required=False
    )
    next_due_at = forms.DateTimeField(label=_("When"), widget=DateTimeInput, required=False)

    def clean(self) -> dict[str, Any]:
        """A next step has words and a time; without both there is none."""
        values = super().clean() or {}
        subject, due = values.get("next_subject"), values.get("next_due_at")
        if subject and not due and "next_due_at" not in self.errors:
            self.add_error("next_due_at", _("Say when."))
        if due and not subject:
            self.add_error("next_subject", _("Say what is next."))
        return values


class LogForm(ThenForm):
    """Something that happened, how it went, and what comes next."""

    kind = forms.ChoiceField(
        label=_("What"),
        choices=[one for one in Activity.Kind.choices if one[0] != Activity.Kind.TODO],
    )
    subject = forms.CharField(label=_("In a few words"), max_length=200)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=0, max_value=1_440, required=False)
    field_order: tuple[str, ...] = ("kind", "subject", "outcome", "minutes", "body")
