"""The one kanban: columns of cards that are dragged, moved by keys or by menu, live for two people.

A stage builds a `Board` from its selectors and renders `web/board.html`; static/js/board.js does the
rest. The stage offers three doors: the board's page (whose fragment is polled with `since=`), more
cards of a column, and a move that takes column, above, below and version.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.people.models import User
from leadflow.web.templatetags.formats import clock as time_of_day
from leadflow.web.templatetags.formats import day, local


@dataclass(frozen=True, slots=True)
class Card:
    """One record on the board. All words are ready to show, so that 300 cards render fast."""

    key: int
    version: int
    title: str
    url: str
    move_url: str  # empty: the card stays where it is
    edit_url: str = ""  # a small form that takes the card's place
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
    """One column with its count and the words under its name.

    `takes` names the columns whose cards may come here, all where it is None; `refuses` says why not.
    """

    key: int | str
    name: str
    count: int | str
    cards: Sequence[Card]
    words: str = ""
    short_words: str = ""
    more: int = 0
    more_url: str = ""
    add_url: str = ""
    adds_in_place: bool = False  # the door gives a small form for the top of the column
    limit: str = ""  # 4 of 5, where the column has a limit
    is_over: bool = False
    is_folded: bool = False
    takes: str | None = None  # keys of columns, with a space between
    refuses: str = ""


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

    key: str  # by which a person's folded columns are remembered
    revision: int | str
    columns: Sequence[Column]
    poll_url: str
    zones: Sequence[Zone] = field(default=())
    is_ordered: bool = True  # whether the order within a column is the people's own
    can_move: bool = True
    total: str = ""
    every: int = 1_500  # milliseconds between two looks at what others did
    many_url: str = ""  # takes the picked cards and the column to put them in


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


def state_of(request: HttpRequest, **changes: Any) -> str:
    """The query of this page with some of it changed; None drops a part. What one look adds (the
    revision that was seen, the cards that were opened) is no part of it."""
    query = request.GET.copy()
    for key in ("since", "shown", "after", "seen", "column"):
        query.pop(key, None)
    for key, value in changes.items():
        if value is None:
            query.pop(key, None)
        else:
            query[key] = str(value)
    return f"?{query.urlencode()}"


def counted(text: str) -> tuple[tuple[str, int], ...]:
    """`12:100,13:150` as pairs: how many cards of which columns were opened."""
    pairs = [part.partition(":") for part in text[:400].split(",")]
    return tuple((key, int(n)) for key, _sep, n in pairs if n.isascii() and n.isdigit())


# --- Folded columns, remembered for each person -----------------------------------------------------

_MOST_BOARDS, _MOST_COLUMNS = 60, 60


def folded(columns: Iterable[Column], user: User, key: str) -> list[Column]:
    """The columns, with those folded that this person folded on this board."""
    kept = user.preferences.get("folded", {}).get(key, [])
    return [replace(one, is_folded=str(one.key) in kept) for one in columns]


@transaction.atomic
def fold(user: User, *, key: str, column: str, is_folded: bool) -> None:
    """Remember that this person folded a column, or opened it again. Raises Invalid beyond 60 boards."""
    row = User.objects.select_for_update().get(pk=user.pk)  # two tabs at once both count
    boards = row.preferences.get("folded", {})
    kept = [one for one in boards.get(key, []) if one != column]
    kept += [column] if is_folded else []
    boards = {**boards, key: kept}
    if not kept:
        del boards[key]
    if len(boards) > _MOST_BOARDS or len(kept) > _MOST_COLUMNS:
        raise Invalid(_("Too many columns are folded. Open some of them."))
    row.preferences = {**row.preferences, "folded": boards}
    row.save(update_fields=["preferences"])
