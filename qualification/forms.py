"""The forms of the score model: one rule at a time."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from leadflow.conditions import fields
from leadflow.models import BuyerStage, Engagement, Lead, Organisation
from leadflow.models.engagement import INTENT
from leadflow.web.activities import ThenForm
from leadflow.web.forms import StaffForm, dress
from leadflow.web.rules import ConditionField
from qualification.services.showing import BantPanel, LetterShown

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
    provider = forms.CharField(
        label=_("Told by the provider"), max_length=60, required=False,
        help_text=_("Of intent that another firm tells. Empty takes every provider."),
    )  # fmt: skip
    confidence = forms.FloatField(
        label=_("At least so sure"), min_value=0, max_value=1, required=False,
        help_text=_("0 to 1, of intent that another firm tells. Empty takes all."),
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
        # points are added up from facts of behaviour alone
        known = [(one.key, one.label) for one in kinds if one.sql and one.sql.model is Engagement]
        kept = (self.initial or {}).get("kind")
        if kept and kept not in dict(known):
            known.append((kept, kept))
        self.fields["kind"].choices = known  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Only what another firm tells has a provider and a confidence: any other rule would count nothing."""
        found = super().clean() or self.cleaned_data
        if found.get("kind") != INTENT:
            for name in ("provider", "confidence"):
                if found.get(name):
                    self.add_error(
                        name, _("Only intent that another firm reports has this. Leave it empty.")
                    )
        return found

    def as_rule(self) -> dict[str, Any]:
        """The rule as the model keeps it."""
        return dict(self.cleaned_data)


class BuyerStagesForm(StaffForm):
    """Who stands where in the buyer's journey: a condition for each stage, or none."""

    awareness = ConditionField("lead", label=_("Awareness: they look around, when"))
    consideration = ConditionField("lead", label=_("Consideration: they compare, when"))
    decision = ConditionField("lead", label=_("Decision: they are about to choose, when"))
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def as_document(self) -> dict[str, Any]:
        """The rules as they are kept."""
        return {stage: self.cleaned_data[stage] for stage in BuyerStage.values}


FORMS: dict[str, type[AttributeForm | GateForm | EventForm]] = {
    "attributes": AttributeForm,
    "events": EventForm,
    "gates": GateForm,
}


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """People by name and what they do, since a company may have two of a name."""

    def label_from_instance(self, obj: Any) -> str:
        """Her name, and her job where it is known."""
        return f"{obj.name}, {obj.job_title}" if obj.job_title else str(obj.name)


class KnownForm(StaffForm):
    """Somebody at the company whom we know."""

    who = PersonField(Lead.objects.none(), label=_("Who"), empty_label=_("Choose a person"))

    def __init__(self, *args: Any, people: "QuerySet[Lead]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["who"].queryset = people  # type: ignore[attr-defined]


class NewPersonForm(StaffForm):
    """Somebody at the company who is new to us."""

    first_name = forms.CharField(label=_("First name"), max_length=120, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=120, required=False)
    job_title = forms.CharField(label=_("Job title"), max_length=160, required=False)
    email = forms.EmailField(label=_("Email"), max_length=254, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=32, required=False)


class LetterForm(StaffForm):
    """One letter of BANT: the answer, and what exactly was said; each letter shows what it has."""

    value = forms.CharField(max_length=20)
    detail = forms.CharField(max_length=300, required=False)
    amount = forms.DecimalField(max_digits=14, decimal_places=2, min_value=0, required=False)
    target_on = forms.DateField(required=False)
    evidence = forms.RegexField(r"^activity:\d{1,18}$", required=False)

    def details(self, letter: str) -> dict[str, Any]:
        """What belongs to this letter, of what was posted."""
        values = self.cleaned_data
        found = {"detail": values["detail"]}
        if letter == "budget":
            currency = Organisation.current().base_currency if values["amount"] is not None else ""
            found |= {"amount_max": values["amount"], "currency": currency}
        if letter == "timing":
            found |= {"target_on": values["target_on"]}
        return found


class DiscoveryForm(ThenForm):
    """A discovery call: how it went, what was learned of each letter, and what comes next."""

    subject = forms.CharField(
        label=_("In a few words"), max_length=200, initial=_("Discovery call")
    )
    minutes = forms.IntegerField(label=_("Minutes"), min_value=0, max_value=1_440, required=False)

    def __init__(self, *args: Any, panel: BantPanel, **kwargs: Any) -> None:
        self.panel = panel
        super().__init__(*args, **kwargs)
        for one in panel.letters:
            for name, field in self._fields_of(one):
                self.fields[name] = field
                dress(field)

    @staticmethod
    def _fields_of(one: LetterShown) -> Iterator[tuple[str, forms.Field]]:
        yield (
            f"{one.letter}_value",
            forms.ChoiceField(label=_("Answer"), choices=one.choices, initial=one.value),
        )
        if one.letter == "budget":
            yield (
                "budget_amount",
                forms.DecimalField(
                    label=_("At most"), max_digits=14, decimal_places=2, min_value=0,
                    required=False, initial=one.amount,
                ),
            )  # fmt: skip
        if one.letter == "timing":
            yield (
                "timing_target_on",
                forms.DateField(label=_("By when"), required=False, initial=one.target_on),
            )
        yield (
            f"{one.letter}_detail",
            forms.CharField(
                label=_("In their words"), max_length=300, required=False, initial=one.detail
            ),
        )

    @property
    def of_call(self) -> list[forms.BoundField]:
        """What is asked of the call itself."""
        return [self[name] for name in ("subject", "outcome", "minutes", "body")]

    @property
    def of_next(self) -> list[forms.BoundField]:
        """What is asked of the next step."""
        return [self[name] for name in ("next_kind", "next_subject", "next_due_at")]

    @property
    def letters(self) -> list[dict[str, Any]]:
        """Each letter with its question and its fields."""
        return [
            {
                "letter": one.letter, "label": one.label, "question": one.question,
                "fields": [self[name] for name, _field in self._fields_of(one)],
            }
            for one in self.panel.letters
        ]  # fmt: skip

    def learned(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """The letters that the call changed: each with its answer and details."""
        values = self.cleaned_data
        for one in self.panel.letters:
            value = values[f"{one.letter}_value"]
            details: dict[str, Any] = {"detail": values[f"{one.letter}_detail"]}
            was: dict[str, Any] = {"detail": one.detail}
            if one.letter == "budget":
                amount = values["budget_amount"]
                base = Organisation.current().base_currency
                currency = (one.currency or base) if amount is not None else ""
                details |= {"amount_max": amount, "currency": currency}
                was |= {"amount_max": one.amount, "currency": one.currency}
            if one.letter == "timing":
                details["target_on"], was["target_on"] = values["timing_target_on"], one.target_on
            if (value, details) != (one.value, was):
                yield one.letter, value, details
