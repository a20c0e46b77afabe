"""Filters of a list: read from the URL, shown as chips, and honest when nothing matches.

FILTERS = FilterSet([Filter("stage", _("Stage"), choices=..., path="stage__in"), ...])
applied = FILTERS.read(request)
queryset = applied.narrow(queryset)
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import CharField, F, Q, QuerySet, Value, Window
from django.db.models.functions import Cast, RowNumber
from django.http import HttpRequest, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from leadflow.web.tables import url

Words = str | Promise
Choices = Sequence[tuple[str, Words]]
MAX_VALUES = 50
MAX_LENGTH = 200
MAX_CHOICES = 500  # of one filter; more are found by search


@dataclass(frozen=True, slots=True)
class Filter:
    """One question. `path` is a lookup that takes the list of values, or `build` makes the Q.

    With `choices` only their keys are let through; without, the text is taken as it stands, or where
    `takes` says that it can be read.
    """

    key: str
    label: Words
    path: str = ""
    choices: Callable[[], Choices] | None = None
    build: Callable[[list[str]], Q] | None = None
    icon: str = "filter"
    many: bool = True
    takes: Callable[[str], object] | None = None

    def clean(self, values: list[str], choices: Choices | None) -> list[str]:
        """Only what may be asked: known choices, no control characters, no essays."""
        kept = [v for v in values[:MAX_VALUES] if v and "\x00" not in v and len(v) <= MAX_LENGTH]
        if choices is None or not kept:
            return [v for v in kept if self.takes is None or self.takes(v)]
        known = {str(key) for key, _label in choices}
        return [v for v in kept if v in known]

    def condition(self, values: list[str]) -> Q:
        """The question for the database."""
        if self.build:
            return self.build(values)
        return Q(**{self.path: values if self.path.endswith("__in") else values[0]})

    @property
    def verb(self) -> str:
        """Between label and value on the chip."""
        return _("is any of") if self.path.endswith("__in") else _("is")


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in use."""

    filter: Filter
    values: list[str]
    remove_url: str
    choices: Choices = ()

    @property
    def value(self) -> str:
        """The chosen values by their labels."""
        labels = {str(key): str(label) for key, label in self.choices}
        return ", ".join(labels.get(v, v) for v in self.values)


@dataclass(frozen=True, slots=True)
class Applied:
    """The filters of this request."""

    chips: list[Chip]
    params: QueryDict
    # one box per filter for the "Filter" menu: what could be chosen and what is
    menu: list[tuple[Filter, Choices, list[str]]] = field(default_factory=list)

    def narrow(self, queryset: QuerySet[Any], *, leave_out: Chip | None = None) -> QuerySet[Any]:
        """Apply all, or all but one."""
        for chip in self.chips:
            if chip is not leave_out:
                queryset = queryset.filter(chip.filter.condition(chip.values))
        return queryset

    @property
    def condition(self) -> Q | None:
        """All of them as one condition on a row; none where nothing is filtered."""
        found: Q | None = None
        for chip in self.chips:
            one = chip.filter.condition(chip.values)
            found = one if found is None else found & one
        return found

    def best_to_drop(self, queryset: QuerySet[Any]) -> tuple[Chip, int] | None:
        """When nothing matches: the one filter without which most rows would, and how many."""
        if not self.chips:
            return None
        counts = [
            (self.narrow(queryset, leave_out=c).order_by()[:1001].count(), i)
            for i, c in enumerate(self.chips)
        ]
        most, index = max(counts, key=lambda pair: (pair[0], -pair[1]))
        return (self.chips[index], most) if most else None

    def choices(self, key: str) -> Choices:
        """What one filter offers; nothing where it takes words."""
        return next((choices for one, choices, _values in self.menu if one.key == key), ())

    @property
    def kept_params(self) -> list[tuple[str, str]]:
        """For hidden inputs of the menu: all that it does not set itself, and not the place."""
        own = {one.key for one, _choices, _values in self.menu}
        return [
            (key, value)
            for key, values in self.params.lists()
            if key not in own and key not in ("after", "before")
            for value in values
        ]

    @property
    def clear_url(self) -> str:
        """The list without any filter."""
        nothing = {chip.filter.key: None for chip in self.chips}
        return url(self.params, **nothing, after=None, before=None)


@dataclass(frozen=True, slots=True)
class FilterSet:
    """The questions that a list can be asked.

    `together` reads the choices of several filters at once, by key, where each alone would be a query.
    """

    filters: Sequence[Filter]
    together: Callable[[], Mapping[str, Choices]] | None = None

    def read(self, request: HttpRequest) -> Applied:
        """Those that the URL uses; unknown keys and values are ignored. Choices are read once."""
        ready = self.together() if self.together else {}
        applied = Applied([], request.GET)
        for one in self.filters:
            choices = ready.get(one.key)
            if choices is None and one.choices:
                choices = list(one.choices())
            values = one.clean(request.GET.getlist(one.key), choices)
            if values:
                gone = url(request.GET, **{one.key: None}, after=None, before=None)
                applied.chips.append(Chip(one, values, gone, choices or ()))
            if choices is not None:
                applied.menu.append((one, choices, values))
        return applied


@dataclass(frozen=True, slots=True)
class Named:
    """Rows to choose from: what stands for each, and their order."""

    rows: QuerySet[Any]
    label: Any = "name"  # a field, or an expression
    order: Sequence[str] = ("name",)

    def part(self, kind: str) -> QuerySet[Any, Any]:
        """These rows as a part of one query: kind, place, key, label."""
        place = Window(RowNumber(), order_by=self.order)
        label = F(self.label) if isinstance(self.label, str) else self.label
        rows = self.rows
        if rows.query.distinct:  # a numbered row is never a double
            rows = rows.model._default_manager.filter(pk__in=rows.order_by().values("pk"))
        marked = rows.annotate(
            of_filter=Value(kind, CharField()),
            its_place=place,
            its_label=Cast(label, CharField()),
        )
        four: QuerySet[Any, Any] = marked.values_list("of_filter", "its_place", "pk", "its_label")
        return four.order_by(*self.order)[:MAX_CHOICES]


def choices_of(**named: Named) -> dict[str, Choices]:
    """The choices of several filters, by key, in one query."""
    parts = [rows.part(kind) for kind, rows in named.items()]
    found: dict[str, dict[str, str]] = {kind: {} for kind in named}
    for kind, _place, key, label in sorted(parts[0].union(*parts[1:], all=True)):
        found[kind].setdefault(str(key), label)
    return {kind: list(labels.items()) for kind, labels in found.items()}
