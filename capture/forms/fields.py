"""One Django field for each kind of question: what it takes, what it refuses, how it is drawn."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from capture.blocks.asking import Question
from capture.blocks.targets import longest
from capture.forms.slots import SlotAnswer
from leadflow.assets import uploads
from leadflow.kit import emails, phones, text

AUTOCOMPLETE = {
    "first_name": "given-name",
    "last_name": "family-name",
    "full_name": "name",
    "company_name": "organization",
    "job_title": "organization-title",
    "city": "address-level2",
    "region": "address-level1",
    "country": "country",
}


class EmailAnswer(forms.CharField):
    """An address, checked as the rest of the product checks it."""

    def clean(self, value: Any) -> Any:
        given = super().clean(value)
        if not given:
            return ""
        try:
            return emails.parse(given).address
        except ValueError:
            raise ValidationError(
                _("Check the address: it should look like name@example.com.")
            ) from None


class PhoneAnswer(forms.CharField):
    """A telephone number; one without + is read as one of `country`."""

    def __init__(self, *, country: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.country = country

    def clean(self, value: Any) -> Any:
        given = super().clean(value)
        if not given:
            return ""
        try:
            return phones.normalise(given, self.country or None)
        except ValueError as error:
            raise ValidationError(str(error)) from None


class LineAnswer(forms.CharField):
    """One line: line breaks and control characters become a space."""

    def to_python(self, value: Any) -> str:
        return text.one_line(super().to_python(value) or "")


class ParagraphAnswer(forms.CharField):
    """Several lines, without control characters."""

    def to_python(self, value: Any) -> str:
        return text.clean(super().to_python(value) or "").strip()


class NumberAnswer(forms.DecimalField):
    """A number, kept as JSON keeps numbers."""

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        if found is None:
            return None
        return int(found) if found == found.to_integral_value() else float(found)


class DateAnswer(forms.DateField):
    """A day as 2026-11-22, which is what browsers send and what rules and formulas read."""

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        return found.isoformat() if isinstance(found, date) else None


class StepAnswer(forms.TypedChoiceField):
    """A whole number out of a row: stars, or a place on a scale."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, empty_value=None, widget=forms.RadioSelect, **kwargs)


class SentFile(str):
    """The name of a file that was sent, as the answer is kept; `upload` says which one."""

    upload: str

    def __new__(cls, name: str, upload: str) -> "SentFile":
        made = super().__new__(cls, name)
        made.upload = upload
        return made


class FileInput(forms.TextInput):
    """The code of the file that was sent, and the control that sends another."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """From the templates of the product, not from those of Django's forms."""
        del renderer
        return render_to_string("capture/public/file.html", self.get_context(name, value, attrs))


class FileAnswer(forms.CharField):
    """A file by the code under which it waits; of the kinds and the size that the question takes."""

    widget = FileInput

    def __init__(self, *, kinds: tuple[str, ...], most: int, **kwargs: Any) -> None:
        super().__init__(max_length=22, **kwargs)
        self.kinds, self.most = kinds, most
        self.widget.attrs = {"accept": ",".join(f".{kind}" for kind in kinds)}

    def clean(self, value: Any) -> Any:
        code = super().clean(value)
        row = uploads.waiting(code) if code else None
        if code and (row is None or row.kind not in self.kinds or row.size > self.most):
            raise ValidationError(_("That file did not arrive. Choose it again."))
        return SentFile(row.name, row.public_id) if row else ""


