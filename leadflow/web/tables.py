"""Lists: columns that sort and can be chosen, and pages by key, so page 900 costs what page 1 costs.

    LEADS = Table("desk.leads", columns=[Column("name", _("Lead"), sort="last_name", always=True), ...],
                  default_sort="-created")
    page = LEADS.page(request, Lead.objects.visible_to(user))

Each column draws its cell by a function of row and look (what all rows of the page share), so
`page.drawn(look)` is the body of the table. State stands in the URL: sort, cols, after, before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from leadflow.kit import clock, figures
from leadflow.people.models import User
from leadflow.web.ordering import By, decoded, encoded, sliced
from leadflow.web.templatetags import marks

Words = str | Promise
Cell = Callable[[Any, Any], SafeString]
COUNT_CAP = 1_000
MOST_SORTS = 3  # columns of one order


@dataclass(frozen=True)
class Look:
    """What all rows of one page share: the moment, and cells that many rows have in common."""

    at: datetime = field(default_factory=clock.now)
    kept: dict[Any, SafeString] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edit:
    """How a column is changed in place (leadflow.web.inplace): its field, what the field begins with,
    and the service that takes the row, the value, the version that was seen, and who changes it."""

    permission: str
    field: Callable[[User], forms.Field]
    value: Callable[[Any], Any]
    save: Callable[[Any, Any, int | None, User], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `sort` is a model path; `nullable` says that it may be empty; `cell` draws a `<td>`."""

    key: str
    label: Words
    sort: str = ""
    nullable: bool = False
    align: str = ""
    always: bool = False
    default: bool = True
    cell: Cell | None = None
    edit: Edit | None = None


Sorts = Sequence[tuple[Column, bool]]  # the columns of an order, and whether each goes downwards


@dataclass(frozen=True, slots=True)
class Head:
    """A column as the page shows it."""

    column: Column
    url: str  # sorts by it alone, or turns it round
    direction: str  # ascending, descending or nothing
    also_url: str = (
        ""  # sorts by it after what the list is sorted by already, or turns it round there
    )
    place: int = 0  # in an order of several columns


def _box(row: Any, _look: Any) -> SafeString:
    return marks.pick(row.pk, str(row))


def once_per(value: Callable[[Any], Any]) -> Callable[[Cell], Cell]:
    """Draw a cell once for all rows of the page that share `value`; the look keeps it in `kept`."""

    def decorate(cell: Cell) -> Cell:
        def drawn(row: Any, look: Any) -> SafeString:
            place = (cell, value(row))
            found: SafeString | None = look.kept.get(place)
            if found is None:
                found = look.kept[place] = cell(row, look)
            return found

        return drawn

    return decorate


@dataclass(slots=True)
class Page:
    """One page of a list, and all that its template needs."""

    rows: list[Any]
    heads: list[Head]
    columns: Sequence[Column]
    shows: dict[str, bool]
    sort: str
    params: QueryDict
    total: int
    next_url: str = ""
    previous_url: str = ""

    def drawn(self, look: Any, *, pick: bool = False) -> SafeString:
        """The rows as HTML, with a box before each where they can be picked."""
        cells = [head.column.cell for head in self.heads if head.column.cell]
        if pick:
            cells.insert(0, _box)
        shape = f"<tr data-row>{'{}' * len(cells)}</tr>"
        return format_html_join(
            "\n", shape, ([cell(row, look) for cell in cells] for row in self.rows)
        )

    @property
    def then_by(self) -> list[Head]:
        """The columns by which the list can be sorted further."""
        return [head for head in self.heads if head.also_url and not head.direction]

    @property
    def is_capped(self) -> bool:
        """More rows than are counted."""
        return self.total > COUNT_CAP

    @property
    def total_words(self) -> str:
        """37, or 1,000+ where counting on would cost more than it tells."""
        return f"{figures.whole(COUNT_CAP)}+" if self.is_capped else figures.whole(self.total)

    @property
    def count_words(self) -> str:
        """The foot of the list."""
        return _("%(shown)s of %(total)s") % {
            "shown": figures.whole(len(self.rows)),
            "total": self.total_words,
        }

    @property
    def kept_params(self) -> list[tuple[str, str]]:
        """For hidden inputs of the column chooser: all but what it sets, and not the place."""
        return [
            (key, value)
            for key, values in self.params.lists()
            if key not in ("cols", "after", "before")
            for value in values
        ]


