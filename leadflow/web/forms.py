"""Staff forms: laid out by crispy in our look, fed by services, and honest about what went wrong."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models.fields import BLANK_CHOICE_DASH
from django.utils.translation import gettext as _

from leadflow.errors import Invalid

T = TypeVar("T")

_PLAIN = (
    forms.TextInput,
    forms.Textarea,
    forms.NumberInput,
    forms.DateInput,
    forms.DateTimeInput,
    forms.TimeInput,
)


class StaffFormMixin:
    """What every form of the application shares.

    In a view: `if form.is_valid() and form.attempt(lambda: leads.create(...)): return redirect(...)`,
    then render with `status=form.status`. No view needs try/except.
    """

    fields: dict[str, forms.Field]
    errors: Any
    is_bound: bool
    add_error: Callable[[str | None, Any], None]
    result: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress(field)

    @property
    def helper(self) -> FormHelper:
        """Read by {% crispy form %}: the tag, the token and the buttons are the page's."""
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        helper.include_media = False
        return helper

    @property
    def status(self) -> int:
        """422 when it was sent and refused, else 200."""
        return 422 if self.is_bound and self.errors else 200

    def attempt(self, action: Callable[[], T]) -> bool:
        """Run a service; what it finds invalid stands beside the fields. The answer is in `result`."""
        try:
            self.result = action()
        except Invalid as refusal:
            self.take(refusal)
            return False
        return True

    def take(self, refusal: Invalid) -> None:
        """Put the messages of a refusal where the reader looks for them."""
        for name, messages in refusal.fields.items():
            where = name if name in self.fields else None
            self.add_error(where, list(messages))
        if not refusal.fields:
            self.add_error(NON_FIELD_ERRORS, refusal.message)


class StaffForm(StaffFormMixin, forms.Form):
    """A form that is not one model's."""


class StaffModelForm(StaffFormMixin, forms.ModelForm):  # type: ignore[type-arg]
    """A form over one model; a service writes, unless the model is a settings object (crud.py)."""


class DateInput(forms.DateInput):
    """The browser's own date picker."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


class TimeInput(forms.TimeInput):
    """The browser's own time picker."""

    input_type = "time"


class DateTimeInput(forms.DateTimeInput):
    """The browser's own picker of a day and a time, in the reader's zone."""

    input_type = "datetime-local"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M", **kwargs)


class Switch(forms.CheckboxInput):
    """On or off, taking effect when saved."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"role": "switch", **(attrs or {})})


def dress(field: forms.Field) -> None:
    """Give the widget our class, and dates the browser's picker."""
    name_blank(field)
    widget = field.widget
    if type(widget) is forms.DateInput:
        field.widget = widget = DateInput(attrs=widget.attrs)
    elif type(widget) is forms.DateTimeInput:
        field.widget = widget = DateTimeInput(attrs=widget.attrs)
    if isinstance(widget, _PLAIN):
        add_class(widget, "lf-input")
    elif type(widget) in (forms.Select, forms.SelectMultiple, forms.NullBooleanSelect):
        add_class(widget, "lf-input form-select")


def name_blank(field: forms.Field) -> None:
    """Say in words what choosing nothing means, where Django prints a row of dashes."""
    dashes = BLANK_CHOICE_DASH[0][1]
    words = _("Choose") if field.required else _("Not set")
    if isinstance(field, forms.ModelChoiceField):
        if field.empty_label == dashes:
            field.empty_label = words
    elif isinstance(field, forms.ChoiceField):
        choices = list(cast("Iterable[tuple[Any, Any]]", field.choices))
        if choices and tuple(choices[0]) == ("", dashes):
            field.choices = [("", words), *choices[1:]]


def add_class(widget: forms.Widget, names: str) -> None:
    """Add, keeping what is there."""
    present = widget.attrs.get("class", "").split()
    widget.attrs["class"] = " ".join(dict.fromkeys([*present, *names.split()]))
