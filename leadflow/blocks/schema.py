"""What a block may be: its properties, how each is checked, and the sets that an editor offers.

A block type is data. The editor builds its palette and its properties panel from it, the server
checks a document against it, and a stage adds types in `<stage>/blocks.py` without a line here.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext as _

type_name = re.compile(r"^[a-z][a-z0-9_]{0,39}$")

MOST_ROWS = 50
Text = str | Promise
Choices = Sequence[tuple[str, Text]]


class PropKind(StrEnum):
    """How a property is edited and what its value may be."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    RICH_TEXT = "rich_text"  # text with a few marks; `leadflow.blocks.marks` makes the HTML
    NAME = "name"  # a machine name, unique in the document
    BOOL = "bool"
    NUMBER = "number"
    CHOICE = "choice"  # one of `choices`
    OPTIONS = "options"  # a list of {value, label} and perhaps {points}
    ORIGINS = "origins"  # a list of https://host[:port]
    URL = "url"
    CONDITION = "condition"  # a document of the condition language, or None
    FORMULA = "formula"  # a text of leadflow.formulas; the set's own check reads it
    IMAGE = "image"  # the public id of a picture of leadflow.assets
    PAGE = "page"  # the id of a page further down, or "end"
    ANSWER = "answer"  # what its own question is answered with: text, or a list of texts
    ROWS = "rows"  # a list of objects with the properties of `fields`


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a document: where, in words, and in which block."""

    path: str
    message: str
    block: str = ""

    def as_json(self) -> dict[str, str]:
        return {"path": self.path, "message": str(self.message), "block": self.block}


@dataclass(frozen=True, slots=True)
class Prop:
    """One property of a block type.

    `required` means "before it is published"; a draft may be half done. `choices` may be a function,
    asked each time, for lists that an organisation edits.
    """

    key: str
    label: Text
    kind: PropKind = PropKind.TEXT
    default: Any = ""
    help: Text = ""
    required: bool = False
    max_length: int = 300
    choices: Choices | Callable[[], Choices] = ()
    section: str = ""  # "" beside the label, else the key of a section of the panel
    placeholder: Text = ""
    fields: tuple["Prop", ...] = ()  # of one row, where the kind is ROWS
    merges: bool = False  # whether it may hold fields of the reader; the set's `merges` are offered

    def options(self) -> list[tuple[str, str]]:
        """The choices as they are now."""
        found = self.choices() if callable(self.choices) else self.choices
        return [(value, str(label)) for value, label in found]

    def problem(self, value: Any) -> str | None:
        """What is wrong with the shape of `value`, or None."""
        return _SHAPES[self.kind](self, value)

    def is_blank(self, value: Any) -> bool:
        """Whether nothing has been entered yet."""
        return value in (None, "", []) or (isinstance(value, str) and not value.strip())

    def as_json(self) -> dict[str, Any]:
        """For the editor."""
        return {
            "key": self.key,
            "label": str(self.label),
            "kind": self.kind.value,
            "default": self.default,
            "help": str(self.help),
            "required": self.required,
            "max_length": self.max_length,
            "choices": self.options(),
            "section": self.section,
            "placeholder": str(self.placeholder),
            "fields": [prop.as_json() for prop in self.fields],
            "merges": self.merges,
        }


def _text(prop: Prop, value: Any) -> str | None:
    if not isinstance(value, str):
        return _("This must be text.")
    if "\x00" in value:
        return _("Remove the unprintable character.")
    if len(value) > prop.max_length:
        return _("Use at most %(n)d characters.") % {"n": prop.max_length}
    return None


def _name(prop: Prop, value: Any) -> str | None:
    wrong = _text(prop, value)
    if wrong or not value:
        return wrong
    if not type_name.match(value):
        return _("Start with a letter; use only a to z, 0 to 9 and _, at most 40.")
    return None


def _bool(_prop: Prop, value: Any) -> str | None:
    return None if isinstance(value, bool) else _("This must be yes or no.")


def _number(_prop: Prop, value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _("This must be a number.")
    return None if abs(value) < 10**15 else _("That number is too large.")


def _choice(prop: Prop, value: Any) -> str | None:
    if value in [key for key, _label in prop.options()]:
        return None
    return _("Choose one of the list.")


def _options(prop: Prop, value: Any) -> str | None:
    if not isinstance(value, list) or len(value) > 200:
        return _("Give a list of at most 200 answers.")
    for row in value:
        if not isinstance(row, Mapping) or set(row) - {"value", "label", "points"}:
            return _("Each answer has a value and a label.")
        if _number(prop, row.get("points")):
            return _("Points are a number.")
        if any(_text(prop, row.get(part, "")) for part in ("value", "label")):
            return _("An answer is too long.")
    return None


def _origins(_prop: Prop, value: Any) -> str | None:
    if not isinstance(value, list) or len(value) > 50:
        return _("Give a list of at most 50 sites.")
    for row in value:
        if not is_origin(row):
            return _("Write a site as https://www.example.com, without a path: %(site)s") % {
                "site": str(row)[:80]
            }
    return None


def _url(prop: Prop, value: Any) -> str | None:
    wrong = _text(prop, value)
    if wrong or not value:
        return wrong
    return None if is_web_address(value) else _("Use an address that starts with https://.")


def _condition(_prop: Prop, value: Any) -> str | None:
    return None if value is None or isinstance(value, dict) else _("This is not a rule.")


def _image(prop: Prop, value: Any) -> str | None:
    wrong = _text(prop, value)
    if wrong or not value:
        return wrong
    return None if re.fullmatch(r"[a-z0-9]{1,32}", value) else _("Choose a picture of the list.")


def _answer(prop: Prop, value: Any) -> str | None:
    values = value if isinstance(value, list) else [value]
    if len(values) > 200:
        return _("Give a list of at most 200 answers.")
    return next((wrong for one in values if (wrong := _text(prop, one))), None)


def _rows(prop: Prop, value: Any) -> str | None:
    if not isinstance(value, list) or len(value) > MOST_ROWS:
        return _("Give a list of at most %(n)d rows.") % {"n": MOST_ROWS}
    known = {one.key: one for one in prop.fields}
    for row in value:
        if not isinstance(row, Mapping) or set(row) - set(known):
            return _("A row has a property that is not known.")
        for key, one in known.items():
            if wrong := one.problem(row.get(key, one.default)):
                return f"{one.label}: {wrong}"
    return None


_SHAPES: dict[PropKind, Callable[[Prop, Any], str | None]] = {
    PropKind.TEXT: _text,
    PropKind.LONG_TEXT: _text,
    PropKind.RICH_TEXT: _text,
    PropKind.NAME: _name,
    PropKind.BOOL: _bool,
    PropKind.NUMBER: _number,
    PropKind.CHOICE: _choice,
    PropKind.OPTIONS: _options,
    PropKind.ORIGINS: _origins,
    PropKind.URL: _url,
    PropKind.CONDITION: _condition,
    PropKind.FORMULA: _text,
    PropKind.IMAGE: _image,
    PropKind.PAGE: _text,
    PropKind.ANSWER: _answer,
    PropKind.ROWS: _rows,
}


def is_web_address(value: str) -> bool:
    """Whether a person's browser may be sent there: http or https, with a host, no credentials."""
    if not value.isprintable() or " " in value or "\\" in value:
        return False
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(host) and "@" not in parts.netloc


