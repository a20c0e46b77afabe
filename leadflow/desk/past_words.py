"""The common half of every look back: values in words, then and now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import models
from django.utils.text import capfirst
from django.utils.timezone import make_aware
from django.utils.translation import gettext as _

from leadflow.models import CustomField, Organisation


@dataclass(frozen=True, slots=True)
class Fact:
    """A field in words, on that day and today."""

    label: str
    then: str
    now: str

    @property
    def is_other(self) -> bool:
        """Whether it is something else today."""
        return self.then != self.now


def end_of(day: date) -> datetime:
    """The last moment of a day, where the reader is."""
    return make_aware(datetime.combine(day + timedelta(days=1), time())) - timedelta(microseconds=1)


def told(facts: Sequence[Fact]) -> list[Fact]:
    """What was or is known, the changed first."""
    return sorted((f for f in facts if f.then or f.now), key=lambda fact: not fact.is_other)


class Words:
    """Values of states of records of one kind as people say them; what is behind keys is read at once."""

    def __init__(
        self, model: type[models.Model], names: Sequence[str], states: Sequence[models.Model]
    ) -> None:
        self.model, self.names = model, names
        self.rows: dict[tuple[type[models.Model], int], str] = {}
        wanted: dict[type[models.Model], set[int]] = {}
        for name in names:
            field = model._meta.get_field(name)
            if isinstance(field, models.ForeignKey):
                ids = {getattr(state, field.attname) for state in states} - {None}
                wanted.setdefault(field.related_model, set()).update(ids)
        for related, ids in wanted.items():
            for row in related._default_manager.filter(pk__in=ids) if ids else ():
                self.rows[related, row.pk] = str(row)

    def facts(self, then: models.Model, now: models.Model) -> list[Fact]:
        """Every field, in the order of its name."""
        return [
            Fact(self._label(name), self.of(then, name), self.of(now, name)) for name in self.names
        ]

    def _label(self, name: str) -> str:
        return str(capfirst(str(self.model._meta.get_field(name).verbose_name)))  # type: ignore[union-attr]

    def of(self, state: models.Model, name: str) -> str:
        """One value; a record that is gone says so."""
        field = self.model._meta.get_field(name)
        if isinstance(field, models.ForeignKey):
            key = getattr(state, field.attname)
            return self.rows.get((field.related_model, key), _("(gone since)")) if key else ""
        if name == "stage":
            return Organisation.current().stage_label(state.stage)  # type: ignore[attr-defined]
        shown = getattr(state, f"get_{name}_display", None)
        value = shown() if shown else getattr(state, name)
        return "" if value is None else str(value)


def custom(subject: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Fact]:
    """The organisation's own fields of leads, companies or deals."""
    labels = dict(CustomField.objects.filter(subject=subject).values_list("key", "label"))
    return [
        Fact(labels[key], _plain(then.get(key)), _plain(now.get(key)))
        for key in sorted({*then, *now} & {*labels})
    ]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
