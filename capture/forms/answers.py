"""A version of a form as a Django form: what visitors see is what the server checks.

Built once per version and process (versions never change), laid out by crispy, rendered once.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout
from crispy_forms.utils import render_crispy_form
from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from capture.blocks.asking import Question, Rule, logic_field, questions, rules
from capture.blocks.calculating import formulas, parts, points
from capture.models import FormVersion
from leadflow.conditions import language
from leadflow.conditions.zone import here
from leadflow.formulas.computing import Given, Value, compute, rounded
from leadflow.formulas.parsing import Tree
from leadflow.kit import emails, phones, text
from leadflow.models import Lead

TEXTS = frozenset({"heading", "text", "result"})  # blocks that are words alone
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


def _limit(question: Question, fallback: int) -> int:
    """How long an answer may be: as long as the lead field that takes it."""
    target = "last_name" if question.save_to == "full_name" else question.save_to
    if target == "company_name":
        return 200
    if not target or target.startswith("custom."):
        return fallback
    return getattr(Lead._meta.get_field(target), "max_length", None) or fallback


def _attrs(question: Question, **more: Any) -> dict[str, Any]:
    hint = str(question.props.get("placeholder") or "")
    return {key: value for key, value in {"placeholder": hint, **more}.items() if value}


def _email(question: Question, shared: dict[str, Any]) -> forms.Field:
    attrs = _attrs(question, autocomplete="email", inputmode="email")
    return EmailAnswer(max_length=254, widget=forms.EmailInput(attrs=attrs), **shared)


def _phone(question: Question, shared: dict[str, Any]) -> forms.Field:
    attrs = _attrs(question, type="tel", autocomplete="tel")
    country = str(question.props.get("country") or "")
    return PhoneAnswer(
        country=country, max_length=40, widget=forms.TextInput(attrs=attrs), **shared
    )


def _line(question: Question, shared: dict[str, Any]) -> forms.Field:
    attrs = _attrs(question, autocomplete=AUTOCOMPLETE.get(question.save_to, ""))
    return LineAnswer(
        max_length=_limit(question, 500), widget=forms.TextInput(attrs=attrs), **shared
    )


def _paragraph(question: Question, shared: dict[str, Any]) -> forms.Field:
    attrs = _attrs(question, rows=4)
    return ParagraphAnswer(
        max_length=_limit(question, 10_000), widget=forms.Textarea(attrs=attrs), **shared
    )


def _number(question: Question, shared: dict[str, Any]) -> forms.Field:
    low, high = question.props.get("at_least"), question.props.get("at_most")
    unit = str(question.props.get("unit") or "")
    if unit:
        shared["label"] = f"{shared['label']} ({unit})"
    attrs = _attrs(question, inputmode="decimal", step="any")
    return NumberAnswer(
        min_value=low,
        max_value=high,
        max_digits=18,
        decimal_places=6,
        widget=forms.NumberInput(attrs=attrs),
        **shared,
    )


def _choice(question: Question, shared: dict[str, Any]) -> forms.Field:
    if question.props.get("is_multiple"):
        return forms.MultipleChoiceField(
            choices=question.options(), widget=forms.CheckboxSelectMultiple, **shared
        )
    return forms.ChoiceField(choices=question.options(), widget=forms.RadioSelect, **shared)


def _dropdown(question: Question, shared: dict[str, Any]) -> forms.Field:
    return forms.ChoiceField(choices=[("", _("Choose …")), *question.options()], **shared)


def _yes_no(question: Question, shared: dict[str, Any]) -> forms.Field:
    del question
    return YesNoAnswer(**shared)


def _consent(question: Question, shared: dict[str, Any]) -> forms.Field:
    del question
    return forms.BooleanField(**shared)


_FIELDS = {
    "email": _email,
    "phone": _phone,
    "short_text": _line,
    "long_text": _paragraph,
    "number": _number,
    "choice": _choice,
    "dropdown": _dropdown,
    "yes_no": _yes_no,
    "consent": _consent,
}


def _field(question: Question) -> forms.Field:
    """The field of one open question. Whether it must be answered is decided with its rule."""
    is_required = bool(question.props.get("is_required"))
    always = question.show_when is None
    label = question.label
    if not is_required and question.type != "consent":
        label = _("%(question)s (optional)") % {"question": label}
    shared = {
        "label": label,
        # crispy prints help texts as they come
        "help_text": escape(question.props.get("help") or ""),
        "required": is_required and always,
        "error_messages": {"required": _required_words(question)},
    }
    return _FIELDS[question.type](question, shared)


def _required_words(question: Question) -> str:
    if question.type == "consent":
        return _("Tick this box to go on.")
    if question.type in {"choice", "dropdown", "yes_no"}:
        return _("Choose an answer.")
    return _("Fill this in.")


class Words:
    """A layout object for a block of text: the author's words, escaped, never a template."""

    def __init__(self, template: str, props: Mapping[str, Any]) -> None:
        self.template = template
        self.props = {**props, "parts": parts(str(props.get("text", "")))}

    def render(self, form: forms.Form, context: Any, **kwargs: Any) -> str:
        """What crispy calls."""
        del form, context, kwargs
        return render_to_string(self.template, {"block": self.props})


