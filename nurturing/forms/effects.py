"""The properties of steps that do something: set a field, tag, list, count, tell, move on."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from leadflow.conditions import fields as asked
from leadflow.conditions.grammar import Field, Type
from leadflow.integrations.models import WebhookEndpoint
from leadflow.models import CustomField, Tag
from leadflow.people.models import Team, User
from leadflow.segments.models import Segment
from leadflow.web.forms import dress
from nurturing.forms.steps import RELOADS, StepForm, offer
from nurturing.models import TextMessage
from nurturing.services import acts, texting
from nurturing.services.acts.checking import MOST_POINTS
from nurturing.services.acts.wording import field_label

MOST_TAGS = 1_000


class FieldForm(StepForm):
    """Which field of the lead is set, and to what."""

    field = forms.ChoiceField(label=_("Field"), widget=forms.Select(RELOADS))
    shown = forms.CharField(widget=forms.HiddenInput, required=False)
    value = forms.CharField(label=_("Is set to"), required=False, max_length=500)

    def reads(self) -> dict[str, Any]:
        """The value as its field shows it."""
        return super().reads() | {"shown": self.step["field"]}

    def fit(self) -> None:
        """The value is asked for as its field wants it."""
        offer(self, "field", settable())
        key = str(self.data.get("shown") if self.is_bound else self.step["field"])
        if not key or (self.is_bound and self.data.get("field") != key):
            del self.fields["value"]
            return
        self.fields["value"] = value_field(key)
        dress(self.fields["value"])

    def clean(self) -> None:
        """What the field refuses stands beside it."""
        data = self.cleaned_data
        if "value" not in data:
            return
        step = {"type": "set_field", "field": data["field"], "value": data["value"]}
        for said in acts.problems(step):
            self.add_error("value", said)

    def part(self) -> dict[str, Any]:
        """As the document keeps it; another field begins empty."""
        data = self.cleaned_data
        return {"field": data["field"], "value": data.get("value", "")}


def settable() -> list[tuple[str, str]]:
    """(key, label) of every field of a lead that a step can set, by label."""
    own = CustomField.objects.filter(subject="lead", is_archived=False)
    found = [(f"custom.{one.key}", one.label) for one in own]
    found += [(key, field_label(key)) for key in acts.SETTABLE]
    return sorted(found, key=lambda one: one[1].lower())


def value_field(key: str) -> forms.Field:
    """The question that fits the field of a lead."""
    known: Field | None = asked.catalogue("lead").fields.get(
        key if key.startswith("custom.") else f"lead.{key}"
    )
    label = _t("Is set to")
    choices = choices_of(known)
    if choices:
        offered = [("", _t("Nothing: it is emptied")), *choices]
        return forms.ChoiceField(label=label, choices=offered, required=False)
    if known and known.type == Type.DATE:
        said = _t("A day as 2026-11-30, or “today”.")
        return forms.CharField(label=label, required=False, max_length=10, help_text=said)
    said = _t("Nothing empties it.")
    return forms.CharField(label=label, required=False, max_length=500, help_text=said)


def choices_of(known: Field | None) -> list[tuple[Any, Any]]:
    """What can be chosen for a field; nothing where anything can be written."""
    if known is None:
        return []
    if known.type == Type.BOOLEAN:
        return [("true", _t("Yes")), ("false", _t("No"))]
    return list(known.choices_from() if known.choices_from else known.choices)


class TagForm(StepForm):
    """Which tag, on or off."""

    keys = ("tag", "remove")
    tag = forms.ChoiceField(label=_("Tag"))
    remove = forms.BooleanField(label=_("Take it off"), required=False)

    def fit(self) -> None:
        """The tags there are."""
        names = list(Tag.objects.order_by("name").values_list("name", flat=True)[:MOST_TAGS])
        if self.step["tag"] and self.step["tag"] not in names:
            names.append(self.step["tag"])
        offer(self, "tag", [(name, name) for name in names])


class ListForm(StepForm):
    """Which list that is kept by hand, in or out."""

    segment = forms.TypedChoiceField(label=_("List"), coerce=int, empty_value=None)
    remove = forms.BooleanField(label=_("Take out of it"), required=False)
    keys = ("segment", "remove")

    def fit(self) -> None:
        """The lists in use that no rule keeps."""
        rows = Segment.objects.living().filter(kind=Segment.Kind.STATIC).order_by("name")
        offer(self, "segment", [(row.pk, row.name) for row in rows])
        if not rows:
            said = _t("There is no list that is kept by hand yet. Make one under Segments.")
            self.fields["segment"].help_text = said


class ScoreForm(StepForm):
    """A fact that score models and rules can count."""

    keys = ("event", "points")
    event = forms.CharField(
        label=_("What happened"),
        max_length=100,
        help_text=_("Score models and rules find it by these words."),
    )
    points = forms.IntegerField(
        label=_("Points"), required=False, min_value=-MOST_POINTS, max_value=MOST_POINTS
    )


class WebhookForm(StepForm):
    """Which endpoint is told."""

    keys = ("endpoint",)
    endpoint = forms.TypedChoiceField(
        label=_("Endpoint"),
        coerce=int,
        empty_value=None,
        help_text=_("Admins make them in Settings, Webhooks."),
    )

    def fit(self) -> None:
        """The endpoints that are switched on, and the one that is chosen."""
        rows = [row for row in WebhookEndpoint.objects.order_by("name") if row.is_on]
        offer(self, "endpoint", [(row.pk, row.name) for row in rows])


class NotifyForm(StepForm):
    """Who is told, and what."""

    keys = ("whom", "words")
    whom = forms.ChoiceField(label=_("Who is told"))
    words = forms.CharField(
        label=_("In these words"),
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("The name of the lead stands behind them."),
    )

    def fit(self) -> None:
        """The owner, everybody who works here, and the teams."""
        people = User.objects.active().order_by("name").values_list("pk", "name")
        teams = Team.objects.order_by("name").values_list("pk", "name")
        self.fields["whom"].choices = [  # type: ignore[attr-defined]
            ("owner", _t("The owner of the lead")),
            (_t("A team"), [(f"team:{pk}", name) for pk, name in teams]),
            (_t("A person"), [(f"user:{pk}", name) for pk, name in people]),
        ]


class TextForm(StepForm):
    """A text message: by which way, and what it says."""

    keys = ("channel", "words")
    channel = forms.ChoiceField(label=_("By"), choices=TextMessage.Channel.choices)
    words = forms.CharField(
        label=_("In these words"),
        max_length=texting.MOST_LETTERS,
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text=_(
            'Fields as in mails, such as {{ lead.first_name | default: "there" }}. Only who agreed to text'
            " messages gets one, in the sending hours of the settings. Say how to stop them."
        ),
    )


class StageForm(StepForm):
    """To which stage of the lifecycle people move."""

    keys = ("stage",)
    stage = forms.ChoiceField(
        label=_("Stage"),
        help_text=_("Who cannot go there from their stage stays where they are, and it is told."),
    )

    def fit(self) -> None:
        """The stages that a step may move to."""
        offer(self, "stage", [(one.value, one.label) for one in acts.MOVABLE_STAGES])


EFFECT_FORMS: dict[str, type[StepForm]] = {
    "set_field": FieldForm,
    "tag": TagForm,
    "list": ListForm,
    "score_event": ScoreForm,
    "webhook": WebhookForm,
    "notify": NotifyForm,
    "text": TextForm,
    "move_stage": StageForm,
}
