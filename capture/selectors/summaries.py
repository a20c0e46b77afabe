"""The answers of a form summed up: a chart for each question, and a board by state or by one answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q, QuerySet, TextField, Window
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, RowNumber
from django.utils.translation import gettext as _

from capture.blocks.asking import Question
from capture.models import Submission
from capture.selectors.reports import written
from leadflow.kit import text

_CHOSEN = frozenset({"choice", "dropdown", "yes_no", "rating", "scale", "consent"})
_COUNTED = frozenset({"number", "money", "calculation"})
MOST_COLUMNS, MOST_CARDS = 12, 20
_COUNT = """
SELECT told.key, coalesce(one.item, told.value #>> '{{}}'), count(*)
FROM ({rows}) AS sent(answers), jsonb_each(sent.answers) AS told
LEFT JOIN LATERAL jsonb_array_elements_text(
    CASE jsonb_typeof(told.value) WHEN 'array' THEN told.value ELSE '[]' END) AS one(item) ON true
WHERE told.key = ANY(%s) GROUP BY 1, 2
"""
_MEASURE = """
SELECT told.key, count(*), min(told.value::numeric), max(told.value::numeric), avg(told.value::numeric),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY told.value::numeric)
FROM ({rows}) AS sent(answers), jsonb_each(sent.answers) AS told
WHERE told.key = ANY(%s) AND jsonb_typeof(told.value) = 'number' GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """How often one answer was given; `share` is in percent of those who answered."""

    label: str
    count: int
    share: int
    said: str  # as the filter of the answers asks for it


@dataclass(frozen=True, slots=True)
class Chart:
    """One question: how often each answer was given, or how the numbers lie."""

    label: str
    answered: int
    bars: tuple[Tally, ...] = ()
    most: int = 0
    low: str = ""
    high: str = ""
    average: str = ""
    median: str = ""


def telling(rows: QuerySet[Submission], words: str) -> QuerySet[Submission]:
    """Answers that hold these words, or whose lead does; all of them without words."""
    if not (words := text.clean(words).strip()[:200]):
        return rows
    told = rows.annotate(told=Cast("answers", TextField()))
    return told.filter(Q(told__icontains=words) | Q(lead__search_text__icontains=words.casefold()))


def charts(rows: QuerySet[Submission], asked: Sequence[Question]) -> list[Chart]:
    """A chart for each question that has answers to count, in the order of the form; two queries."""
    chosen = {one.name: one for one in asked if one.type in _CHOSEN and one.name}
    counted = {one.name: one for one in asked if one.type in _COUNTED and one.name}
    tallies: dict[str, dict[str, int]] = {}
    for name, value, count in _asked(_COUNT, rows, list(chosen)):
        tallies.setdefault(name, {})[value] = count
    measures = {row[0]: row[1:] for row in _asked(_MEASURE, rows, list(counted))}
    found = []
    for one in asked:
        if one.name in tallies:
            found.append(_tallied(one, tallies[one.name]))
        elif one.name in measures:
            found.append(_measured(one, measures[one.name]))
    return found


def _asked(sql: str, rows: QuerySet[Submission], names: list[str]) -> list[tuple[Any, ...]]:
    if not names or rows.query.is_empty():
        return []
    inner, params = rows.order_by().values_list("answers").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(sql.format(rows=inner), [*params, names])
        return list(cursor.fetchall())


def _tallied(one: Question, counts: dict[str, int]) -> Chart:
    yes_no = {"true": _("Yes"), "false": _("No")} if one.type in {"yes_no", "consent"} else {}
    order = [value for value, _label in one.options()] or list(yes_no)
    order = order or sorted(counts, key=_as_number)
    values = [value for value in order if value in counts] + [v for v in counts if v not in order]
    total, labels = sum(counts.values()), dict(one.options()) | yes_no
    bars = tuple(
        Tally(
            labels.get(value, value),
            counts[value],
            round(100 * counts[value] / total),
            f"{one.name}={value}",
        )
        for value in values
    )
    return Chart(one.label, total, bars, max(counts.values()))


def _as_number(value: str) -> tuple[float, str]:
    return (float(value), value) if value.replace(".", "", 1).isdecimal() else (0.0, value)


def _measured(one: Question, told: Sequence[Any]) -> Chart:
    answered, low, high, average, median = told
    unit = str(one.props.get("unit") or one.props.get("currency") or "")
    decimals = int(one.props.get("decimals") or 0)

    def say(value: Any, places: int = decimals) -> str:
        return written(float(value), places, unit)

    return Chart(
        one.label,
        answered,
        low=say(low),
        high=say(high),
        average=say(average, max(decimals, 1)),
        median=say(median),
    )


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the newest answers in it, and how many there are."""

    label: str
    count: int
    rows: tuple[Submission, ...]

    @property
    def more(self) -> int:
        """How many do not stand here."""
        return self.count - len(self.rows)


@dataclass(frozen=True, slots=True)
class Board:
    """The answers in columns: what the columns mean, and what else they could."""

    by: str
    choices: list[tuple[str, str]]
    columns: list[Column]


def board(rows: QuerySet[Submission], asked: Sequence[Question], by: str | None) -> Board:
    """Answers in columns by what was chosen or by their state; two queries.

    Without a wish, by the first question that has a choice: the state is one and the same for most.
    """
    able = {
        one.name: one
        for one in asked
        if one.name and one.type in _CHOSEN - {"consent"} and not one.props.get("is_multiple")
    }
    first = next(iter(able), "")
    by = first if by is None else by
    question = able.get(by)
    column: Any = KeyTextTransform(by, "answers") if question else F("state")
    placed = rows.order_by().annotate(column=column)
    counts = dict(placed.values_list("column").annotate(n=Count("pk")).values_list("column", "n"))
    number = Window(RowNumber(), partition_by=[F("column")], order_by=[F("received_at").desc()])
    newest = placed.annotate(place=number).filter(place__lte=MOST_CARDS).select_related("lead")
    cards: dict[Any, list[Submission]] = {}
    for row in newest.order_by("-received_at", "-pk"):
        cards.setdefault(row.column, []).append(row)
    labels = _labels(question)
    order = [*labels, *(key for key in counts if key not in labels)]
    columns = [
        Column(
            str(labels.get(key, key or _("Not answered"))), counts[key], tuple(cards.get(key, []))
        )
        for key in order
        if key in counts
    ]
    choices = [("", _("State")), *((name, one.label) for name, one in able.items())]
    return Board(by if question else "", choices, columns[:MOST_COLUMNS])


def _labels(question: Question | None) -> dict[Any, Any]:
    if question is None:
        return dict(Submission.State.choices)
    if question.type == "yes_no":
        return {"true": _("Yes"), "false": _("No")}
    return dict(question.options())
