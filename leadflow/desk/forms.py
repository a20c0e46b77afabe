"""The forms of the desk."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from leadflow.calling.models import CallList
from leadflow.desk.owners import owners_for
from leadflow.handover.models import RejectReason
from leadflow.kit import clock
from leadflow.kit.phones import is_country
from leadflow.models import (
    Activity,
    Company,
    CustomField,
    Disposition,
    Lead,
    LeadStage,
    Note,
    Source,
)
from leadflow.people.models import User
from leadflow.services.todos import Plan
from leadflow.web.files import FilesField
from leadflow.web.forms import DateInput, DateTimeInput, StaffForm, StaffModelForm
from leadflow.web.own_fields import OwnFieldsMixin

LEAD_FIELDS = [
    "first_name", "last_name", "email", "phone", "job_title", "seniority", "department", "city",
    "region", "country", "birth_year", "language", "time_zone", "preferred_channel",
    "preferred_time", "buyer_stage", "funnel_position", "direction", "company", "source",
]  # fmt: skip


# What a to-do can be; demos and discovery calls are planned as meetings are.
TODO_TYPES = [
    (Activity.Kind.CALL.value, Activity.Kind.CALL.label),
    (Activity.Kind.EMAIL.value, Activity.Kind.EMAIL.label),
    (Activity.Kind.MEETING.value, Activity.Kind.MEETING.label),
    (Activity.Kind.SOCIAL.value, Activity.Kind.SOCIAL.label),
    (Activity.Kind.TODO.value, _("Other")),
]


class LeadForm(OwnFieldsMixin, StaffModelForm):
    """What is known of a person; the service writes it and remembers what it was."""

    subject = CustomField.Subject.LEAD
    company_name = forms.CharField(label=_("Company"), max_length=200, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Lead
        fields = [name for name in LEAD_FIELDS if name != "company"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = Source.objects.filter(is_archived=False)  # type: ignore[attr-defined]
        self.order_fields(["first_name", "last_name", "email", "phone", "company_name"])
        if self.instance.pk and self.instance.company:
            self.fields["company_name"].initial = self.instance.company.name
        self.fields["version"].initial = self.instance.version if self.instance.pk else None
        self.plain = {*self.fields} - {"company_name", "version"}
        if self.instance.pk:
            self.add_own(self.instance.custom)

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        return {k: self.cleaned_data[k] for k in self.plain} | self.own_edits()

    def _post_clean(self) -> None:
        """The service validates against the whole row; the form must not touch the instance."""


class NewLeadForm(LeadForm):
    """The few fields with which a lead begins."""

    class Meta:
        model = Lead
        fields = ["first_name", "last_name", "email", "phone", "job_title", "source"]


class NoteForm(StaffForm):
    """A note."""

    text = forms.CharField(
        label=_("Note"), widget=forms.Textarea(attrs={"rows": 2}), max_length=10_000
    )
    attached = FilesField(label=_("Files"), required=False)
    is_research = forms.BooleanField(label=_("It is research"), required=False)
    is_private = forms.BooleanField(label=_("Only I see it"), required=False)

    def said(self) -> dict[str, Any]:
        """What the service takes of it; files are claimed apart."""
        values = self.cleaned_data
        kind = Note.Kind.RESEARCH if values["is_research"] else Note.Kind.NOTE
        return {"text": values["text"], "is_private": values["is_private"], "kind": kind}


class TodoForm(StaffForm):
    """A to-do with all that can be said of it; `now` is the activity that it changes."""

    subject = forms.CharField(label=_("In a few words"), max_length=200)
    kind = forms.ChoiceField(label=_("Type"), choices=TODO_TYPES)
    due_at = forms.DateTimeField(label=_("Due"), widget=DateTimeInput)
    remind = forms.TypedChoiceField(
        label=_("Remind"), choices=[("", _("As usual")), *Activity.Remind.choices], required=False,
        coerce=int, empty_value=None,
    )  # fmt: skip
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=Activity.Priority.choices, coerce=int,
        initial=Activity.Priority.NORMAL,
    )  # fmt: skip
    repeat = forms.ChoiceField(label=_("Repeat"), choices=Activity.Repeat.choices, required=False)
    repeat_until = forms.DateField(
        label=_("Until"), required=False, help_text=_("The last day. Empty repeats without an end.")
    )
    body = forms.CharField(
        label=_("Notes"),
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        max_length=10_000,
    )
    owner = forms.ModelChoiceField(label=_("Whose"), queryset=User.objects.none())
    words = forms.CharField(
        label=_("A word to your colleague"), max_length=300, required=False,
        help_text=_("Where the to-do is not yours. Your colleague is told with it."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, now: Activity | None = None, **kwargs: Any) -> None:
        if now:
            names = ("kind", "subject", "remind", "priority", "repeat", "repeat_until", "body")
            known = {name: getattr(now, name) for name in names}
            known |= {"owner": now.owner_id, "due_at": now.due_at}
            kwargs["initial"] = known | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.active().order_by("name")  # type: ignore[attr-defined]
        self.fields["owner"].initial = user.pk
        if now and now.kind not in dict(TODO_TYPES):
            own = (now.kind, now.get_kind_display())
            self.fields["kind"].choices = [own, *TODO_TYPES]  # type: ignore[attr-defined]

    def plan(self) -> Plan:
        """What the service takes."""
        values = self.cleaned_data
        return Plan(**{key: values[key] for key in values if key not in ("owner", "words")})


class CallListForm(StaffModelForm):
    """A call list: whom, by whom, with which words, how often and when."""

    source = forms.ChoiceField(label=_("Who is called"), required=False)
    callers = forms.ModelMultipleChoiceField(
        label=_("Who calls"), queryset=User.objects.none(), widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = CallList
        fields = [
            "name", "script", "tries", "days", "pause", "ending", "from_hour", "to_hour", "weekends",
        ]  # fmt: skip

    field_order = ["name", "source", "callers", "script"]

    def __init__(
        self, *args: Any, user: User, sources: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].choices = sources  # type: ignore[attr-defined]
        self.fields["callers"].queryset = owners_for(user)  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class StageForm(StaffForm):
    """Another stage, or off the road."""

    to = forms.ChoiceField(label=_("Stage"), choices=LeadStage.choices)
    reason = forms.CharField(label=_("Why"), max_length=200, required=False)


class OffRampForm(StaffForm):
    """Taking a lead off the road."""

    disposition = forms.ChoiceField(
        label=_("What happens"), choices=[c for c in Disposition.choices if c[0]]
    )
    reason = forms.ChoiceField(label=_("Why"), choices=RejectReason.choices)
    return_on = forms.DateField(label=_("Ask again on"), required=False)


class OwnerForm(StaffForm):
    """Another owner, from those whom the user may give leads to."""

    owner = forms.ModelChoiceField(label=_("Owner"), queryset=User.objects.none())

    def __init__(
        self, *args: Any, user: User, known: Sequence[User] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["owner"]
        field.queryset = owners_for(user)
        if known is not None:  # those of `owners_for`, where the page has read them already
            field.choices = [("", field.empty_label), *((one.pk, str(one)) for one in known)]


class GiveForm(OwnerForm):
    """To whom one lead goes, and what that colleague should know of her."""

    words = forms.CharField(
        label=_("A word to your colleague"), max_length=2_000, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kept as a note on the lead; your colleague is told with it."),
    )  # fmt: skip


class SourceForm(StaffForm):
    """Where leads came from, when it is said for many at once."""

    source = forms.ModelChoiceField(label=_("Source"), queryset=Source.objects.all())


class CountryForm(StaffForm):
    """Where leads are, when it is said for many at once."""

    country = forms.CharField(
        label=_("Country"),
        min_length=2,
        max_length=2,
        help_text=_("Two letters, such as DE or BR."),
    )

    def clean_country(self) -> str:
        """The code of a country that there is."""
        code: str = self.cleaned_data["country"].upper()
        if not is_country(code):
            raise forms.ValidationError(_("There is no country with these two letters."))
        return code


class SequenceForm(StaffForm):
    """A sequence that takes people in; nurturing says which there are."""

    sequence = forms.ChoiceField(
        label=_("Sequence"),
        help_text=_("Who has not agreed, or was in it before, is left out with the reason."),
        widget=forms.Select(
            {
                "class": "lf-input form-select",
                "hx-get": "/sequences/options/",
                "hx-trigger": "load",
                "hx-swap": "innerHTML",
            }
        ),
    )


class DayForm(StaffForm):
    """A day that is not ahead."""

    on = forms.DateField(label=_("As it was on"), widget=DateInput())

    def clean_on(self) -> date:
        """Nothing is known of tomorrow."""
        day: date = self.cleaned_data["on"]
        if day > localdate(clock.now()):
            raise forms.ValidationError(_("Choose a day that has come already."))
        return day


class TagForm(StaffForm):
    """A tag to put on leads."""

    name = forms.CharField(label=_("Tag"), max_length=60)


class CompanyForm(OwnFieldsMixin, StaffModelForm):
    """What is known of a company."""

    subject = CustomField.Subject.COMPANY
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Company
        fields = [
            "name",
            "domain",
            "industry",
            "size",
            "revenue",
            "country",
            "city",
            "founded",
            "owner",
            "tier",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.can_own().order_by("name")  # type: ignore[attr-defined]
        self.fields["version"].initial = self.instance.version if self.instance.pk else None
        self.plain = {*self.fields} - {"version"}
        self.add_own(self.instance.custom)

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        return {k: self.cleaned_data[k] for k in self.plain} | self.own_edits()

    def _post_clean(self) -> None:
        """The service validates; the form must not touch the instance."""
