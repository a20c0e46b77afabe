"""The properties of each kind of step: each form reads one step of the draft and gives its part back.

Some kinds ask differently by what was chosen first: a wait for a date asks other things than one for a
to-do. Such a form says by `shown` which questions were on the screen; where the choice has changed since,
the others begin as new ones do.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from leadflow.kit.ids import code
from leadflow.web.forms import StaffForm, TimeInput
from leadflow.web.rules import ConditionField
from nurturing import rules
from nurturing.forms import EmailForm
from nurturing.forms.designs import design_field, offer_designs
from nurturing.forms.entry import DAYS
from nurturing.forms.offering import offer_field, offer_offers
from nurturing.services import documents, palette, steps

Step = Mapping[str, Any]
LETTERS = "ABCD"
UNITS = [
    ("minutes", _("minutes")),
    ("hours", _("hours")),
    ("days", _("days")),
    ("business_days", _("business days")),
]
RELOADS = {"data-reload": ""}  # what is asked below follows from it


class StepForm(StaffForm):
    """What every pane shares: the step that it is about, and the steps around it.

    A draft keeps what is not finished. Such a form is valid, and `unfinished` says, by field, what has
    to be put right before the step can be published.
    """

    keys: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self, data: Any = None, *, step: Step, around: Sequence[Mapping[str, Any]]
    ) -> None:
        self.step, self.around = step, around
        super().__init__(data, initial=self.reads())
        self.fit()

    def reads(self) -> dict[str, Any]:
        """The initial values that say what the step says."""
        return {key: value for key, value in self.step.items() if key not in ("id", "type")}

    def fit(self) -> None:
        """Ask what this step is to be asked."""

    def unfinished(self) -> dict[str, list[str]]:
        """What the step as it is kept says wrongly, by the field that says it."""
        return {}

    def marked(self) -> "StepForm":
        """The same form, not sent, with what is unfinished beside its fields."""
        said = {
            name: self.error_class(some, field_id=self[name].auto_id)
            for name, some in self.unfinished().items()
        }
        self._errors = ErrorDict(said)
        return self

    def part(self) -> dict[str, Any]:
        """As the document keeps it."""
        return {key: self.cleaned_data[key] for key in self.keys}


def offer(form: StaffForm, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
    """What a field of choices offers, with nothing chosen at first."""
    form.fields[name].choices = [("", _t("Choose")), *choices]  # type: ignore[attr-defined]


class MailForm(StepForm, EmailForm):
    """A mail: subject, preview text, message, and who sends it."""

    preheader = forms.CharField(
        label=_("Preview text"),
        max_length=200,
        required=False,
        help_text=_("Mailboxes show it beside the subject."),
    )
    manual = forms.BooleanField(
        label=_("The owner sends it in person"),
        required=False,
        help_text=_("The owner gets a to-do with the mail written, reads it over and sends it."),
    )
    design = design_field()
    offer = offer_field()
    field_order = ("subject", "preheader", "design", "body", "offer", "sender", "manual")

    def fit(self) -> None:
        """Offer the designs; a designed mail has no simple text."""
        offer_designs(self.fields["design"], self.step.get("design"))
        offer_offers(self.fields["offer"], self.step.get("offer"))
        if self.step.get("design"):
            self.fields["body"].widget = forms.HiddenInput()
            self.fields["subject"].help_text = _t("Left empty, it is that of the design.")

    def clean(self) -> None:
        """What the merge language refuses is kept in a draft: a long mail is not lost by a typing error."""

    def unfinished(self) -> dict[str, list[str]]:
        """What the merge language refuses, with line and column."""
        return documents.refused_words(self.step)

    def part(self) -> dict[str, Any]:
        """As the document keeps it."""
        more = ("preheader", "manual", "design", "offer")
        return super(StepForm, self).part() | {key: self.cleaned_data[key] for key in more}


class WaitForm(StepForm):
    """How long to wait before the next step."""

    amount = forms.IntegerField(label=_("Wait"), min_value=1, max_value=10_080)
    unit = forms.ChoiceField(label=_("Unit"), choices=UNITS)
    at = forms.TimeField(
        label=_("Then at"),
        required=False,
        widget=TimeInput(format="%H:%M"),
        help_text=_("Their local time. Empty means any hour that is allowed."),
    )

    def clean(self) -> None:
        """Each unit has its own limit."""
        unit, amount = self.cleaned_data.get("unit"), self.cleaned_data.get("amount")
        if unit and amount and amount > rules.MOST_WAIT[unit]:
            most = rules.MOST_WAIT[unit]
            self.add_error("amount", _t("Wait at most %(most)s.") % {"most": most})

    def part(self) -> dict[str, Any]:
        """As the document keeps it."""
        data = self.cleaned_data
        return {"amount": data["amount"], "unit": data["unit"], "at": clock_of(data["at"])}


def clock_of(at: Any) -> str:
    """A time of day as documents keep it; empty for none."""
    return at.strftime("%H:%M") if at else ""


class UntilForm(StepForm):
    """A wait for an hour, for a date of hers, or for a to-do."""

    UNTIL: ClassVar = [
        ("hour", _("An hour of the day")),
        ("date_field", _("A date of the lead")),
        ("todo", _("A to-do or call that is done")),
    ]
    ASKS: ClassVar = {
        "hour": ("at", "weekdays"),
        "date_field": ("field", "days", "at"),
        "todo": ("awaited", "most_days"),
    }

    until = forms.ChoiceField(label=_("Wait until"), choices=UNTIL, widget=forms.Select(RELOADS))
    shown = forms.CharField(widget=forms.HiddenInput, required=False)
    field = forms.ChoiceField(label=_("Which date"))
    days = forms.IntegerField(
        label=_("Days before or after"),
        min_value=-steps.MOST_DAYS_OFF,
        max_value=steps.MOST_DAYS_OFF,
        help_text=_("-3 is three days before, 0 the day itself."),
    )
    awaited = forms.ChoiceField(label=_("Which one"))
    most_days = forms.IntegerField(
        label=_("At most how many days"),
        min_value=1,
        max_value=steps.MOST_DAYS_FOR_TODO,
        help_text=_("Then people go on, done or not."),
    )
    at = forms.TimeField(
        label=_("At"), widget=TimeInput(format="%H:%M"), help_text=_("Their local time.")
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On"), choices=DAYS, coerce=int, widget=forms.CheckboxSelectMultiple
    )

    def reads(self) -> dict[str, Any]:
        """A step of days is one of weekdays for an hour, and a number for a date."""
        found = super().reads() | {"shown": self.step["until"], "awaited": self.step.get("step")}
        if self.step["until"] == "hour":
            found["weekdays"] = found.pop("days", [])
        return found

    def fit(self) -> None:
        """Only what the choice needs."""
        shown = self.data.get("shown") if self.is_bound else self.step["until"]
        asked = self.ASKS.get(str(shown), self.ASKS["hour"])
        if self.is_bound and self.data.get("until") != shown:
            asked = ()
        for name in {"field", "days", "awaited", "most_days", "at", "weekdays"} - set(asked):
            del self.fields[name]
        if "field" in self.fields:
            offer(self, "field", sorted(steps.date_fields().items(), key=lambda one: one[1]))
        if "awaited" in self.fields:
            offer(self, "awaited", self._before())

    def _before(self) -> list[tuple[str, str]]:
        """The to-dos and calls above this step."""
        tree = rules.Tree(self.around)
        here = tree.places[str(self.step["id"])]
        return [
            (str(one.step["id"]), steps.step_name(one.step))
            for one in tree.places.values()
            if one.step["type"] == "todo" and tree.comes_before(one, here)
        ]

    def part(self) -> dict[str, Any]:
        """As the document keeps it."""
        data = self.cleaned_data
        if data["until"] != data["shown"]:
            keys = {"hour": "hour", "date_field": "date", "todo": "done"}
            return dict(palette.STARTERS[keys[data["until"]]].fields)
        match data["until"]:
            case "hour":
                asked = {"at": clock_of(data["at"]), "days": data["weekdays"]}
            case "date_field":
                asked = {key: data[key] for key in ("field", "days")} | {"at": clock_of(data["at"])}
            case _:
                asked = {"step": data["awaited"], "most_days": data["most_days"]}
        return {"until": data["until"], **asked}


class TodoForm(StepForm):
    """Something that the owner of the lead has to do."""

    keys = ("title", "due_days", "kind")
    title = forms.CharField(label=_("What is to be done"), max_length=200, required=False)
    due_days = forms.IntegerField(label=_("Days to do it"), min_value=0, max_value=90)
    kind = forms.ChoiceField(
        label=_("It is"),
        choices=[("todo", _("A to-do")), ("call", _("A call"))],
        required=False,
    )

    def reads(self) -> dict[str, Any]:
        """Steps of old versions do not say what they are."""
        return {"kind": "todo"} | super().reads()

    def clean_kind(self) -> str:
        """A to-do where nothing is chosen."""
        return self.cleaned_data["kind"] or "todo"


class ConditionForm(StepForm):
    """What is asked of everybody who comes here."""

    keys = ("title", "rule")
    title = forms.CharField(
        label=_("In your words"),
        max_length=100,
        required=False,
        help_text=_("“Did they open pricing?” Empty shows the rule itself."),
    )
    rule = ConditionField(
        "lead",
        label=_("Yes, if"),
        keeps_unfinished=True,
        help_text=_("Asked at the moment when somebody comes here."),
    )


class SplitForm(StepForm):
    """Who goes which way by chance, and whether the best way takes all in the end."""

    title = forms.CharField(label=_("In your words"), max_length=100, required=False)
    ways = forms.TypedChoiceField(
        label=_("Ways"),
        coerce=int,
        choices=[(n, n) for n in range(rules.FEWEST_WAYS, rules.MOST_WAYS + 1)],
        widget=forms.Select(RELOADS),
    )
    by = forms.ChoiceField(
        label=_("Winner"),
        required=False,
        choices=[
            ("", _("None: the split stays")),
            ("clicks", _("Most clicks")),
            ("replies", _("Most replies")),
            ("goal", _("Most goals")),
        ],
        widget=forms.Select(RELOADS),
        help_text=_("Once it is decided, everybody who comes later goes the way that won."),
    )
    after_hours = forms.IntegerField(label=_("Decide after hours"), min_value=1, max_value=24 * 90)
    least = forms.IntegerField(
        label=_("People on each way at least"), min_value=10, max_value=100_000
    )

    def reads(self) -> dict[str, Any]:
        """Ways by their number, the winner by its parts."""
        winner = self.step.get("winner") or {}
        return {
            "title": self.step.get("title", ""),
            "ways": len(self.step["ways"]),
            "by": winner.get("by", ""),
            "after_hours": winner.get("after_hours", 48),
            "least": winner.get("least", 100),
        } | {f"share_{n}": way["share"] for n, way in enumerate(self.step["ways"])}

    def fit(self) -> None:
        """A share for each way; the winner's questions where there is to be one."""
        for n, _way in enumerate(self.step["ways"]):
            self.fields[f"share_{n}"] = forms.IntegerField(
                label=_t("Share of %(letter)s in %%") % {"letter": LETTERS[n]},
                min_value=1,
                max_value=99,
                widget=forms.NumberInput({"class": "lf-input"}),
            )
        shares = [f"share_{n}" for n in range(len(self.step["ways"]))]
        self.order_fields(["title", "ways", *shares, "by", "after_hours", "least"])
        if not (self.step.get("winner") or {}).get("by"):
            for name in ("after_hours", "least"):
                del self.fields[name]

    def clean(self) -> None:
        """All shares together are everybody; a way that holds steps is not dropped."""
        data, now = self.cleaned_data, self.step["ways"]
        wanted = data.get("ways", len(now))
        for n, way in enumerate(now[wanted:], start=wanted):
            if way["steps"]:
                said = _t("Way %(letter)s holds steps. Move or remove them first.")
                self.add_error("ways", said % {"letter": LETTERS[n]})
        shares = [data[f"share_{n}"] for n in range(len(now)) if f"share_{n}" in data]
        if wanted == len(now) == len(shares) and sum(shares) != 100:
            self.add_error("share_0", _t("The shares of all ways have to make 100 % together."))

    def part(self) -> dict[str, Any]:
        """As the document keeps it; another number of ways shares people evenly."""
        data, now = self.cleaned_data, self.step["ways"]
        n = data["ways"]
        held = [dict(way) for way in now[:n]]
        if n == len(now):
            held = [way | {"share": data[f"share_{at}"]} for at, way in enumerate(held)]
        else:
            held += [{"id": code(6), "steps": []} for _new in range(n - len(now))]
            held = [way | {"share": share} for way, share in zip(held, even(n), strict=True)]
        return {"title": data["title"], "ways": held, "winner": self._winner()}

    def _winner(self) -> dict[str, Any] | None:
        data = self.cleaned_data
        if not data["by"]:
            return None
        told = {"after_hours": data.get("after_hours", 48), "least": data.get("least", 100)}
        return {"by": data["by"], **told}


def even(ways: int) -> list[int]:
    """Shares of 100 that are as even as whole numbers can be."""
    return [100 // ways + (n < 100 % ways) for n in range(ways)]


class NothingForm(StepForm):
    """A step that asks nothing: it ends the walk."""
