"""Filters of a list: read from the URL, shown as chips, and honest when nothing matches.

FILTERS = FilterSet([Filter("stage", _("Stage"), choices=..., path="stage__in"), ...])
applied = FILTERS.read(request)
queryset = applied.narrow(queryset)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from leadflow.web.tables import url

Words = str | Promise
MAX_VALUES = 50
MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Filter:
    """One question. `path` is a lookup that takes the list of values, or `build` makes the Q.

    With `choices` only their keys are let through; without, the text is taken as it stands.
    """

    key: str
    label: Words
    path: str = ""
    choices: Callable[[], Sequence[tuple[str, Words]]] | None = None
    build: Callable[[list[str]], Q] | None = None
    icon: str = "filter"
    many: bool = True

    def clean(self, values: list[str]) -> list[str]:
        """Only what may be asked: known choices, no control characters, no essays."""
        kept = [v for v in values[:MAX_VALUES] if v and "\x00" not in v and len(v) <= MAX_LENGTH]
        if self.choices is None:
            return kept
        known = {str(key) for key, _label in self.choices()}
        return [v for v in kept if v in known]

    def condition(self, values: list[str]) -> Q:
        """The question for the database."""
        if self.build:
            return self.build(values)
        return Q(**{self.path: values if self.path.endswith("__in") else values[0]})

    def words(self, values: list[str]) -> str:
        """The chosen values by their labels."""
        labels = {str(k): str(label) for k, label in self.choices()} if self.choices else {}
        return ", ".join(labels.get(v, v) for v in values)

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

    @property
    def value(self) -> str:
        return self.filter.words(self.values)


@dataclass(frozen=True, slots=True)
class Applied:
    """The filters of this request."""

    chips: list[Chip]
    params: QueryDict
    unused: list[Filter] = field(default_factory=list)
    # one box per filter for the "Filter" menu: what could be chosen and what is
    menu: list[tuple[Filter, Sequence[tuple[str, Words]], list[str]]] = field(default_factory=list)

    def narrow(self, queryset: QuerySet[Any], *, leave_out: Chip | None = None) -> QuerySet[Any]:
        """Apply all, or all but one."""
        for chip in self.chips:
            if chip is not leave_out:
                queryset = queryset.filter(chip.filter.condition(chip.values))
        return queryset

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
    """The questions that a list can be asked."""

    filters: Sequence[Filter]

    def read(self, request: HttpRequest) -> Applied:
        """Those that the URL uses; unknown keys and values are ignored."""
        chips: list[Chip] = []
        unused: list[Filter] = []
        menu: list[tuple[Filter, Sequence[tuple[str, Words]], list[str]]] = []
        for one in self.filters:
            values = one.clean(request.GET.getlist(one.key))
            if values:
                gone = url(request.GET, **{one.key: None}, after=None, before=None)
                chips.append(Chip(one, values, gone))
            else:
                unused.append(one)
            if one.choices:
                menu.append((one, list(one.choices()), values))
        return Applied(chips, request.GET, unused, menu)
