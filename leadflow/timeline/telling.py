"""What other packages tell of their records in a story: registered by them, asked once for a whole page."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.people.models import User


@dataclass(frozen=True, slots=True)
class Told:
    """A record in words: what was asked and what was said, and the page that has all of it."""

    lines: Sequence[tuple[str, str]] = ()
    url: str = ""


# {kept value: words} of a field, by lead and field
Wordings = Mapping[tuple[int, str], Mapping[str, str]]
Teller = Callable[[Collection[int], User], Mapping[int, Told]]
Wording = Callable[[Collection[int]], Wordings]

_TELLERS: dict[Kind, tuple[str, Teller]] = {}
_WORDINGS: list[Wording] = []


def register(kind: Kind, key: str, teller: Teller) -> None:
    """Facts of this kind name a record under this key of their data; the teller leaves out what the
    reader may not see."""
    _TELLERS[kind] = (key, teller)


def register_wording(wording: Wording) -> None:
    """What the values that leads chose are called, where only a key of the choice is kept."""
    _WORDINGS.append(wording)


def told(events: Sequence[Event], reader: User) -> dict[tuple[str, int], Told]:
    """{(kind, record): its words} for all that these facts name; a query for each kind among them."""
    found: dict[tuple[str, int], Told] = {}
    for kind, (key, teller) in _TELLERS.items():
        ids = {event.data.get(key) for event in events if event.kind == kind} - {None}
        for pk, one in (teller(ids, reader) if ids else {}).items():
            found[kind, pk] = one
    return found


def worded(lead_ids: Collection[int]) -> dict[tuple[int, str], dict[str, str]]:
    """The words of what these leads chose; one query for each package that knows some."""
    found: dict[tuple[int, str], dict[str, str]] = {}
    for wording in _WORDINGS if lead_ids else ():
        for place, words in wording(lead_ids).items():
            found.setdefault(place, {}).update(words)
    return found


def said(words: Mapping[str, str], value: Any) -> str:
    """A kept value in these words, several of a list too; itself where it has none, empty for nothing."""
    if isinstance(value, list):
        return ", ".join(words.get(str(one), str(one)) for one in value)
    return words.get(str(value), str(value)) if value not in (None, "") else ""
