"""Staff forms of sequences and broadcasts: each reads a part of the draft's document and gives it back."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from leadflow.kit import zones
from leadflow.mail.models import SenderIdentity
from leadflow.models import Campaign, Organisation
from leadflow.people.models import User
from leadflow.segments.models import Segment
from leadflow.web.forms import StaffForm, TimeInput
from leadflow.web.rules import ConditionField
from nurturing import rules, selectors
from nurturing.models import Broadcast
from nurturing.selectors import broadcasts
from nurturing.services import documents

_DAYS = [(0, _("Mon")), (1, _("Tue")), (2, _("Wed")), (3, _("Thu")), (4, _("Fri")), (5, _("Sat")), (6, _("Sun"))]  # fmt: skip
_UNITS = [
    ("minutes", _("minutes")),
    ("hours", _("hours")),
    ("days", _("days")),
    ("business_days", _("business days")),
]
_EXITS = [
    ("reply", _("They reply")),
    ("owner", _("An owner accepts them")),
    ("deal", _("A deal is opened")),
    ("customer", _("They become a customer")),
    ("left_segment", _("They leave the segment")),
]


class NewForm(StaffForm):
    """The name of a new sequence."""

    name = forms.CharField(label=_("Name"), max_length=120)


class EmailForm(StaffForm):
    """A mail: subject and message in the merge language."""

    subject = forms.CharField(label=_("Subject"), max_length=500, required=False)
    body = forms.CharField(
        label=_("Message"),
        required=False,
        max_length=100_000,
        widget=forms.Textarea({"rows": 12}),
        help_text=_(
            "[words](https://…) makes a link. Postal address and a link to unsubscribe are added to"
            " every mail."
        ),
    )
    sender = forms.ModelChoiceField(
        SenderIdentity.objects.none(), label=_("From"), required=False, empty_label=_("Us")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        verified = SenderIdentity.objects.filter(verified_at__isnull=False).order_by("name")
        self.fields["sender"].queryset = verified  # type: ignore[attr-defined]

    def clean(self) -> None:
        """What the merge language refuses stands beside the words, with line and column."""
        data = self.cleaned_data
        for part in ("subject", "body"):
            step = {"subject": "", "body": "", part: data.get(part, "")}
            for problem in documents.template_problems(step):
                self.add_error(part, problem.partition(": ")[2])

    def part(self) -> dict[str, Any]:
        """As the document keeps it."""
        data = self.cleaned_data
        sender = data["sender"].pk if data["sender"] else None
        return {"subject": data["subject"], "body": data["body"], "sender": sender}


class WaitForm(StaffForm):
    """How long to wait before the next step."""

    amount = forms.IntegerField(label=_("Wait"), min_value=1, max_value=10_080)
    unit = forms.ChoiceField(label=_("Unit"), choices=_UNITS)
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
        at = data["at"].strftime("%H:%M") if data["at"] else ""
        return {"amount": data["amount"], "unit": data["unit"], "at": at}


class TodoForm(StaffForm):
    """Something that the owner of the lead has to do."""

    title = forms.CharField(label=_("What is to be done"), max_length=200, required=False)
    due_days = forms.IntegerField(label=_("Days to do it"), min_value=0, max_value=90)

    def part(self) -> dict[str, Any]:
        """As the document keeps it."""
        return {"title": self.cleaned_data["title"], "due_days": self.cleaned_data["due_days"]}


STEP_FORMS: dict[str, type[EmailForm | WaitForm | TodoForm]] = {
    "email": EmailForm,
    "wait": WaitForm,
    "todo": TodoForm,
}


class EntryForm(StaffForm):
    """Who enters, what the goal is, what ends it, and when mails may arrive."""

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
    goal = ConditionField(
        "lead",
        label=_("Goal"),
        help_text=_("Who reaches it leaves at once. Without a condition there is no goal."),
    )
    exits = forms.MultipleChoiceField(
        label=_("Ends early when"),
        choices=_EXITS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Who unsubscribes, bounces or is disqualified always leaves."),
    )
    days = forms.TypedMultipleChoiceField(
        label=_("Mails may arrive on"),
        choices=_DAYS,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )
    opens = forms.TimeField(label=_("From"), widget=TimeInput(format="%H:%M"))
    closes = forms.TimeField(
        label=_("To"), widget=TimeInput(format="%H:%M"), help_text=_("Their local time.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["trigger"].choices = [  # type: ignore[attr-defined]
            ("", _t("Only by hand")),
            ("cooled", _t("The score falls under the threshold")),
            ("recycled", _t("Sales sends the lead back")),
            (_t("Sends the form"), selectors.forms_to_choose()),
            (_t("Comes into the segment"), selectors.segments_to_choose()),
        ]

    @classmethod
    def reads(cls, document: dict[str, Any]) -> dict[str, Any]:
        """The initial values that say what the document says."""
        window, again = document["window"], document["again"]
        return {
            "trigger": documents.trigger_of(document),
            "again": again["policy"],
            "again_days": again.get("days") or 90,
            "goal": document["goal"],
            "exits": [key for key, on in document["exits"].items() if on],
            "days": window["days"],
            "opens": window["opens"],
            "closes": window["closes"],
        }

    def clean(self) -> None:
        """Hours end after they begin."""
        opens, closes = self.cleaned_data.get("opens"), self.cleaned_data.get("closes")
        if opens and closes and opens >= closes:
            self.add_error("closes", _t("The sending hours have to end after they begin."))

    def part(self) -> dict[str, Any]:
        """As the document keeps it."""
        data = self.cleaned_data
        kind, _colon, ref = data["trigger"].partition(":")
        return {
            "trigger": {"kind": kind or "manual", "ref": int(ref) if ref else None},
            "again": {"policy": data["again"], "days": data["again_days"]},
            "goal": data["goal"],
            "exits": {key: key in data["exits"] for key, _label in _EXITS},
            "window": {
                "days": data["days"],
                "opens": data["opens"].strftime("%H:%M"),
                "closes": data["closes"].strftime("%H:%M"),
            },
        }


class AboutForm(StaffForm):
    """What is not part of a version."""

    name = forms.CharField(label=_("Name"), max_length=120)
    owner = forms.ModelChoiceField(User.objects.none(), label=_("Owner"), required=False)
    priority = forms.IntegerField(
        label=_("Priority"),
        min_value=1,
        max_value=9,
        help_text=_("9 goes first: who is in it does not enter one with a smaller number."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).order_by("name")
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]


class EnrolForm(StaffForm):
    """People to let in by hand, by their addresses."""

    emails = forms.CharField(
        label=_("Email addresses"),
        max_length=20_000,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("One in each line, of people who are leads already."),
    )

    def clean_emails(self) -> list[str]:
        """The addresses, each once."""
        words = self.cleaned_data["emails"].replace(",", " ").replace(";", " ").split()
        return list(dict.fromkeys(word.lower() for word in words))


class BroadcastForm(EmailForm):
    """A broadcast: its mail, to whom, and when."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Only you see it."))
    preview = forms.CharField(
        label=_("Preview text"),
        max_length=200,
        required=False,
        help_text=_("Mailboxes show it beside the subject."),
    )
    include = forms.ModelMultipleChoiceField(
        Segment.objects.none(),
        label=_("Goes to"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Whoever is in one of them, once."),
    )
    exclude = forms.ModelMultipleChoiceField(
        Segment.objects.none(),
        label=_("But not to"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    purpose = forms.ChoiceField(
        label=_("Purpose"), help_text=_("Only who agreed to mail for it gets it.")
    )
    campaign = forms.ModelChoiceField(
        Campaign.objects.none(),
        label=_("Campaign"),
        required=False,
        empty_label=_("None"),
        help_text=_("Its links say so: who comes by them belongs to it."),
    )
    timing = forms.ChoiceField(
        label=_("It goes"), choices=Broadcast.Timing.choices, widget=forms.RadioSelect
    )
    send_on = forms.DateField(label=_("Day"), required=False)
    send_time = forms.TimeField(label=_("Hour"), required=False, widget=TimeInput(format="%H:%M"))

    field_order = (
        "name", "subject", "preview", "body", "sender", "include", "exclude", "purpose", "campaign",
        "timing", "send_on", "send_time",
    )  # fmt: skip

    def __init__(self, *args: Any, broadcast: Broadcast, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = [*broadcast.include.all(), *broadcast.exclude.all()]
        known = Segment.objects.filter(
            Q(archived_at=None) | Q(pk__in=[one.pk for one in chosen])
        ).order_by("name")
        for name in ("include", "exclude"):
            self.fields[name].queryset = known  # type: ignore[attr-defined]
            self.fields[name].label_from_instance = _with_count  # type: ignore[attr-defined]
        campaigns = Campaign.objects.filter(Q(is_archived=False) | Q(pk=broadcast.campaign_id))
        self.fields["campaign"].queryset = campaigns.order_by("name")  # type: ignore[attr-defined]
        purposes = {*broadcasts.purposes(), broadcast.purpose}
        self.fields["purpose"].choices = [  # type: ignore[attr-defined]
            (one, one.capitalize()) for one in sorted(purposes)
        ]
        zone = zones.place(Organisation.current().time_zone)
        self.fields["send_time"].help_text = _t(
            "By the clock of %(place)s, or of each reader, as chosen above."
        ) % {"place": zone}

    def clean(self) -> None:
        """A day and an hour where they are asked for."""
        super().clean()
        data = self.cleaned_data
        if data.get("timing") != Broadcast.Timing.NOW:
            for name in ("send_on", "send_time"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, _t("Choose the day and the hour at which it goes."))


def _with_count(segment: Segment) -> str:
    return f"{segment.name} ({segment.member_count:,})"