def is_origin(value: Any) -> bool:
    """Whether `value` is scheme://host[:port] and nothing more, as browsers send it."""
    if not isinstance(value, str) or not is_web_address(value):
        return False
    parts = urlsplit(value)
    if not re.fullmatch(r"[a-z0-9.\-\[\]:]+", parts.netloc):
        return False
    return value == f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class BlockType:
    """One kind of block. `about` says in a sentence what it is for, `canvas` names how the editor draws
    it; `once` allows one per document; `logic` is the type that a rule sees (text, number, boolean,
    choice, date), empty where it cannot ask.

    `check` adds what one property alone cannot say; it runs before publishing.
    """

    key: str
    label: Text
    icon: str
    group: str
    props: tuple[Prop, ...] = ()
    canvas: str = "input"
    logic: str = ""
    once: bool = False
    about: Text = ""
    presets: Mapping[str, Any] = field(default_factory=dict)
    check: Callable[[Mapping[str, Any]], Iterable[tuple[str, str]]] | None = None

    def defaults(self) -> dict[str, Any]:
        """The properties of a fresh block."""
        return {prop.key: prop.default for prop in self.props} | dict(self.presets)

    def prop(self, key: str) -> Prop | None:
        """The property called `key`."""
        return next((prop for prop in self.props if prop.key == key), None)

    def as_json(self) -> dict[str, Any]:
        """For the editor."""
        return {
            "key": self.key,
            "label": str(self.label),
            "icon": self.icon,
            "group": self.group,
            "canvas": self.canvas,
            "logic": self.logic,
            "once": self.once,
            "about": str(self.about),
            "defaults": self.defaults(),
            "props": [prop.as_json() for prop in self.props],
        }


