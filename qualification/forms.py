"""The forms of the score model: one rule at a time."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leadflow.conditions import fields
from leadflow.web.forms import StaffForm
from leadflow.web.rules import ConditionField

MOST = 100


def _points() -> forms.FloatField:
    return forms.FloatField(
        label=_("Points"), min_value=-MOST, max_value=MOST,
        help_text=_("From −100 to 100. Fit and engagement each end at 100."),
    )  # fmt: skip


class AttributeForm(StaffForm):
    """Points for who somebody is."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Reps read it on the receipt of a score.")
    )
    when = ConditionField("lead", label=_("Leads that match"), required=True)
    points = _points()

    def as_rule(self) -> dict[str, Any]:
        """The rule as the model keeps it."""
        return dict(self.cleaned_data)


class GateForm(StaffForm):
    """What must hold before anybody is offered to sales."""

    name = forms.CharField(label=_("Name"), max_length=80)
    when = ConditionField("lead", label=_("Only leads that match pass"), required=True)

    def as_rule(self) -> dict[str, Any]:
        """The rule as the model keeps it."""
        return dict(self.cleaned_data)


class EventForm(StaffForm):
    """Points for what somebody did, fading with time."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Reps read it on the receipt of a score.")
    )
    kind = forms.ChoiceField(label=_("What was done"))
    topic = forms.CharField(
        label=_("About the topic"), max_length=80, required=False,
        help_text=_("Such as pricing, or form:3. Empty takes every topic."),
    )  # fmt: skip
    label = forms.CharField(
        label=_("Named like"), max_length=200, required=False,
        help_text=_("Part of the name of the page, file or form. Empty takes every name."),
    )  # fmt: skip
    points = _points()
    half_life = forms.FloatField(
        label=_("Counts half after, days"), min_value=1, max_value=365, initial=30,
        help_text=_("30 is usual, 14 for strong intent, 45 for content."),
    )  # fmt: skip
    per_day = forms.IntegerField(
        label=_("Most times a day"), min_value=1, max_value=1_000, required=False,
        help_text=_("Empty means no limit."),
    )  # fmt: skip
    lifetime = forms.IntegerField(
        label=_("Most times ever"), min_value=1, max_value=1_000, required=False,
        help_text=_("Empty means no limit."),
    )  # fmt: skip
    group = forms.CharField(
        label=_("Group"), max_length=60, initial="behaviour",
        help_text=_("Rules of a group share one limit."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = fields.catalogue("lead").events.values()
        known = [(kind.key, kind.label) for kind in kinds]
        kept = (self.initial or {}).get("kind")
        if kept and kept not in dict(known):
            known.append((kept, kept))
        self.fields["kind"].choices = known  # type: ignore[attr-defined]

    def as_rule(self) -> dict[str, Any]:
        """The rule as the model keeps it."""
        return dict(self.cleaned_data)


FORMS: dict[str, type[AttributeForm | GateForm | EventForm]] = {
    "attributes": AttributeForm,
    "events": EventForm,
    "gates": GateForm,
}
