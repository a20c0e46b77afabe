"""What another value from outside does, field by field."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from leadflow.models import Company, CustomField, Lead
from leadflow.services.leads.taking import OF_COMPANY, OF_LEAD, Rule
from leadflow.web.forms import StaffForm, dress


class TakingForm(StaffForm):
    """For each field: what happens when somebody outside brings another value."""

    def __init__(self, *args: Any, taking: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, label in _taken_fields():
            name = key.replace(".", "-")
            initial = taking.get(key, Rule.KEEP)
            self.fields[name] = forms.ChoiceField(
                label=label, choices=Rule.choices, initial=initial, required=False
            )
            dress(self.fields[name])

    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields of people, of companies, and those that the organisation made."""
        heads = {
            "lead-custom-": _("Your own fields"),
            "lead-": _("People"),
            "company-": _("Companies"),
        }
        found: dict[str, list[forms.BoundField]] = {
            head: [] for head in ("lead-", "company-", "lead-custom-")
        }
        for field in self:
            found[next(head for head in heads if field.name.startswith(head))].append(field)
        return [(heads[head], rows) for head, rows in found.items() if rows]

    def taking(self) -> dict[str, str]:
        """As the organisation stores it: what is kept is left out."""
        data = {key: self.cleaned_data[key.replace(".", "-")] for key, _label in _taken_fields()}
        return {key: rule for key, rule in data.items() if rule and rule != Rule.KEEP}


def _taken_fields() -> list[tuple[str, str]]:
    """("lead.city", its label) of every field that has a choice."""
    own = CustomField.objects.filter(subject=CustomField.Subject.LEAD, is_archived=False)
    return [
        *((f"lead.{name}", _called(Lead, name)) for name in OF_LEAD),
        *((f"company.{name}", _called(Company, name)) for name in OF_COMPANY),
        *((f"lead.custom.{row.key}", row.label) for row in own.order_by("label")),
    ]


def _called(model: type[Model], name: str) -> str:
    return capfirst(str(model._meta.get_field(name).verbose_name))  # type: ignore[union-attr]