class AnswerForm(forms.Form):
    """The common part of all forms that visitors fill in; `form_class` makes the rest."""

    content: ClassVar[Mapping[str, Any]] = {}
    asked: ClassVar[list[Question]] = []
    shown: ClassVar[dict[str, Rule]] = {}
    formulas: ClassVar[dict[str, Tree]] = {}
    points: ClassVar[dict[str, dict[str, float]]] = {}
    helper: ClassVar[FormHelper]

    def __init__(self, data: Any = None, *, at: datetime | None = None) -> None:
        super().__init__(data, auto_id="f_%s")
        self.at = at

    def clean(self) -> dict[str, Any]:
        """Walk down the form: what its rule hides is dropped, what it shows must be complete.

        A rule sees only answers above it that are themselves shown, as in the browser.
        """
        cleaned = self.cleaned_data
        record: dict[str, Any] = {}  # as rules see the answers
        known: dict[str, Any] = {}  # as formulas do
        for question in self.asked:
            name = question.name
            if question.type == "calculation":
                known[name] = self._worked_out(question, record, known)
                if known[name] is not None:
                    cleaned[name], record[name] = known[name], _for_rules(question, known[name])
            if name not in self.fields:
                continue
            if not self._is_shown(question, record):
                cleaned.pop(name, None)
                self.errors.pop(name, None)
                continue
            value = cleaned.get(name)
            missing = value is not True if question.type == "consent" else value in (None, "", [])
            if question.props.get("is_required") and missing and name not in self.errors:
                self.add_error(name, _required_words(question))
            known[name] = cleaned.get(name)
            record[name] = _for_rules(question, known[name])
        return cleaned

    def _is_shown(self, question: Question, record: Mapping[str, Any]) -> bool:
        rule = self.shown.get(question.id)
        if rule is None or self.at is None:
            return True
        return language.matches(rule.tree, record, at=self.at)

    def _worked_out(
        self, question: Question, record: Mapping[str, Any], known: Mapping[str, Any]
    ) -> str | float | int | None:
        """A calculation's value is ours, never what was posted; None where there is none."""
        tree = self.formulas.get(question.id)
        if tree is None or self.at is None or not self._is_shown(question, record):
            return None
        given = Given(known, self.at.date().isoformat(), self.points)
        return _kept(question, compute(tree, given))

    def answers(self) -> dict[str, Any]:
        """The checked values that were given, by name."""
        return {
            key: value for key, value in self.cleaned_data.items() if value not in (None, "", [])
        }


def _kept(question: Question, value: Value) -> str | float | int | None:
    """A result of the kind that the calculation promises; a number is kept as JSON keeps numbers."""
    if question.props.get("gives") == "text":
        return value[:500] or None if isinstance(value, str) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    found = rounded(value, int(question.props.get("decimals") or 0))
    return int(found) if found == int(found) else found


