"""Visitors who became a lead, by how they came: source, first page, form and device."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from capture.selectors import visiting
from leadflow.insights.asking import Ask
from leadflow.insights.kpi_visitors import cohort, without_consent
from leadflow.insights.values import Value, Words, share

NONE = "-"  # in an address: those that say nothing
MOST = 25  # lines of a split; the rest is in the whole
_NONE_CAME = _("Nobody came so.")


@dataclass(frozen=True, slots=True)
class Line:
    """Visitors who came in one way: how many became a lead, of how many; and in the time before."""

    value: str
    name: Words
    rate: Value
    before: Value | None


@dataclass(frozen=True, slots=True)
class Split:
    """One way to tell visitors apart."""

    key: str
    label: Words
    lines: list[Line]


_SPLITS: Mapping[str, Words] = {
    "source": _("By source"), "landing": _("By first page"), "form": _("By form that they saw"),
    "device": _("By device"),
}  # fmt: skip
_UNSAID: Mapping[str, Words] = {
    "source": _("directly"), "landing": _("not told"), "device": _("not told"),
}  # fmt: skip
Counts = dict[str, tuple[Words, int, int]]  # value -> name, all, became


def splits(ask: Ask, before: Ask | None) -> list[Split]:
    """Each with its lines, the most visited first; two statements for a split and a window."""
    return [
        Split(key, label, _lines(_counts(key, ask), _counts(key, before) if before else None))
        for key, label in _SPLITS.items()
    ]


def _counts(key: str, ask: Ask) -> Counts:
    if key == "form":
        found = visiting.by_form(cohort(ask))
        return {str(pk): (name, n, became) for pk, (name, n, became) in found.items()}
    grouped = cohort(ask).order_by().values(key)
    rows = grouped.annotate(n=Count("pk"), sent=Count("pk", filter=visiting.CONVERTED))
    return {
        row[key] or NONE: (_shown(key, row[key] or ""), row["n"], row["sent"])
        for row in rows.order_by("-n", key)
    }


def _shown(key: str, value: str) -> Words:
    if key == "landing":
        value = value.partition("://")[2]
    return value or _UNSAID[key]


def _lines(now: Counts, before: Counts | None) -> list[Line]:
    lines = []
    for value, (name, n, became) in sorted(now.items(), key=lambda one: -one[1][1])[:MOST]:
        was: Value | None = None
        if before is not None:
            _name, was_n, was_became = before.get(value, (name, 0, 0))
            was = share(was_became, was_n, why=_NONE_CAME)
        lines.append(Line(value, name, share(became, n, why=_NONE_CAME), was))
    return lines


def rows(ask: Ask, *, by: str, value: str, became: bool) -> QuerySet[Any]:
    """The visitors of a line."""
    found = cohort(ask)
    if by == "form" and value.isdigit() and len(value) < 10:
        found = visiting.who_saw(found, int(value))
    elif by in _UNSAID:
        found = found.filter(**{by: "" if value == NONE else value})
    return found.filter(visiting.CONVERTED) if became else found


@dataclass(frozen=True, slots=True)
class Estimate:
    """Those who did not agree, told apart by day: a ratio of two counts, not a rate of people."""

    leads: int
    visitors: int

    @property
    def rate(self) -> Value:
        """May exceed one: a lead may have come on a day that nobody counted."""
        return share(self.leads, self.visitors, why=_("Nobody came without agreeing."))


def estimate(ask: Ask) -> Estimate:
    """Leads of forms whose visits nobody knows, beside the visitors of a day."""
    if not ask.is_whole:
        return Estimate(0, 0)
    leads = visiting.leads_without_visit(ask.period.start, ask.period.end)
    return Estimate(leads.count(), without_consent(ask).count())
