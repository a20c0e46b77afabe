"""The catalogue: what can be asked about a record, gathered from the core and from every stage.

A stage lists its fields in `<stage>/fields.py` and hands them to `register` in its apps.py. Fields
that an administrator makes come from a source, read each time a catalogue is asked for.
"""

from collections.abc import Callable, Iterable

from leadflow.conditions.grammar import Catalogue, EventKind, Field, Type
from leadflow.conditions.words import words
from leadflow.kit.remembering import remembered

Source = Callable[[], Iterable[Field]]

_fields: dict[tuple[str, str], Field] = {}
_events: dict[str, EventKind] = {}
_sources: dict[str, list[Source]] = {}

# Where no one person stands behind a row there is nobody whose behaviour could be counted.
_WITHOUT_BEHAVIOUR = frozenset({"company", "customer"})


def register(*fields: Field) -> None:
    """Adds fields to the catalogue of their subject; a key is taken once."""
    for one in fields:
        place = (one.subject, one.key)
        if _fields.setdefault(place, one) is not one:
            raise ValueError(f"The field {one.key} of {one.subject} is registered twice.")


def register_events(*kinds: EventKind) -> None:
    """Adds kinds of behaviour that rules about people can count."""
    for kind in kinds:
        if _events.setdefault(kind.key, kind) is not kind:
            raise ValueError(f"The event {kind.key} is registered twice.")


def register_source(subject: str, source: Source) -> None:
    """Adds fields that live in the database, such as custom fields."""
    _sources.setdefault(subject, []).append(source)


@remembered
def catalogue(subject: str = "lead") -> Catalogue:
    """Everything that can be asked about a subject at this moment."""
    found = {key: one for (of, key), one in _fields.items() if of == subject}
    for source in _sources.get(subject, []):
        found.update((one.key, one) for one in source())
    events = {} if subject in _WITHOUT_BEHAVIOUR else dict(_events)
    return Catalogue(found, events, words, subject)


def catalogue_of(fields: Iterable[Field], events: Iterable[EventKind] = ()) -> Catalogue:
    """A catalogue made for one purpose, such as the questions of one form."""
    return Catalogue(
        {one.key: one for one in fields}, {one.key: one for one in events}, words, "form"
    )


__all__ = [
    "EventKind",
    "Field",
    "Type",
    "catalogue",
    "catalogue_of",
    "register",
    "register_events",
    "register_source",
]
