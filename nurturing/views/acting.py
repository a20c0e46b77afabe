"""Forms of what steps do: to-dos, fields, tags, lists, score events, webhooks, notices, stages."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from leadflow.integrations.models import WebhookEndpoint
from leadflow.models import Campaign, CustomField, Lead, LeadStage, Source, Tag
from leadflow.people.models import Team, User
from leadflow.segments.models import Segment
from leadflow.web.forms import StaffForm, dress
from nurturing.models import Sequence
from nurturing.services import acts
from nurturing.services.acts.checking import MOST_DAYS, MOST_POINTS
from nurturing.services.acts.wording import field_label

Choices = list[tuple[Any, Any]]


class ActForm(StaffForm):
    """An effect as a form; `part` is what the document keeps."""

    def __init__(self, *args: Any, here: str = "", **kwargs: Any) -> None:
        self.here = here  # the page that shows the form, for one that changes with a choice
        super().__init__(*args, **kwargs)

    def part(self) -> dict[str, Any]:
        """As the document keeps it."""
        return dict(self.cleaned_data)

    def offer(self, name: str, choices: Choices) -> None:
        """Give a field its choices of this moment."""
        self.fields[name].choices = choices  # type: ignore[attr-defined]


class TodoForm(ActForm):
    """Something that the owner has to do."""

    title = forms.CharField(label=_("What is to be done"), max_length=200, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=[("todo", _("To-do")), ("call", _("Call"))])
    due_days = forms.IntegerField(label=_("Days to do it"), min_value=0, max_value=MOST_DAYS)


class SetFieldForm(ActForm):
    """A field and what it is set to; the field decides how that is typed."""

    field = forms.ChoiceField(label=_("Field"), required=False)
    value = forms.CharField(label=_("Is set to"), max_length=500, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = sorted((field_label(key), key) for key in acts.SETTABLE)
        own = CustomField.objects.filter(subject="lead", is_archived=False).order_by("label")
        self.offer("field", [
            ("", _t("Choose a field")),
            (_t("Lead"), [(key, label) for label, key in named]),
            (_t("Your own"), [(f"custom.{row.key}", row.label) for row in own]),
        ])  # fmt: skip
        if self.here:
            self.fields["field"].widget.attrs |= {
                "hx-get": self.here, "hx-trigger": "change", "hx-target": "#lf-step",
                "hx-select": "#lf-step", "hx-swap": "outerHTML",
            }  # fmt: skip
        key = str((self.data if self.is_bound else self.initial).get("field") or "")
        if (given := _value_field(key)) is not None:
            self.fields["value"] = given

    def part(self) -> dict[str, Any]:
        """As the document keeps it: rows by id, days as 2026-11-22."""
        value = self.cleaned_data["value"]
        value = value.pk if isinstance(value, Source | Campaign) else value
        value = value.isoformat() if hasattr(value, "isoformat") else value
        return {"field": self.cleaned_data["field"], "value": "" if value is None else value}


def _value_field(key: str) -> forms.Field | None:
    """How the value of a field is given; None for plain text."""
    label = _("Is set to")
    behind = {"source": Source, "campaign": Campaign}.get(key)
    if behind is not None:
        rows = behind._default_manager.order_by("name")
        return _dressed(forms.ModelChoiceField(rows, label=label, required=False))
    if key.startswith("custom."):
        own = CustomField.objects.filter(subject="lead", key=key.removeprefix("custom.")).first()
        return _own_value(own) if own else None
    choices = _choices_of(key)
    return _dressed(forms.ChoiceField(label=label, required=False, choices=choices)) if choices else None  # fmt: skip


def _own_value(own: CustomField) -> forms.Field | None:
    label = _("Is set to")
    made: forms.Field
    match own.type:
        case "choice":
            choices: Choices = [("", "–"), *((one, one) for one in own.choices)]
            made = forms.ChoiceField(label=label, required=False, choices=choices)
        case "choices":
            some: Choices = [(one, one) for one in own.choices]
            made = forms.MultipleChoiceField(label=label, required=False, choices=some)
        case "boolean":
            made = forms.BooleanField(label=_("Set to yes"), required=False)
        case "number":
            made = forms.FloatField(label=label, required=False)
        case "date":
            made = forms.CharField(
                label=label, required=False,
                help_text=_("A day such as 2026-11-22, or the word today."),
            )  # fmt: skip
        case _:
            return None
    return _dressed(made)


def _choices_of(key: str) -> Choices:
    names = {one.name: one for one in Lead._meta.concrete_fields}
    found = names[key].choices if key in names else None
    return [("", "–"), *found] if found else []


def _dressed(made: forms.Field) -> forms.Field:
    dress(made)
    return made


class TagForm(ActForm):
    """A tag to put on or to take off."""

    tag = forms.ChoiceField(label=_("Tag"), required=False)
    remove = forms.BooleanField(label=_("Take it off instead"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Tag.objects.order_by("name").values_list("name", flat=True)
        self.offer("tag", [("", _t("Choose a tag")), *((name, name) for name in names)])


class ListForm(ActForm):
    """A list that is kept by hand."""

    segment = forms.TypedChoiceField(
        label=_("List"), required=False, coerce=int, empty_value=None,
        help_text=_("Segments that are kept by hand. A rule keeps the others."),
    )  # fmt: skip
    remove = forms.BooleanField(label=_("Take her out instead"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Segment.objects.living().filter(kind=Segment.Kind.STATIC).order_by("name")
        self.offer("segment", [("", _t("Choose a list")), *rows.values_list("pk", "name")])


class ScoreEventForm(ActForm):
    """Something that score models and rules may count."""

    event = forms.CharField(
        label=_("What happened"), max_length=120, required=False,
        help_text=_("Rules and score models find it under “Got a score event from a step”."),
    )  # fmt: skip
    points = forms.IntegerField(
        label=_("Points"), required=False, min_value=-MOST_POINTS, max_value=MOST_POINTS,
        help_text=_("Noted with it. What it is worth, the score model says."),
    )  # fmt: skip


class WebhookForm(ActForm):
    """Another program to tell."""

    endpoint = forms.TypedChoiceField(
        label=_("Webhook"), required=False, coerce=int, empty_value=None,
        help_text=_("Admins make them in Settings, Webhooks."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = WebhookEndpoint.objects.order_by("name").values_list("pk", "name")
        self.offer("endpoint", [("", _t("Choose a webhook")), *rows])


class NotifyForm(ActForm):
    """A colleague or a team to tell."""

    whom = forms.ChoiceField(label=_("Who is told"))
    words = forms.CharField(
        label=_("What she is told"), max_length=200, required=False,
        help_text=_("The name of the lead or deal follows, for those who may see it."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.active().order_by("name")
        self.offer("whom", [
            ("owner", _t("Whoever owns it")),
            (_t("Teams"), [(f"team:{t.pk}", t.name) for t in Team.objects.order_by("name")]),
            (_t("People"), [(f"user:{u.pk}", u.name) for u in people]),
        ])  # fmt: skip


class MoveStageForm(ActForm):
    """A stage of the lifecycle."""

    stage = forms.ChoiceField(label=_("Stage"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stages = [(one, LeadStage(one).label) for one in acts.MOVABLE_STAGES]
        self.offer("stage", [("", _t("Choose a stage")), *stages])


class EnrolForm(ActForm):
    """A sequence to enter."""

    sequence = forms.TypedChoiceField(
        label=_("Sequence"), required=False, coerce=int, empty_value=None,
        help_text=_("It asks its own questions: consent, goal, whether she was in it before."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Sequence.objects.living().order_by("name").values_list("pk", "name")
        self.offer("sequence", [("", _t("Choose a sequence")), *rows])


FORMS: Mapping[str, type[ActForm]] = {
    "todo": TodoForm,
    "set_field": SetFieldForm,
    "tag": TagForm,
    "list": ListForm,
    "score_event": ScoreEventForm,
    "webhook": WebhookForm,
    "notify": NotifyForm,
    "move_stage": MoveStageForm,
    "enrol": EnrolForm,
}
