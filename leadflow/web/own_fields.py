"""The organisation's own fields in a staff form."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as lazy

from leadflow.models import CustomField
from leadflow.services import own_fields
from leadflow.web.forms import dress

PREFIX = "custom_"
_YES_NO = [("", "—"), ("true", lazy("Yes")), ("false", lazy("No"))]


class OwnFieldsMixin:
    """A form that ends with the own fields of `subject`; call `add_own` at the end of `__init__`."""

    subject: str
    own: Mapping[str, CustomField] = MappingProxyType({})
    stored: Mapping[str, Any] = MappingProxyType({})
    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]

    def add_own(self, stored: Mapping[str, Any]) -> None:
        """Show them with what is stored, also a choice that is offered no more. One query."""
        self.own, self.stored = own_fields.known(self.subject), stored
        for key, row in self.own.items():
            self.fields[PREFIX + key] = made = _field(row, stored.get(key))
            made.initial = _shown(stored.get(key))
            dress(made)

    def own_values(self) -> dict[str, Any]:
        """What was typed, as `services.own_fields` takes it: key -> value, None for a blank."""
        return {key: _plain(self.cleaned_data.get(PREFIX + key)) for key in self.own}

    def own_edits(self) -> dict[str, Any]:
        """What differs from what is stored, under the names by which an edit addresses it."""
        return {
            own_fields.PREFIX + key: value
            for key, value in self.own_values().items()
            if value != self.stored.get(key)
        }


def _field(row: CustomField, stored: Any) -> forms.Field:
    plain: dict[str, Any] = {"label": row.label, "required": False, "help_text": row.help_text}
    held = stored if isinstance(stored, list) else [stored] if stored else []
    choices = [(str(one), str(one)) for one in dict.fromkeys([*row.choices, *held])]
    match row.type:
        case CustomField.Type.NUMBER:
            return forms.DecimalField(**plain)
        case CustomField.Type.DATE:
            return forms.DateField(**plain)
        case CustomField.Type.CHOICE:
            return forms.ChoiceField(choices=[("", "—"), *choices], **plain)
        case CustomField.Type.CHOICES:
            return forms.MultipleChoiceField(choices=choices, **plain)
        case CustomField.Type.BOOLEAN:  # nobody knows is an answer too
            return forms.TypedChoiceField(
                choices=_YES_NO, coerce=lambda word: word == "true", empty_value=None, **plain
            )
    return forms.CharField(max_length=500, **plain)


def _shown(value: Any) -> Any:
    """As a field begins with it: yes and no by the words of their choices."""
    return str(value).lower() if isinstance(value, bool) else value


def _plain(value: Any) -> Any:
    if value in ("", []):
        return None
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value
