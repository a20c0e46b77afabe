"""What begins when somebody enters a segment or cools: packages above say it, screens below show it.

A trigger is the word by which a sequence waits: `segment:7`, `cooled`.
"""

from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple


class Start(NamedTuple):
    """Something that begins by a trigger: what people call it and where it is."""

    trigger: str
    label: str
    url: str


_owners: dict[str, Callable[[Collection[str]], Iterable[Start]]] = {}


def register(name: str, waiting: Callable[[Collection[str]], Iterable[Start]]) -> None:
    """Make known what of one owner waits; a second registration replaces the first."""
    _owners[name] = waiting


def waiting_for(triggers: Collection[str]) -> list[Start]:
    """All that would begin by one of these."""
    return [start for waiting in _owners.values() for start in waiting(triggers)]
