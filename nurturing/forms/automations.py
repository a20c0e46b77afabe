"""When an automation begins and what it asks, as one form, and in words."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from leadflow.conditions import fields as catalogue
from leadflow.mail.models import InboundMail
from leadflow.models import Activity, LeadStage, Tag
from leadflow.offers.models import Offer
from leadflow.people.models import User
from leadflow.segments.models import Segment
from leadflow.web.forms import StaffForm, dress
from leadflow.web.rules import ConditionField
from nurturing import selectors
from nurturing.forms.effects import EFFECT_FORMS
from nurturing.forms.steps import StepForm, TodoForm, offer
from nurturing.models import Sequence
from nurturing.services.acts.wording import field_label
from nurturing.services.automations.documents import MOST_DAYS
from nurturing.services.automations.triggers import TRIGGERS

Choices = list[tuple[Any, Any]]
GROUPS = (
    (_("Lead"), "lead"),
    (_("Deal"), "deal"),
    (_("Company"), "company"),
)


def _stages() -> Choices:
    return [(one.value, one.label) for one in LeadStage]


def _fields() -> Choices:
    known = catalogue.catalogue("lead").fields
    keys = [key.removeprefix("lead.") for key, one in known.items() if one.history]
    return [(key, str(_label(key))) for key in keys if "." not in key or key.startswith("custom.")]


def _label(key: str) -> str:
    known = catalogue.catalogue("lead").fields
    found = known.get(key) or known.get(f"lead.{key}")
    return str(found.label) if found else field_label(key)


def _company_fields() -> Choices:
    known = catalogue.catalogue("company").fields
    return [
        (key.removeprefix("company."), str(one.label))
        for key, one in known.items()
        if one.history and key.startswith("company.")
    ]


def _forms() -> Choices:
    return [(key.removeprefix("form:"), name) for key, name in selectors.forms_to_choose()]


def _deal_stages() -> Choices:
    known = catalogue.catalogue("deal").fields.get("deal.stage")
    return [(str(key), str(label)) for key, label in known.options()] if known else []


def _rows(rows: Callable[[], Any]) -> Callable[[], Choices]:
    return lambda: [(str(one.pk), str(one)) for one in rows()]


# What narrows a trigger: its label and what can be chosen; nothing chosen means any.
_CHOICES: Mapping[str, tuple[Any, Callable[[], Choices]]] = {
    "stage": (_("Stage"), _stages),
    "field": (_("Field"), _fields),
    "tag": (_("Tag"), lambda: [(one.name, one.name) for one in Tag.objects.order_by("name")]),
    "form": (_("Form"), _forms),
    "segment": (_("Segment"), _rows(lambda: Segment.objects.living().order_by("name"))),
    "reply": (_("Which means"), lambda: list(InboundMail.Meaning.choices)),
    "activity": (_("Kind of activity"), lambda: list(Activity.Kind.choices)),
    "offer": (_("Offer"), _rows(lambda: Offer.objects.filter(is_archived=False))),
    "deal_stage": (_("Stage of the deal"), _deal_stages),
}
_NUMBERS = ("segment", "offer", "form", "deal_stage")


class WhenForm(StaffForm):
    """What sets an automation off, narrowed by what its kind allows, and the condition."""

    kind = forms.ChoiceField(label=_("Begins when"))

    def __init__(self, *args: Any, kind: str, here: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trigger = TRIGGERS[kind]
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (label, [(key, one.label) for key, one in TRIGGERS.items() if one.subject == subject])
            for label, subject in GROUPS
        ]
        self.fields["kind"].widget.attrs |= {
            "hx-get": here, "hx-trigger": "change", "hx-target": "#lf-when",
            "hx-select": "#lf-when", "hx-swap": "outerHTML",
        }  # fmt: skip
        for param in self.trigger.params:
            self.fields[param] = self._field(param)
        self.fields["rule"] = ConditionField(
            self.trigger.subject, label=_("And only if"), keeps_unfinished=True,
            help_text=_("Without a condition it holds for everybody."),
        )  # fmt: skip
        for name in (*self.trigger.params, "rule"):
            dress(self.fields[name])

    def _field(self, param: str) -> forms.Field:
        if param == "days":
            return forms.IntegerField(label=_("Days"), min_value=1, max_value=MOST_DAYS)
        if param == "words":
            return forms.CharField(
                label=_("Only where its name says"), max_length=120, required=False,
                help_text=_("A word of the link, file or event; empty means any."),
            )  # fmt: skip
        label, choices = _CHOICES[param]
        if param == "field" and self.trigger.subject == "company":
            choices = _company_fields
        return forms.ChoiceField(label=label, required=False, choices=[("", _t("Any")), *choices()])

    @classmethod
    def reads(cls, document: Mapping[str, Any], kind: str) -> dict[str, Any]:
        """The initial values that say what the document says; another kind begins anew."""
        trigger = document["trigger"]
        told = dict(trigger) if trigger["kind"] == kind else {}
        same = TRIGGERS[kind].subject == TRIGGERS.get(trigger["kind"], TRIGGERS[kind]).subject
        rule = document.get("rule") if same else {"all": []}
        return {"days": 14} | told | {"kind": kind, "rule": rule}

    def part(self) -> dict[str, Any]:
        """As the document keeps it."""
        told: dict[str, Any] = {"kind": self.trigger.key}
        for param in self.trigger.params:
            value = self.cleaned_data.get(param)
            if value not in (None, ""):
                told[param] = int(value) if param in (*_NUMBERS, "days") else value
        return {"trigger": told, "rule": self.cleaned_data["rule"]}


def trigger_words(document: Mapping[str, Any]) -> str:
    """What sets it off, in words: “A lead enters a stage: MQL”."""
    told = document["trigger"]
    trigger = TRIGGERS.get(told.get("kind", ""))
    if trigger is None:
        return _t("Nothing yet")
    said = [
        _shown(param, told[param], trigger.subject) for param in trigger.params if told.get(param)
    ]
    return f"{trigger.label}: {', '.join(said)}" if said else str(trigger.label)


def _shown(param: str, value: Any, subject: str) -> str:
    if param == "days":
        return _t("%(n)s days") % {"n": value}
    if param == "words":
        return f"“{value}”"
    _name, choices = _CHOICES[param]
    found = _company_fields if param == "field" and subject == "company" else choices
    return next((str(label) for key, label in found() if str(key) == str(value)), str(value))


class EnrolForm(StepForm):
    """A sequence to enter."""

    keys = ("sequence",)
    sequence = forms.TypedChoiceField(
        label=_("Sequence"), required=False, coerce=int, empty_value=None,
        help_text=_("It asks its own questions: consent, goal, whether they were in it before."),
    )  # fmt: skip

    def fit(self) -> None:
        """The sequences in use."""
        rows = Sequence.objects.living().order_by("name").values_list("pk", "name")
        offer(self, "sequence", list(rows))


# The properties of each kind of step that an automation can have.
FORMS: Mapping[str, type[StepForm]] = {"todo": TodoForm, "enrol": EnrolForm, **EFFECT_FORMS}


def step_form(step: Mapping[str, Any], *, here: str = "", data: Any = None) -> StepForm:
    """The properties of a step; `here` is the page that shows them, for a form that follows a choice."""
    form = FORMS[step["type"]](data, step=step, around=[])
    if here and step["type"] == "set_field":
        form.fields["field"].widget.attrs |= {
            "hx-get": here, "hx-trigger": "change", "hx-target": "#lf-step",
            "hx-select": "#lf-step", "hx-swap": "outerHTML",
        }  # fmt: skip
    return form


class NameForm(StaffForm):
    """What a new automation is called."""

    name = forms.CharField(label=_("Name"), max_length=120)


class AutomationAboutForm(NameForm):
    """Name and owner: what is not part of a version."""

    owner = forms.ModelChoiceField(
        User.objects.none(), label=_("Owner"), required=False,
        help_text=_("Gets the to-dos about what nobody owns."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.active().order_by("name")  # type: ignore[attr-defined]
