"""The organisation's settings, screen by screen."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from leadflow.kit import figures, text
from leadflow.models import CustomField, ExchangeRate, LeadStage, Organisation, ResearchItem, Source
from leadflow.web.forms import DateInput, StaffForm, StaffModelForm
from leadflow.web.zones import ZoneSelect, zone_choices

MAX_LOGO = 512 * 1024
MAX_FILE = 2 * 1024 * 1024
# The first bytes of what may be a logo; never SVG, which can carry script.
MAGIC = {
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "jpg": re.compile(rb"\xff\xd8\xff"),
    "jpeg": re.compile(rb"\xff\xd8\xff"),
    "webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}
_MONTHS = [_("January"), _("February"), _("March"), _("April"), _("May"), _("June"), _("July"),
           _("August"), _("September"), _("October"), _("November"), _("December")]  # fmt: skip
WEEKDAYS = [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"),
            _("Sunday")]  # fmt: skip
_DATE_FORMATS = [
    ("j M Y", _("22 Nov 2026")),
    ("d.m.Y", _("22.11.2026")),
    ("d/m/Y", _("22/11/2026")),
    ("m/d/Y", _("11/22/2026")),
    ("Y-m-d", _("2026-11-22")),
]


class IdentityForm(StaffModelForm):
    """Who runs this workspace."""

    class Meta:
        model = Organisation
        fields = ["name", "legal_name", "postal_address", "logo", "colour", "accent"]
        widgets = {
            "postal_address": forms.Textarea(attrs={"rows": 4}),
            "logo": forms.FileInput(attrs={"accept": ".png,.jpg,.jpeg,.webp"}),
            "colour": forms.TextInput(attrs={"type": "color"}),
            "accent": forms.TextInput(attrs={"type": "color"}),
        }
        help_texts = {
            "logo": _("PNG, JPEG or WebP, up to 512 KB."),
            "colour": _("Buttons of your public forms, pages and mails wear it."),
            "accent": _("Bars, stars, links in mails and the edge of quotes and results wear it."),
            "legal_name": _("As it stands in the register; shown in the foot of mails."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # a browser's colour field knows no empty: it would offer black
        self.initial["accent"] = self.instance.mark

    def clean_accent(self) -> str:
        """What was never chosen stays so, and goes along with the first colour."""
        return (
            str(self.cleaned_data["accent"])
            if "accent" in self.changed_data
            else self.instance.accent
        )

    def clean_logo(self) -> Any:
        """By its ending and by its first bytes; the stored name is random."""
        logo = self.cleaned_data.get("logo")
        if logo and hasattr(logo, "content_type"):
            ending = str(logo.name).rsplit(".", 1)[-1].lower()
            if logo.size > MAX_LOGO:
                raise forms.ValidationError(_("The file is larger than 512 KB. Make it smaller."))
            head = logo.read(16)
            logo.seek(0)
            if ending not in MAGIC or not MAGIC[ending].match(head):
                raise forms.ValidationError(_("Choose a PNG, JPEG or WebP picture."))
        return logo


class LocaleForm(StaffModelForm):
    """How it reads and counts."""

    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zone_choices, widget=ZoneSelect)
    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_("LeadFlow speaks English. What you write, and what visitors see, is in yours."),
    )
    date_format = forms.ChoiceField(label=_("Dates"), choices=_DATE_FORMATS)
    number_format = forms.ChoiceField(
        label=_("Numbers"), choices=[(signs, signs) for signs in figures.SIGNS]
    )
    fiscal_year_start = forms.TypedChoiceField(
        label=_("Fiscal year starts in"), coerce=int, choices=list(enumerate(_MONTHS, start=1))
    )
    week_start = forms.TypedChoiceField(
        label=_("Week starts on"), coerce=int, choices=list(enumerate(WEEKDAYS, start=1))
    )

    class Meta:
        model = Organisation
        fields = [
            "time_zone",
            "language",
            "date_format",
            "number_format",
            "base_currency",
            "fiscal_year_start",
            "week_start",
        ]
        help_texts = {
            "base_currency": _("Three letters. Sums are in it; amounts keep their own currency."),
        }


class SellingForm(StaffModelForm):
    """How deals are quoted, and up to which day commission is settled."""

    class Meta:
        model = Organisation
        fields = [
            "tax_rate",
            "free_discount",
            "approves_own",
            "quote_days",
            "quote_terms",
            "commission_closed_on",
        ]
        widgets = {
            "quote_terms": forms.Textarea(attrs={"rows": 6}),
            "commission_closed_on": DateInput(),
        }


class HoursForm(StaffForm):
    """Working hours: two times for each day, both empty for a day off."""

    def __init__(self, *args: Any, hours: Sequence[Sequence[str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for day, label in enumerate(WEEKDAYS):
            opens, closes = [*(hours[day] if day < len(hours) else []), "", ""][:2]
            for part, value in (("opens", opens), ("closes", closes)):
                self.fields[f"{part}_{day}"] = forms.TimeField(
                    label=_("%(day)s from") % {"day": label}
                    if part == "opens"
                    else _("%(day)s until") % {"day": label},
                    required=False,
                    initial=value,
                    widget=forms.TimeInput(
                        format="%H:%M", attrs={"type": "time", "class": "lf-input"}
                    ),
                )

    def days(self) -> list[tuple[object, forms.BoundField, forms.BoundField]]:
        """Name of the day and its two fields, for the page."""
        return [
            (label, self[f"opens_{day}"], self[f"closes_{day}"])
            for day, label in enumerate(WEEKDAYS)
        ]

    def clean(self) -> dict[str, Any]:
        """Both or neither, and in order."""
        data = super().clean() or {}
        for day in range(7):
            opens, closes = data.get(f"opens_{day}"), data.get(f"closes_{day}")
            if bool(opens) != bool(closes):
                self.add_error(f"closes_{day}", _("Give both times, or neither for a day off."))
            elif opens and closes and opens >= closes:
                self.add_error(f"closes_{day}", _("Close after you open."))
        return data

    def hours(self) -> list[list[str]]:
        """As the organisation stores them."""
        return [
            [
                f"{self.cleaned_data[f'{part}_{day}']:%H:%M}"
                for part in ("opens", "closes")
                if self.cleaned_data[f"{part}_{day}"]
            ]
            for day in range(7)
        ]


class RateForm(StaffModelForm):
    """One exchange rate."""

    class Meta:
        model = ExchangeRate
        fields = ["currency", "on", "rate"]
        help_texts = {"rate": _("What one unit is worth in the base currency from that day on.")}

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def validate_unique(self) -> None:
        """A second rate for a day replaces the first."""


class RatesFileForm(StaffForm):
    """Rates from a file."""

    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("Columns currency, date, rate; for example USD, 2026-11-01, 0.92."),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv", "class": "lf-input"}),
    )

    def clean_file(self) -> str:
        """Its text."""
        file = self.cleaned_data["file"]
        if file.size > MAX_FILE:
            raise forms.ValidationError(_("The file is larger than 2 MB. Split it."))
        try:
            return str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise forms.ValidationError(_("Save the file as UTF-8 text.")) from error


class SourceForm(StaffModelForm):
    """A place that leads come from."""

    class Meta:
        model = Source
        fields = ["name", "channel", "direction", "is_free"]


class ResearchItemForm(StaffModelForm):
    """A line of the research checklist."""

    class Meta:
        model = ResearchItem
        fields = ["subject", "label", "hint", "position"]


class LinesField(forms.CharField):
    """A list, one entry a line."""

    widget = forms.Textarea(attrs={"rows": 5, "class": "lf-input"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = [line.strip() for line in str(value or "").splitlines()]
        return list(dict.fromkeys(line[:120] for line in lines if line))


class FieldForm(StaffModelForm):
    """A field of the organisation's own; subject and type are chosen once."""

    choices = LinesField(
        label=_("Choices"), required=False, help_text=_("One a line; for the two list types.")
    )

    class Meta:
        model = CustomField
        fields = ["subject", "label", "type", "choices", "help_text", "is_personal"]
        help_texts = {"is_personal": _("Personal data is left out of exports without the right.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["subject"]
            del self.fields["type"]

    def clean(self) -> dict[str, Any]:
        """A list type needs its list, of at most 200."""
        data = super().clean() or {}
        kind = data.get("type") or self.instance.type
        if kind in (CustomField.Type.CHOICE, CustomField.Type.CHOICES):
            if not data.get("choices"):
                self.add_error("choices", _("Write at least one choice."))
        else:
            data["choices"] = []
        if len(data.get("choices") or []) > 200:
            self.add_error("choices", _("At most 200 choices."))
        return data


def customer_events(organisation: Organisation) -> list[tuple[str, Any]]:
    """What can make a customer, in words."""
    stages = (LeadStage.MQL, LeadStage.SAL, LeadStage.SQL, LeadStage.OPPORTUNITY)
    reached = _("a deal is won, or the stage “%(stage)s” is reached")
    return [
        ("", _("a deal is won")),
        *((f"stage:{s}", reached % {"stage": organisation.stage_label(s)}) for s in stages),
        ("outcome", _("a deal is won, or an activity ends with an outcome")),
        ("event", _("a deal is won, or a tracked event happens, such as a sign-up")),
    ]


class LifecycleForm(StaffForm):
    """What the stages are called here, and what each means."""

    hide_sal = forms.BooleanField(
        label=_("Work without the stage Accepted"),
        required=False,
        help_text=_("Leads go from MQL to SQL; hand-overs are still accepted."),
    )
    count_subscribers = forms.BooleanField(
        label=_("Count subscribers as leads"),
        required=False,
        help_text=_("In “leads generated” and the funnel."),
    )
    auto_accept = forms.BooleanField(
        label=_("Accept hand-overs by itself"),
        required=False,
        help_text=_("The owner need not confirm a lead that was routed to them."),
    )

    customer_event = forms.ChoiceField(
        label=_("A lead becomes a customer when"),
        required=False,
        choices=[("", _("a deal is won"))],
        help_text=_(
            "Where you do not sell by deals, name the sign-up, the first use or the investment that "
            "you want of people. It holds from now on, beside won deals, and counts as a customer in "
            "every number."
        ),
    )
    customer_word = forms.CharField(
        label=_("Name of the outcome or event"),
        required=False,
        max_length=60,
        help_text=_("As activities and tracked events say it, such as “signed up”."),
    )

    renewal_days = forms.IntegerField(
        label=_("Remind of renewals so many days before"),
        min_value=1,
        max_value=365,
        required=False,
        help_text=_("The owner of the customer gets a to-do, once for each renewal."),
    )

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        own = (
            "hide_sal", "count_subscribers", "auto_accept", "customer_event", "customer_word",
            "renewal_days",
        )  # fmt: skip
        initial = {name: getattr(organisation, name) for name in own}
        for stage in LeadStage:
            initial[f"label_{stage}"] = organisation.stage_labels.get(stage, "")
            initial[f"about_{stage}"] = organisation.definitions.get(stage, "")
            initial[f"days_{stage}"] = organisation.stage_days.get(stage)
        super().__init__(*args, initial=initial, **kwargs)
        self.fields["customer_event"].choices = customer_events(organisation)  # type: ignore[attr-defined]
        for stage in LeadStage:
            self.fields[f"label_{stage}"] = forms.CharField(
                label=_("“%(stage)s” is called") % {"stage": stage.label},
                required=False,
                max_length=40,
                widget=forms.TextInput(attrs={"placeholder": stage.label, "class": "lf-input"}),
            )
            self.fields[f"about_{stage}"] = forms.CharField(
                label=_("A lead is “%(stage)s” when") % {"stage": stage.label},
                required=False,
                max_length=500,
                widget=forms.Textarea(attrs={"rows": 2, "class": "lf-input"}),
            )
            if stage != LeadStage.CUSTOMER:
                self.fields[f"days_{stage}"] = forms.IntegerField(
                    label=_("A lead stands too long in “%(stage)s” after days")
                    % {"stage": stage.label},
                    min_value=1,
                    max_value=3_650,
                    required=False,
                    help_text=_("Its card is marked then. Empty: never."),
                )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("customer_event") in {"outcome", "event"} and not data.get("customer_word"):
            self.add_error("customer_word", _("Say which outcome or event it is."))
        return data

    def values(self) -> dict[str, Any]:
        """As the organisation stores them; empty words are left out."""
        data = self.cleaned_data
        return {
            "hide_sal": data["hide_sal"],
            "count_subscribers": data["count_subscribers"],
            "auto_accept": data["auto_accept"],
            "customer_event": data["customer_event"],
            "customer_word": text.one_line(data["customer_word"]),
            "renewal_days": data["renewal_days"] or 60,
            "stage_labels": {str(s): data[f"label_{s}"] for s in LeadStage if data[f"label_{s}"]},
            "definitions": {str(s): data[f"about_{s}"] for s in LeadStage if data[f"about_{s}"]},
            "stage_days": {str(s): data[f"days_{s}"] for s in LeadStage if data.get(f"days_{s}")},
        }


class PrivacyForm(StaffModelForm):
    """Who sees what of a person, and for how long."""

    class Meta:
        model = Organisation
        fields = ["mask_contacts", "reps_see_unassigned", "retention_months"]
        help_texts = {
            "mask_contacts": _("Marketers see leads without e-mail and telephone."),
            "reps_see_unassigned": _(
                "They read and edit them, of no team or of their own; what a colleague owns stays hidden."
            ),
            "retention_months": _("Empty: leads are kept until somebody erases them."),
        }
