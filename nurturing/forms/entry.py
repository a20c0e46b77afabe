"""Who enters a sequence, what ends it, and at which hours its mails arrive: parts of the draft."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from leadflow.segments.models import Segment
from leadflow.web.forms import StaffForm, TimeInput
from leadflow.web.rules import ConditionField
from nurturing import selectors
from nurturing.forms.opens import OpensField
from nurturing.selectors import broadcasts
from nurturing.services import documents
from nurturing.services.sequences import Move

Document = dict[str, Any]

DAYS = [(0, _("Mon")), (1, _("Tue")), (2, _("Wed")), (3, _("Thu")), (4, _("Fri")), (5, _("Sat")), (6, _("Sun"))]  # fmt: skip
EXITS = [
    ("reply", _("They reply")),
    ("owner", _("An owner accepts them")),
    ("deal", _("A deal is opened")),
    ("customer", _("They become a customer")),
    ("meeting", _("They book a meeting")),
    ("stage", _("They come to another stage")),
    ("left_segment", _("They leave the segment")),
]
MOST_HELD_OUT = 20  # per cent


class WhoForm(StaffForm):
    """Who enters, again or once, and who is kept out."""

    trigger = forms.ChoiceField(label=_("Enters when"), required=False)
    again = forms.ChoiceField(
        label=_("Enters again"),
        choices=[
            ("never", _("Never")),
            ("after", _("After some days")),
            ("always", _("Every time")),
        ],
    )
    again_days = forms.IntegerField(label=_("Days until then"), min_value=1, max_value=3650)
    suppress = forms.ModelMultipleChoiceField(
        Segment.objects.none(),
        label=_("Never those who are in"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    holdout = forms.IntegerField(
        label=_("Held out, in %"),
        min_value=0,
        max_value=MOST_HELD_OUT,
        help_text=_(
            "So many get nothing of it, by chance, and are compared with the others later. 0 is none."
        ),
    )
    kind = forms.ChoiceField(
        label=_("It is"),
        choices=[
            ("marketing", _("Marketing: sent from us, to who agreed")),
            ("sales", _("Sales: sent from the owner of each lead")),
        ],
    )
    purpose = forms.ChoiceField(
        label=_("Purpose"), help_text=_("Only who agreed to mail for it gets it.")
    )

    def __init__(self, *args: Any, document: Document, **kwargs: Any) -> None:
        super().__init__(*args, initial=self.reads(document), **kwargs)
        self.fields["trigger"].choices = [  # type: ignore[attr-defined]
            ("", _t("Only by hand")),
            *documents.BY_FACT.items(),
            (_t("Sends the form"), selectors.forms_to_choose()),
            (_t("Comes into the segment"), selectors.segments_to_choose()),
        ]
        chosen = document.get("suppress") or []
        known = Segment.objects.filter(Q(archived_at=None) | Q(pk__in=chosen)).order_by("name")
        self.fields["suppress"].queryset = known  # type: ignore[attr-defined]
        if not known:
            del self.fields["suppress"]
        purposes = {*broadcasts.purposes(), self.initial["purpose"]}
        self.fields["purpose"].choices = [  # type: ignore[attr-defined]
            (one, one.capitalize()) for one in sorted(purposes)
        ]

    @staticmethod
    def reads(document: Document) -> dict[str, Any]:
        """The initial values that say what the document says."""
        again = document["again"]
        return {
            "trigger": documents.trigger_of(document),
            "again": again["policy"],
            "again_days": again.get("days") or 90,
            "suppress": document.get("suppress") or [],
            "holdout": document.get("holdout") or 0,
            "kind": document.get("kind") or "marketing",
            "purpose": document.get("purpose") or "marketing",
        }

    def part(self) -> Document:
        """As the document keeps it."""
        data = self.cleaned_data
        kind, _colon, ref = data["trigger"].partition(":")
        return {
            "trigger": {"kind": kind or "manual", "ref": int(ref) if ref else None},
            "again": {"policy": data["again"], "days": data["again_days"]},
            "suppress": sorted(one.pk for one in data.get("suppress") or []),
            "holdout": data["holdout"],
            "kind": data["kind"],
            "purpose": data["purpose"],
        }


class GoalForm(StaffForm):
    """What it is for, and what ends it early."""

    goal = ConditionField(
        "lead",
        label=_("Goal"),
        help_text=_("Who reaches it leaves at once. Without a condition there is no goal."),
    )
    exits = forms.MultipleChoiceField(
        label=_("Ends early when"),
        choices=EXITS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Who unsubscribes, bounces or is disqualified always leaves."),
    )
    max_days = forms.IntegerField(
        label=_("Longest stay, in days"),
        min_value=0,
        max_value=3650,
        help_text=_("Who is in it for so long leaves. 0 is no end."),
    )

    def __init__(self, *args: Any, document: Document, **kwargs: Any) -> None:
        super().__init__(*args, initial=self.reads(document), **kwargs)

    @staticmethod
    def reads(document: Document) -> dict[str, Any]:
        """The initial values that say what the document says."""
        return {
            "goal": document["goal"],
            "exits": [key for key, on in document["exits"].items() if on],
            "max_days": document.get("max_days") or 0,
        }

    def part(self) -> Document:
        """As the document keeps it."""
        data = self.cleaned_data
        exits = {key: key in data["exits"] for key, _label in EXITS}
        return {"goal": data["goal"], "exits": exits, "max_days": data["max_days"]}


class HoursForm(StaffForm):
    """When mails may arrive."""

    days = forms.TypedMultipleChoiceField(
        label=_("Mails may arrive on"),
        choices=DAYS,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )
    opens = forms.TimeField(label=_("From"), widget=TimeInput(format="%H:%M"))
    closes = forms.TimeField(
        label=_("To"), widget=TimeInput(format="%H:%M"), help_text=_("Their local time.")
    )
    counts_opens = OpensField()

    def __init__(self, *args: Any, document: Document, **kwargs: Any) -> None:
        super().__init__(*args, initial=self.reads(document), **kwargs)
        self.fields["counts_opens"].offer()  # type: ignore[attr-defined]

    @staticmethod
    def reads(document: Document) -> dict[str, Any]:
        """The initial values that say what the document says."""
        return dict(document["window"]) | {"counts_opens": documents.counts_opens(document)}

    def clean(self) -> None:
        """Hours end after they begin."""
        opens, closes = self.cleaned_data.get("opens"), self.cleaned_data.get("closes")
        if opens and closes and opens >= closes:
            self.add_error("closes", _t("The sending hours have to end after they begin."))

    def part(self) -> Document:
        """As the document keeps it."""
        data = self.cleaned_data
        at = {key: data[key].strftime("%H:%M") for key in ("opens", "closes")}
        counts = {True: "yes", False: "no"}.get(data["counts_opens"], "")
        return {"window": {"days": data["days"], **at}, "count_opens": counts}


class PublishForm(StaffForm):
    """What is said of a version as it is published, and what becomes of the people inside older ones."""

    note = forms.CharField(
        label=_("What is new in it"),
        max_length=300,
        required=False,
        help_text=_("Stands in the list of versions."),
    )
    inside = forms.ChoiceField(
        label=_("The people inside"), required=False, widget=forms.RadioSelect
    )
    unless_past = forms.ChoiceField(label=_("Who is past this step stays"), required=False)
    also_finished = forms.BooleanField(
        label=_("Also let those go on who came to the end, where new steps stand behind it"),
        required=False,
    )

    def __init__(
        self, *args: Any, steps: Sequence[tuple[str, str]] = (), number: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(*args, initial={"inside": "stay"}, **kwargs)
        self.fields["inside"].choices = [  # type: ignore[attr-defined]
            ("stay", _t("Finish the version by which they entered")),
            ("move", _t("Move to version %(n)s") % {"n": number}),
        ]
        self.fields["unless_past"].choices = [  # type: ignore[attr-defined]
            ("", _t("Everybody moves")),
            *steps,
        ]

    def move(self) -> Move | None:
        """Who is taken along; None where everybody inside finishes what she began."""
        if not self.is_valid() or self.cleaned_data["inside"] != "move":
            return None
        data = self.cleaned_data
        return Move(unless_past=data["unless_past"], also_finished=data["also_finished"])


TAB_FORMS: dict[str, type[WhoForm] | type[GoalForm] | type[HoursForm]] = {
    "entry": WhoForm,
    "goal": GoalForm,
    "hours": HoursForm,
}
