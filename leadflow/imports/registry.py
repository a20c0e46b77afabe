"""What a file may be imported as: each kind of record says what its fields are and takes rows in."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.models import Origin
from leadflow.people.access import Scope, allowed, scope_of, team_ids
from leadflow.people.models import Membership, User


@dataclass
class Context:
    """Under which choices rows are taken in, by whom, and how old facts are marked."""

    by: User | None
    at: datetime
    origin: str = Origin.IMPORT
    system: str = "import"
    file: str = ""  # fingerprint of the file
    existing: str = "fill"  # fill blanks, overwrite, or skip what is known
    create: bool = True
    match: str = ""  # one of the target's `matches`
    pipeline: str = ""
    tags: str = ""  # put on every person of the file, with commas between
    make: frozenset[str] = frozenset()  # fields whose unknown words become new records
    memory: dict[str, Any] = field(default_factory=dict)  # what a target keeps between chunks

    def may(self, permission: str) -> bool:
        """Whether who imports may do that; the command line may."""
        return self.by is None or allowed(self.by, permission)

    @cached_property
    def owner_ids(self) -> set[int] | None:
        """To whom records may be given; None is anybody."""
        if self.by is None or scope_of(self.by, "lead.assign") == Scope.ALL:
            return None
        members = Membership.objects.filter(team__in=team_ids(self.by))
        return {self.by.pk, *members.values_list("user_id", flat=True)}


@dataclass(frozen=True)
class Lookup:
    """How a word in a cell finds a record.

    `find` takes words as search compares them and gives those that it knows; `make` makes a record
    of a word where somebody chose so.
    """

    find: Callable[[set[str], Context], Mapping[str, Any]]
    options: Callable[[Context], Sequence[str]]
    make: Callable[[str, Context], Any] | None = None
    make_permission: str = ""


@dataclass(frozen=True, kw_only=True)
class Field:
    """Something that a column may be.

    `kind` is text, integer, decimal, date, moment (a day, with a time where the file has one), country
    or one_of.
    """

    key: str
    label: str | Promise
    kind: str = "text"
    required: bool = False
    aliases: tuple[str, ...] = ()
    lookup: Lookup | None = None
    choices: Mapping[str, str | Promise] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)  # what else is said for a choice
    permission: str = ""
    for_all: bool = False  # one value for the lines that name none makes sense


@dataclass(frozen=True)
class Row:
    """A line understood: field -> value, look-ups already resolved."""

    line: int
    values: Mapping[str, Any]

    def get(self, key: str, default: Any = "") -> Any:
        """The value of a field, or the default where the file has none."""
        value = self.values.get(key)
        return default if value is None else value


@dataclass(frozen=True)
class Outcome:
    """What became of a row: created, updated, unchanged, skipped or failed (with the reason).

    `undo` is what it takes to take that back, as JSON: `was` and `now` of the fields, the identities
    `ids`, `tags`, `consents` and the `company` that came with it, and how many `edits` it was.
    """

    state: str
    object_id: int | None = None
    reason: str = ""
    undo: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def failed(cls, reason: str) -> "Outcome":
        """It was not taken, because of that."""
        return cls("failed", None, reason)


@dataclass(frozen=True, kw_only=True)
class Trace:
    """All that an import did to one record."""

    object_id: int
    is_created: bool
    changes: int  # edits after the creation
    was: Mapping[str, Any]
    now: Mapping[str, Any]
    identities: Sequence[tuple[str, str]] = ()
    companies: Sequence[int] = ()  # that were made because of it
    tags: Sequence[str] = ()  # that it got
    consents: Sequence[int] = ()  # that were written about it


@dataclass(frozen=True, kw_only=True)
class Target:
    """A kind of record that files bring.

    Rows that share the value of one of `keys` are the same record and never come in one set; a target
    that sees to that itself has none. `apply_many` gives one outcome per row, in order, in the caller's
    transaction; what it raises fails the row at fault.
    """

    key: str
    label: str | Promise
    model: type[Model]
    permission: str
    fields: Callable[[], Sequence[Field]]
    keys: tuple[str, ...]
    apply_many: Callable[[Sequence[Row], Context], list[Outcome]]
    export: Callable[[], Iterable[Mapping[str, Any]]]
    # takes back what an import did, in the caller's transaction; who could not be, with the reason
    undo_many: Callable[[Sequence[Trace], Context, User | None], dict[int, str]] | None = None
    may_be_new: bool = False  # "treat as new leads" makes sense
    # by what a row may be known instead of `keys`, where there is a choice; "" is the usual way
    matches: Mapping[str, str | Promise] = field(default_factory=dict)
    changes_known: bool = True  # a known record may be filled or overwritten
    url_name: str = ""  # the page where these records are
    # what may be chosen as `pipeline`, and whether a name that is none of it may be made
    pipelines: Callable[[], Sequence[str]] | None = None

    def field_of(self, key: str) -> Field | None:
        """The field of that name."""
        return next((one for one in self.fields() if one.key == key), None)

    def fields_for(self, context: Context) -> list[Field]:
        """Those that who imports may write."""
        return [f for f in self.fields() if not f.permission or context.may(f.permission)]


_targets: dict[str, Target] = {}


def register(target: Target) -> None:
    """Make a kind of record importable."""
    _targets[target.key] = target


def target_of(key: str) -> Target:
    """The registered target. Raises Invalid where there is none."""
    if key not in _targets:
        known = ", ".join(sorted(_targets))
        raise Invalid(
            _("“%(key)s” cannot be imported. Known: %(known)s.") % {"key": key, "known": known}
        )
    return _targets[key]


def targets_for(user: User | None) -> list[Target]:
    """What this person may import."""
    return [t for t in _targets.values() if user is None or allowed(user, t.permission)]
