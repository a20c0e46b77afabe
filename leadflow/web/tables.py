"""Lists: columns that sort and can be chosen, and pages by key, so page 900 costs what page 1 costs.

    LEADS = Table("desk.leads", columns=[Column("name", _("Lead"), sort="last_name", always=True), ...],
                  default_sort="-created")
    page = LEADS.page(request, Lead.objects.visible_to(user))

Each column draws its cell by a function of row and look (what all rows of the page share), so
`page.drawn(look)` is the body of the table. State stands in the URL: sort, cols, after, before.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from leadflow.kit import clock
from leadflow.people.models import User
from leadflow.web.templatetags import marks

Words = str | Promise
Cell = Callable[[Any, Any], SafeString]
Cursor = tuple[Any, int]  # the value of the sort column where a row stands, and its id
COUNT_CAP = 1_000


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


@dataclass(frozen=True, slots=True)
class Head:
    """A column as the page shows it."""

    column: Column
    url: str
    direction: str  # ascending, descending or nothing


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
    def is_capped(self) -> bool:
        """More rows than are counted."""
        return self.total > COUNT_CAP

    @property
    def total_words(self) -> str:
        """37, or 1,000+ where counting on would cost more than it tells."""
        return f"{COUNT_CAP:,}+" if self.is_capped else f"{self.total:,}"

    @property
    def count_words(self) -> str:
        """The foot of the list."""
        return _("%(shown)s of %(total)s") % {
            "shown": f"{len(self.rows):,}",
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
        column, is_down = self.sorting(params.get("sort", ""))
        is_back = "before" in params
        cursor = decoded(params.get("before" if is_back else "after", ""))
        rows = sliced(queryset, column, is_down, cursor, is_back, self.size + 1)
        more = len(rows) > self.size
        rows = rows[: self.size]
        if is_back:
            rows.reverse()
        shown = self.shown(params.get("cols", ""))
        page = Page(
            rows=rows,
            heads=[self.head(c, column, is_down, params) for c in shown],
            columns=self.columns,
            shows={c.key: True for c in shown},
            sort=("-" if is_down else "") + column.key,
            params=params,
            total=counted(queryset, rows, is_whole=not (more or cursor or is_back)),
        )
        if rows and (more or is_back):
            page.next_url = url(params, before=None, after=encoded(rows[-1], column))
        if rows and ((more and is_back) or (cursor and not is_back)):
            page.previous_url = url(params, after=None, before=encoded(rows[0], column))
        return page

    def sorting(self, wish: str) -> tuple[Column, bool]:
        """The column to sort by and whether downwards; an unknown wish gets the default."""
        for candidate in (wish, self.default_sort):
            column = self.by_key.get(candidate.removeprefix("-"))
            if column and column.sort:
                return column, candidate.startswith("-")
        raise ValueError(f"{self.key}: default_sort names no sortable column")

    def shown(self, wish: str) -> list[Column]:
        """The chosen columns in their own order; without a choice the usual ones."""
        chosen = [self.by_key[k] for k in wish.split(",") if k in self.by_key]
        if not chosen:
            return [c for c in self.columns if c.always or c.default]
        return [c for c in self.columns if c.always or c in chosen]

    def head(self, column: Column, current: Column, is_down: bool, params: QueryDict) -> Head:
        """A header cell; a second press turns the order round."""
        if not column.sort:
            return Head(column, "", "")
        is_current = column is current
        wish = column.key if is_current and is_down else f"-{column.key}"
        if not is_current and not column.align:
            wish = column.key  # words start at A, figures at the largest
        direction = ("descending" if is_down else "ascending") if is_current else ""
        return Head(column, url(params, sort=wish, after=None, before=None), direction)


def counted(queryset: QuerySet[Any], rows: Sequence[Any], *, is_whole: bool) -> int:
    """How many rows match, up to one past the cap; not asked where the page holds all of them."""
    if is_whole:
        return len(rows)
    return queryset.order_by()[: COUNT_CAP + 1].count()


def sliced(
    queryset: QuerySet[Any],
    column: Column,
    is_down: bool,
    cursor: Cursor | None,
    is_back: bool,
    size: int,
) -> list[Any]:
    """One page in a stable order: the column, then the id; empty values last whichever way it goes.

    Filled and empty values are asked for apart, the second only if the first do not fill the page: one
    condition for both can be served by no index, and an outer join gives no order to walk along.
    """
    rows: list[Any] = []
    for part in parts(queryset, column, is_down != is_back, cursor, is_back):
        rows += part[: size - len(rows)]
        if len(rows) == size:
            break
    return rows


def parts(
    queryset: QuerySet[Any], column: Column, down: bool, cursor: Cursor | None, is_back: bool
) -> Iterator[QuerySet[Any]]:
    """The rows past the cursor in reading order: at most two querysets."""
    path, last = column.sort, "-pk" if down else "pk"
    ordered = queryset.order_by(("-" if down else "") + path, last)
    if not column.nullable:
        yield past(ordered, column, down, cursor)
        return
    filled, nobody = Q(**{f"{path}__isnull": False}), unfilled(queryset, path, down)
    if cursor and cursor[0] is None:
        yield past(nobody, column, down, cursor)
        if is_back:
            yield ordered.filter(filled)
        return
    if is_back and not cursor:
        yield nobody
    yield past(ordered.filter(filled), column, down, cursor)
    if not is_back:
        yield nobody


def unfilled(queryset: QuerySet[Any], path: str, down: bool) -> QuerySet[Any]:
    """Rows without a value, by id. The empty column is named in the order too, though it orders
    nothing: PostgreSQL takes an index on (column, id) for it only then."""
    first, _sep, rest = path.partition("__")
    rows = queryset.filter(**{f"{first}__isnull": True})
    last = "-pk" if down else "pk"
    if not rest:
        return rows.order_by("-" + path if down else path, last)
    if queryset.model._meta.get_field(first).concrete:
        return rows.order_by(f"{first}_id" if down else f"-{first}_id", last)  # (company, -id)
    return rows.order_by(last)


def past(rows: QuerySet[Any], column: Column, down: bool, cursor: Cursor | None) -> QuerySet[Any]:
    """Those past the cursor; a cursor of another column, or a made-up one, means the first page."""
    if cursor:
        with suppress(ValueError, TypeError, OverflowError, ValidationError):
            return rows.filter(beyond(column, down, *cursor))
    return rows


def beyond(column: Column, down: bool, value: Any, pk: int) -> Q:
    """Rows past the cursor. The bound stands alone first, so that an index serves it."""
    path, side = column.sort, "lt" if down else "gt"
    further = Q(**{f"pk__{side}": pk})
    if value is None:
        return further
    same = Q(**{path: value})
    return Q(**{f"{path}__{side}e": value}) & (Q(**{f"{path}__{side}": value}) | same & further)


_TYPES: dict[str, Any] = {
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "n": Decimal,
    "i": int,
    "f": float,
    "s": str,
}


def encoded(row: Any, column: Column) -> str:
    """Where a row stands, as a word for the URL."""
    value = row
    for part in column.sort.split("__"):
        value = getattr(value, part, None)
    packed = [*tagged(value), row.pk]
    return base64.urlsafe_b64encode(json.dumps(packed).encode()).decode().rstrip("=")


def tagged(value: Any) -> tuple[str, Any]:
    """A value with its type, so that it comes back as it was."""
    if value is None or isinstance(value, bool):
        return "", value
    if isinstance(value, datetime):
        return "t", value.isoformat()
    if isinstance(value, date):
        return "d", value.isoformat()
    if isinstance(value, Decimal):
        return "n", str(value)
    return {int: "i", float: "f"}.get(type(value), "s"), value if isinstance(
        value, int | float
    ) else str(value)


def decoded(word: str) -> Cursor | None:
    """The cursor of a URL; None for anything that is not one."""
    try:
        raw = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
        tag, value, pk = json.loads(raw)
        if tag:
            value = _TYPES[tag](value)
        elif value is not None and not isinstance(value, bool):
            return None
        if isinstance(value, str) and "\x00" in value:
            return None
        return value, int(pk)
    except (ValueError, TypeError, KeyError, InvalidOperation, binascii.Error, OverflowError):
        return None


def url(params: QueryDict, **changes: str | None) -> str:
    """The same page with some of its state changed; None drops a part."""
    copy = params.copy()
    for key, value in changes.items():
        if value is None:
            copy.pop(key, None)
        else:
            copy[key] = value
    return f"?{copy.urlencode()}"
