"""A chart and its twin, the table: one set of figures for both, so they cannot disagree."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise

from leadflow.web.templatetags.formats import number

Words = str | Promise
Figure = int | float | Decimal | None


@dataclass(frozen=True, slots=True)
class Series:
    """One line or set of bars. `colour` is c1 to c5 (c1 for one series; now c1 against before c5).

    `style` is solid, dashed or hatched (a cohort that still grows); `unfinished` hatches the last ones.
    """

    label: Words
    values: Sequence[Figure]
    colour: str = "c1"
    style: str = "solid"
    unfinished: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table twin."""

    label: str
    values: list[str]


@dataclass(frozen=True, slots=True)
class Chart:
    """What <c-chart :data="…"> draws. Missing figures are gaps, never zeros."""

    labels: Sequence[Words]
    series: Sequence[Series]
    x_label: Words = ""
    unit: str = ""
    threshold: float | None = None
    stacked: bool = False
    write: Callable[[Any], str] = field(default=number)

    @property
    def json(self) -> dict[str, Any]:
        """For static/js/charts.js."""
        return {
            "labels": [str(label) for label in self.labels],
            "unit": self.unit,
            "threshold": self.threshold,
            "stacked": self.stacked,
            "series": [
                {
                    "label": str(one.label),
                    "values": [None if v is None else float(v) for v in one.values],
                    "words": [self.write(v) for v in one.values],
                    "colour": one.colour,
                    "style": one.style,
                    "unfinished": one.unfinished,
                }
                for one in self.series
            ],
        }

    @property
    def rows(self) -> list[Row]:
        """The table twin."""
        return [
            Row(str(label), [self.write(one.values[i]) for one in self.series])
            for i, label in enumerate(self.labels)
        ]