def _for_rules(question: Question, value: Any) -> Any:
    return language.read_value(logic_field(question), value)


@lru_cache(maxsize=512)
def form_of(version_id: int) -> type[AnswerForm]:
    """The form class of a published version; versions never change, so it is made once."""
    content = FormVersion.objects.values_list("content", flat=True).get(pk=version_id)
    return form_class(content)


def form_class(content: Mapping[str, Any]) -> type[AnswerForm]:
    """A Django form for a document: one field per open question, a crispy layout of all blocks."""
    asked = questions(content)
    fields: dict[str, Any] = {q.name: _field(q) for q in asked if q.is_open and q.name}
    shown = rules(content)
    known = {
        "content": content,
        "asked": asked,
        "shown": shown,
        "formulas": formulas(content),
        "points": points(asked),
        "helper": _helper(content, shown),
    }
    return type("VisitorForm", (AnswerForm,), fields | known)


def _helper(content: Mapping[str, Any], shown: Mapping[str, Rule]) -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True  # signed token instead: a cookie would follow visitors
    pages = [
        Div(
            *[_laid_out(item, shown) for item in page["blocks"] if _is_visible(item)],
            css_class="lf-page",
            data_page=str(number),
        )
        for number, page in enumerate(content["pages"], start=1)
    ]
    helper.layout = Layout(*pages)
    return helper


def _is_visible(item: Mapping[str, Any]) -> bool:
    named = bool(item["props"].get("name"))
    return item["type"] in TEXTS or (named and item["type"] in {*_FIELDS, "calculation"})


def _laid_out(item: Mapping[str, Any], shown: Mapping[str, Rule]) -> Div:
    if item["type"] in {*TEXTS, "calculation"}:
        inner: Any = Words(f"capture/public/{item['type']}.html", item["props"])
    else:
        inner = Field(item["props"]["name"])
    attributes = {"data_block": item["id"], "data_type": item["type"]}
    if item["id"] in shown:
        attributes["data_show_when"] = json.dumps(shown[item["id"]].document)
    return Div(inner, css_class="lf-block", **attributes)


@lru_cache(maxsize=512)
def fields_html(version_id: int, language_code: str) -> SafeString:
    """The empty form as HTML, made once per version, language and process."""
    del language_code  # part of the key: crispy renders in the active language
    return rendered(form_of(version_id)())


def rendered(form: AnswerForm) -> SafeString:
    """The form's fields as HTML, with values and errors where it is bound."""
    html: SafeString = render_crispy_form(form)
    return html


def logic_json(made: type[AnswerForm]) -> dict[str, Any]:
    """What the page's script needs: the questions for rules, the formulas with what they may know.

    The day, asked only where there is a formula, is the organisation's.
    """
    fields = [logic_field(one) for one in made.asked if one.is_known]
    return {
        "fields": {
            one.key: {"type": one.type.value, "choices": [key for key, _label in one.choices]}
            for one in fields
        },
        "formulas": {
            one.id: {
                "name": one.name,
                "tree": made.formulas[one.id],
                "gives": one.props.get("gives") or "number",
                "decimals": int(one.props.get("decimals") or 0),
            }
            for one in made.asked
            if one.id in made.formulas
        },
        "points": made.points,
        "today": here().date().isoformat() if made.formulas else "",
    }


def posted(made: type[AnswerForm], body: Mapping[str, Any]) -> MultiValueDict[str, Any]:
    """A JSON or form-encoded body as the data of a form; names that it does not ask are left out."""
    data: MultiValueDict[str, Any] = MultiValueDict()
    for question in made.asked:
        if question.name not in body or not question.is_open:
            continue
        value = body[question.name]
        values = value if isinstance(value, list) else [value]
        data.setlist(question.name, [_as_posted(question, one) for one in values])
    return data


def _as_posted(question: Question, value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        if question.type == "yes_no":
            return "yes" if value else "no"
        return value if question.type == "consent" else str(value)
    return str(value)