@dataclass(frozen=True, slots=True)
class Table:
    """A kind of list, declared once. `key` names it for saved views."""

    key: str
    columns: Sequence[Column]
    default_sort: str
    size: int = 50
    by_key: dict[str, Column] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_key", {c.key: c for c in self.columns})

    def page(self, request: HttpRequest, queryset: QuerySet[Any]) -> Page:
        """The page that the URL asks for; nonsense in the URL means the first page, unsorted wishes
        the default order."""
        params = request.GET
        sorts = self.sorting(params.get("sort", ""))
        order = [by_of(column, down) for column, down in sorts]
        is_back = "before" in params
        cursor = decoded(params.get("before" if is_back else "after", ""))
        rows = sliced(queryset, order, cursor, is_back, self.size + 1)
        more = len(rows) > self.size
        rows = rows[: self.size]
        if is_back:
            rows.reverse()
        shown = self.shown(params.get("cols", ""))
        page = Page(
            rows=rows,
            heads=[head(column, sorts, params) for column in shown],
            columns=self.columns,
            shows={c.key: True for c in shown},
            sort=wish_of(sorts),
            params=params,
            total=counted(queryset, rows, is_whole=not (more or cursor or is_back)),
        )
        if rows and (more or is_back):
            page.next_url = url(params, before=None, after=encoded(rows[-1], order))
        if rows and ((more and is_back) or (cursor and not is_back)):
            page.previous_url = url(params, after=None, before=encoded(rows[0], order))
        return page

    def sorting(self, wish: str) -> Sorts:
        """The columns to sort by, each with whether downwards; an unknown wish gets the default."""
        for candidate in (wish, self.default_sort):
            found = {
                column.key: (column, word.startswith("-"))
                for word in candidate.split(",")
                if (column := self.by_key.get(word.removeprefix("-"))) and column.sort
            }
            if found:
                return list(found.values())[:MOST_SORTS]
        raise ValueError(f"{self.key}: default_sort names no sortable column")

    def shown(self, wish: str) -> list[Column]:
        """The chosen columns in their own order; without a choice the usual ones."""
        chosen = [self.by_key[k] for k in wish.split(",") if k in self.by_key]
        if not chosen:
            return [c for c in self.columns if c.always or c.default]
        return [c for c in self.columns if c.always or c in chosen]


def by_of(column: Column, down: bool) -> By:
    """A column of an order, as the database is asked for it."""
    return By(column.sort, column.nullable, down)


def wish_of(sorts: Sorts) -> str:
    """As the URL says it: `stage,-score`."""
    return ",".join(("-" if down else "") + column.key for column, down in sorts)


def head(column: Column, sorts: Sorts, params: QueryDict) -> Head:
    """A header cell; a second press turns the order round."""
    if not column.sort:
        return Head(column, "", "")
    place = next((n for n, (one, _down) in enumerate(sorts) if one is column), None)
    is_down = sorts[place][1] if place is not None else False
    # words start at A, figures at the largest
    turned = not is_down if place is not None else bool(column.align)
    also = list(sorts)
    if place is not None:
        also[place] = (column, turned)
    else:
        also = [*sorts, (column, turned)] if len(sorts) < MOST_SORTS else []
    direction = ("descending" if is_down else "ascending") if place is not None else ""
    return Head(
        column,
        url(params, sort=wish_of([(column, turned)]), after=None, before=None),
        direction,
        url(params, sort=wish_of(also), after=None, before=None) if also else "",
        place + 1 if place is not None and len(sorts) > 1 else 0,
    )


def counted(queryset: QuerySet[Any], rows: Sequence[Any], *, is_whole: bool) -> int:
    """How many rows match, up to one past the cap; not asked where the page holds all of them."""
    if is_whole:
        return len(rows)
    return queryset.order_by()[: COUNT_CAP + 1].count()


def url(params: QueryDict, **changes: str | None) -> str:
    """The same page with some of its state changed; None drops a part."""
    copy = params.copy()
    for key, value in changes.items():
        if value is None:
            copy.pop(key, None)
        else:
            copy[key] = value
    return f"?{copy.urlencode()}"
