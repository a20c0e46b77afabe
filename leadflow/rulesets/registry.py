"""Which kinds of rule set there are, and who checks their documents; filled in by the stages' apps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from leadflow.errors import Invalid


@dataclass(frozen=True)
class RuleKind:
    """A kind of rule set: `check` raises Invalid for a document that must not be published.

    `url_name` is the page of one rule set of this kind; `permission` is what editing it takes.
    """

    key: str
    label: str | Promise
    check: Callable[[Mapping[str, Any]], None]
    permission: str = "settings.edit"
    url_name: str = ""


_kinds: dict[str, RuleKind] = {}


def register(kind: RuleKind) -> None:
    """Make a kind known; a second registration under the same key replaces the first."""
    _kinds[kind.key] = kind


def kind_of(key: str) -> RuleKind:
    """The registered kind; Invalid where nobody registered it."""
    try:
        return _kinds[key]
    except KeyError:
        raise Invalid(f"There are no rules of the kind {key}.") from None


def kinds() -> list[RuleKind]:
    """Every registered kind."""
    return list(_kinds.values())
