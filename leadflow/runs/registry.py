"""Which kinds of run there are; filled in by the packages that own the work, in their apps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise

from leadflow.errors import Invalid

if TYPE_CHECKING:
    from leadflow.runs.working import Work


@dataclass(frozen=True)
class RunKind:
    """A kind of run. `work` does it, chunk by chunk, and returns the result that the asker is shown.

    A heavy kind gets a process of its own; another one runs inside a Celery task, so it ends within a
    minute. `result_url` turns the finished run into the address where its result is seen.
    """

    key: str
    label: str | Promise
    work: "Callable[[Work], Mapping[str, Any] | None]"
    heavy: bool = True
    result_url: "Callable[[Mapping[str, Any]], str] | None" = None


_kinds: dict[str, RunKind] = {}


def register(kind: RunKind) -> None:
    """Make a kind known; a second registration under the same key replaces the first."""
    _kinds[kind.key] = kind


def kind_of(key: str) -> RunKind:
    """The registered kind; Invalid where nobody registered it."""
    try:
        return _kinds[key]
    except KeyError:
        raise Invalid(f"There is no work of the kind {key}.") from None


def label_of(key: str) -> str:
    """What people call this kind of work, also after it went out of use."""
    return str(_kinds[key].label) if key in _kinds else key


def keys(*, heavy: bool) -> list[str]:
    """The keys of the heavy kinds, or of the others."""
    return [kind.key for kind in _kinds.values() if kind.heavy == heavy]


def kinds() -> list[RunKind]:
    """Every registered kind."""
    return list(_kinds.values())
