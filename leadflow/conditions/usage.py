"""Which rules use a field, so that none loses it silently.

Everything that holds published rules (segments, score models, routing, sequences, forms) registers
a callable that lists them.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from leadflow.conditions.parsing import fields_used, values_named
from leadflow.errors import Conflict


class Use(NamedTuple):
    """One published rule: what people call it, where it is edited, its document."""

    label: str
    url: str
    document: Any


_owners: dict[str, Callable[[], Iterable[Use]]] = {}


def register_owner(name: str, uses: Callable[[], Iterable[Use]]) -> None:
    """Makes the rules of one owner known; a second registration replaces the first."""
    _owners[name] = uses


def uses_of(field_key: str, values: Collection[Any] | None = None) -> list[Use]:
    """The published rules that name the field; with `values`, those that compare it with one of them."""
    return [
        use
        for uses in _owners.values()
        for use in uses()
        if field_key in fields_used(use.document)
        and (values is None or not values_named(use.document, field_key).isdisjoint(values))
    ]


def refuse_if_used(field_key: str) -> None:
    """Raises Conflict naming the rules, when a field is about to be deleted or renamed."""
    if found := uses_of(field_key):
        names = ", ".join(f"“{use.label}”" for use in found)
        raise Conflict(
            _("Rules still use this field: %(rules)s. Take it out of them first.")
            % {"rules": names},
            uses=[(use.label, use.url) for use in found],
        )