@dataclass(frozen=True, slots=True)
class Starter:
    """A palette entry that adds a block with some properties already set ("E-mail", "Company")."""

    key: str
    label: Text
    icon: str
    group: str
    type: str
    props: Mapping[str, Any] = field(default_factory=dict)
    about: Text = ""
    blocks: Sequence[Mapping[str, Any]] = ()  # adds all of these instead of one

    def as_json(self) -> dict[str, Any]:
        """For the editor."""
        return {
            "key": self.key,
            "label": str(self.label),
            "icon": self.icon,
            "group": self.group,
            "type": self.type,
            "props": _said(dict(self.props)),
            "about": str(self.about),
            "blocks": [dict(one) for one in self.blocks],
        }


def _said(value: Any) -> Any:
    """The value with every lazy word in the language of now."""
    if isinstance(value, dict):
        return {key: _said(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_said(one) for one in value]
    return str(value) if isinstance(value, Promise) else value


@dataclass(frozen=True, slots=True)
class BlockSet:
    """What one kind of document is made of, in the order of the palette.

    `settings` are properties of the document itself, `page_props` of each page. `check` sees the whole document and runs before
    publishing. `many_pages` says whether a person may add pages. `words` replace sentences of the editor
    that speak of a form. `given` are questions of another document that rules and formulas may use.
    `merges` are fields of a reader that texts may hold.
    """

    key: str
    label: Text
    groups: tuple[tuple[str, Text], ...]
    types: tuple[BlockType, ...]
    starters: tuple[Starter, ...] = ()
    settings: tuple[Prop, ...] = ()
    sections: tuple[tuple[str, Text], ...] = ()
    page_props: tuple[Prop, ...] = ()
    many_pages: bool = True
    check: Callable[[Mapping[str, Any]], Iterable[Problem]] | None = None
    words: Mapping[str, Text] = field(default_factory=dict)
    given: tuple[Mapping[str, Any], ...] = ()
    reserved: frozenset[str] = frozenset()  # names that a block may not have
    merges: tuple[tuple[Text, str], ...] = ()  # (words, what is inserted) for properties that merge

    def type(self, key: str) -> BlockType | None:
        """The block type called `key`."""
        return next((kind for kind in self.types if kind.key == key), None)

    def as_json(self) -> dict[str, Any]:
        """All that the editor needs to know, from the palette to the panel."""
        return {
            "key": self.key,
            "groups": [[key, str(label)] for key, label in self.groups],
            "types": {kind.key: kind.as_json() for kind in self.types},
            "palette": [row.as_json() for row in self.palette()],
            "settings": [prop.as_json() for prop in self.settings],
            "sections": [[key, str(label)] for key, label in self.sections],
            "page_props": [prop.as_json() for prop in self.page_props],
            "many_pages": self.many_pages,
            "given": [dict(one) for one in self.given],
            "reserved": sorted(self.reserved),
            "merges": [[str(label), text] for label, text in self.merges],
        }

    def palette(self) -> list[Starter]:
        """Every entry a person may add: starters of the first group, each type that no starter stands
        for, and the starters of other groups at the foot of theirs."""
        first = self.groups[0][0]
        plain = {row.type for row in self.starters if row.key == row.type}
        rest = [
            Starter(kind.key, kind.label, kind.icon, kind.group, kind.key, about=kind.about)
            for kind in self.types
            if kind.key not in plain
        ]
        lead = [row for row in self.starters if row.group == first]
        return [*lead, *rest, *(row for row in self.starters if row.group != first)]
