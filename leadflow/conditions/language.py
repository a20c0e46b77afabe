"""The condition language of the whole product: the door to its pure parts.

`parse` a document against a catalogue once, then ask `matches` for one record, `explain` for a
sentence, `leadflow.conditions.sql.where` for a filter over a million rows.
"""

from leadflow.conditions.grammar import (
    EVENT_OPERATORS,
    EVERYONE,
    MAX_CONDITIONS,
    MAX_DEPTH,
    OPERATORS,
    SHAPES,
    Catalogue,
    Count,
    EventKind,
    Field,
    Group,
    Shape,
    Test,
    Type,
)
from leadflow.conditions.matching import Happening, Matcher, matches, prepared, read_value
from leadflow.conditions.parsing import fields_used, parse
from leadflow.conditions.sentence import explain

__all__ = [
    "EVENT_OPERATORS",
    "EVERYONE",
    "MAX_CONDITIONS",
    "MAX_DEPTH",
    "OPERATORS",
    "SHAPES",
    "Catalogue",
    "Count",
    "EventKind",
    "Field",
    "Group",
    "Happening",
    "Matcher",
    "Shape",
    "Test",
    "Type",
    "explain",
    "fields_used",
    "matches",
    "parse",
    "prepared",
    "read_value",
]
