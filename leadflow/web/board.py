"""The one kanban: columns of cards that are dragged, moved by keys or by menu, live for two people.

A stage builds a `Board` from its selectors and renders `web/board.html`; static/js/board.js does the
rest. The stage offers three doors: the board's page (whose fragment is polled with `since=`), more
cards of a column, and a move that takes column, above, below and version.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from leadflow.web.templatetags.formats import clock as time_of_day
from leadflow.web.templatetags.formats import day, local


@dataclass(frozen=True, slots=True)
class Card:
    """One record on the board. All words are ready to show, so that 300 cards render fast."""

    key: int
    version: int
    title: str
    url: str
    move_url: str
    subtitle: str = ""
    value: str = ""
    age: str = ""
    owner: Any = None
    cell: str = ""
    next_state: str = ""
    next_words: str = ""
    warning: str = ""
    is_demo: bool = False

    @property
    def fit(self) -> str:
        """The letter of the score."""
        return self.cell[:1]

    @property
    def band(self) -> str:
        """The digit of the score."""
        return self.cell[1:]


@dataclass(frozen=True, slots=True)
class Column:
    """One column with its count and the words under its name."""

    key: int
    name: str
    count: int
    cards: Sequence[Card]
    words: str = ""
    short_words: str = ""
    more: int = 0
    more_url: str = ""
    add_url: str = ""


@dataclass(frozen=True, slots=True)
class Zone:
    """A place to drop a card that asks something first: `verb` is the last part of its door."""

    name: str
    asks: str
    verb: str
    icon: str


@dataclass(frozen=True, slots=True)
class Board:
    """All that templates/web/board.html shows."""

    revision: int
    columns: Sequence[Column]
    poll_url: str
    zones: Sequence[Zone] = field(default=())
    is_ordered: bool = True  # whether the order within a column is the people's own
    can_move: bool = True
    total: str = ""


def next_step(due_at: datetime | None, kind: str, at: datetime) -> tuple[str, str]:
    """(state, words) of a card's next step: late, today, later or none, never by colour alone."""
    if due_at is None:
        return "none", _("No next step")
    what = kind or _("Step")
    there, here = local(due_at), local(at)
    if due_at < at:
        days = (here.date() - there.date()).days
        late = (
            _("%(n)s d late") % {"n": days}
            if days
            else _("late since %(t)s") % {"t": time_of_day(due_at)}
        )
        return "late", f"{what} {late}"
    if there.date() == here.date():
        return "today", f"{what} " + _("today %(t)s") % {"t": time_of_day(due_at)}
    return "later", f"{what} {day(due_at, at)}"