class YesNoAnswer(forms.TypedChoiceField):
    """Yes or no; not answered is neither."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=[("yes", _("Yes")), ("no", _("No"))],
            coerce=lambda value: value == "yes",
            empty_value=None,
            widget=forms.RadioSelect,
            **kwargs,
        )


def _attrs(question: Question, **more: Any) -> dict[str, Any]:
    hint = str(question.props.get("placeholder") or "")
    return {key: value for key, value in {"placeholder": hint, **more}.items() if value}


def _email(question: Question, shared: dict[str, Any]) -> forms.Field:
    meant = {
        "data-domains": ",".join(emails.COMMON),
        "data-words-meant": _("Did you mean {address}?"),
    }
    attrs = _attrs(question, autocomplete="email", inputmode="email", **meant)
    return EmailAnswer(max_length=254, widget=forms.EmailInput(attrs=attrs), **shared)


def _phone(question: Question, shared: dict[str, Any]) -> forms.Field:
    country = str(question.props.get("country") or "").upper()
    words = {
        "data-words-country": _("Country code"),
        "data-words-phone": _("Check the number: it should look like +49 30 901820."),
    }
    dial = {"data-dial": phones.dial_codes(), "data-country": country}
    attrs = _attrs(question, type="tel", autocomplete="tel", **dial, **words)
    return PhoneAnswer(
        country=country, max_length=40, widget=forms.TextInput(attrs=attrs), **shared
    )


def _line(question: Question, shared: dict[str, Any]) -> forms.Field:
    attrs = _attrs(question, autocomplete=AUTOCOMPLETE.get(question.save_to, ""))
    return LineAnswer(
        max_length=longest(question.save_to, 500), widget=forms.TextInput(attrs=attrs), **shared
    )


def _paragraph(question: Question, shared: dict[str, Any]) -> forms.Field:
    attrs = _attrs(question, rows=4)
    return ParagraphAnswer(
        max_length=longest(question.save_to, 10_000), widget=forms.Textarea(attrs=attrs), **shared
    )


def _number(question: Question, shared: dict[str, Any]) -> forms.Field:
    return _amount(question, shared, unit=str(question.props.get("unit") or ""), places=6)


def _money(question: Question, shared: dict[str, Any]) -> forms.Field:
    return _amount(question, shared, unit=str(question.props.get("currency") or ""), places=2)


def _amount(question: Question, shared: dict[str, Any], *, unit: str, places: int) -> forms.Field:
    low, high = (_decimal(question.props.get(key)) for key in ("at_least", "at_most"))
    if unit:
        shared["label"] = f"{shared['label']} ({unit})"
    attrs = _attrs(question, inputmode="decimal", step="any")
    return NumberAnswer(
        min_value=low,
        max_value=high,
        max_digits=18,
        decimal_places=places,
        widget=forms.NumberInput(attrs=attrs),
        **shared,
    )


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _date(question: Question, shared: dict[str, Any]) -> forms.Field:
    widget = forms.DateInput(attrs=_attrs(question, type="date"), format="%Y-%m-%d")
    return DateAnswer(input_formats=["%Y-%m-%d"], widget=widget, **shared)


def _rating(question: Question, shared: dict[str, Any]) -> forms.Field:
    most = int(question.props.get("stars") or 5)
    steps = [(n, ngettext("%(n)d star", "%(n)d stars", n) % {"n": n}) for n in range(1, most + 1)]
    return StepAnswer(choices=steps, **shared)


def _scale(question: Question, shared: dict[str, Any]) -> forms.Field:
    low, high = int(question.props["lowest"]), int(question.props["highest"])
    ends = {low: question.props.get("low_words"), high: question.props.get("high_words")}
    told = " · ".join(f"{n}: {escape(words)}" for n, words in ends.items() if words)
    shared["help_text"] = " ".join(part for part in (shared["help_text"], told) if part)
    return StepAnswer(choices=[(n, str(n)) for n in range(low, high + 1)], **shared)


def _choice(question: Question, shared: dict[str, Any]) -> forms.Field:
    if question.props.get("is_multiple"):
        return forms.MultipleChoiceField(
            choices=question.options(), widget=forms.CheckboxSelectMultiple, **shared
        )
    return forms.ChoiceField(choices=question.options(), widget=forms.RadioSelect, **shared)


def _dropdown(question: Question, shared: dict[str, Any]) -> forms.Field:
    return forms.ChoiceField(choices=[("", _("Choose …")), *question.options()], **shared)


_KINDS = {
    "all": (*uploads.DOCUMENTS, *uploads.PICTURES),
    "documents": uploads.DOCUMENTS,
    "pictures": uploads.PICTURES,
    "pdf": ("pdf",),
}


def _file(question: Question, shared: dict[str, Any]) -> forms.Field:
    megabytes = int(question.props.get("most_mb") or 10)
    told = _("At most %(n)d MB.") % {"n": megabytes}
    shared["help_text"] = " ".join(part for part in (shared["help_text"], told) if part)
    kinds = _KINDS[str(question.props.get("kinds") or "all")]
    return FileAnswer(kinds=kinds, most=megabytes * 1_000_000, **shared)


def _yes_no(question: Question, shared: dict[str, Any]) -> forms.Field:
    del question
    return YesNoAnswer(**shared)


def _consent(question: Question, shared: dict[str, Any]) -> forms.Field:
    del question
    return forms.BooleanField(**shared)


def _slots(question: Question, shared: dict[str, Any]) -> forms.Field:
    return SlotAnswer(question=question, **shared)


FIELDS = {
    "slots": _slots,
    "email": _email,
    "phone": _phone,
    "short_text": _line,
    "long_text": _paragraph,
    "number": _number,
    "money": _money,
    "date": _date,
    "rating": _rating,
    "scale": _scale,
    "choice": _choice,
    "dropdown": _dropdown,
    "yes_no": _yes_no,
    "file": _file,
    "consent": _consent,
}


def field_of(question: Question) -> forms.Field:
    """The field of one open question. Whether it must be answered is decided with its rule."""
    is_required = bool(question.props.get("is_required"))
    always = question.show_when is None and not question.props.get("sets")
    label = question.label
    if not is_required and question.type != "consent":
        label = _("%(question)s (optional)") % {"question": label}
    shared = {
        "label": label,
        # crispy prints help texts as they come
        "help_text": escape(question.props.get("help") or ""),
        "required": is_required and always,
        "error_messages": {"required": required_words(question)},
    }
    return FIELDS[question.type](question, shared)


def required_words(question: Question) -> str:
    if question.type == "consent":
        return _("Tick this box to go on.")
    if question.type == "slots":
        return _("Choose a time.")
    if question.type in {"choice", "dropdown", "yes_no", "rating", "scale"}:
        return _("Choose an answer.")
    return _("Choose a file.") if question.type == "file" else _("Fill this in.")
