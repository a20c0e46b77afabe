"""How the figures of a dashboard are written, and how a change is judged."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadflow.insights.formulas import change, overlap
from leadflow.insights.kpis import Kpi
from leadflow.insights.values import Value
from leadflow.kit import days
from leadflow.kit.periods import Period
from leadflow.web.templatetags.formats import (
    duration,
    money,
    money_short,
    number,
    percent,
    plain,
    signed,
)


def figure(value: Any, unit: str, currency: str = "", *, short: bool = False) -> str:
    """A number in its unit; nothing is said, never shown as 0."""
    if value is None:
        return _("no data")
    if unit == "share":
        return percent(value)
    if unit in ("money", "money_a_day"):
        return money_short(value, currency) if short else money(value, currency)
    if unit == "days":
        return _("%(n)s d") % {"n": plain(value, 0 if value >= 10 else 1)}
    if unit == "seconds":
        return duration(float(value))
    if unit == "mean":
        return number(value, 0 if value >= 10 else 1)
    return number(value)


def range_words(period: Period) -> str:
    """1 Jul – 30 Sep 2026."""
    first, last = period.start_on, period.last_on
    if first == last:
        return str(date_format(first, days.full()))
    start = date_format(first, days.short() if first.year == last.year else days.full())
    return f"{start} – {date_format(last, days.full())}"


MINUTE = Decimal(60)  # seconds
NOISE = Decimal("3.84")  # 1.96 squared: the spread of the difference of two counts, at 95 %


@dataclass(frozen=True, slots=True)
class Delta:
    """A change in words. `trend` is good, bad, chance or nothing; `rose` says which way it went."""

    words: str = ""
    trend: str = ""
    rose: bool = False


def delta(kpi: Kpi, now: Value, before: Value | None) -> Delta:
    """How the number changed; a cohort that still grows is not compared with a finished one."""
    if before is None or now.number is None or before.number is None or now.is_growing:
        return Delta()
    step = Decimal(now.number) - Decimal(before.number)
    words = _step_words(kpi, step, now, before)
    if not words:
        return Delta()
    rose = step > 0
    if _may_be_chance(kpi, now, before):
        return Delta(words, "chance", rose)
    if step == 0 or kpi.rises_well is None:
        return Delta(words, rose=rose)
    return Delta(words, "good" if rose == kpi.rises_well else "bad", rose)


def _may_be_chance(kpi: Kpi, now: Value, before: Value) -> bool:
    """Inside the noise: intervals that overlap, or counts nearer than chance alone puts them."""
    if kpi.unit == "share":
        return overlap(now.interval, before.interval) or now.is_small
    if kpi.unit != "count" or now.number is None or before.number is None:
        return False
    return bool((now.number - before.number) ** 2 < NOISE * (now.number + before.number))


def _step_words(kpi: Kpi, step: Decimal, now: Value, before: Value) -> str:
    if kpi.unit == "share":
        return _("%(n)s pts") % {"n": signed(step * 100, 1)}
    if kpi.unit == "days":
        return _("%(n)s d") % {"n": signed(step, 1)}
    if kpi.unit == "seconds":
        return _slower_or_faster(step, Decimal(before.number or 0))
    grown = change(Decimal(now.number or 0), Decimal(before.number or 0))
    return f"{signed(grown * 100, 1)} %" if grown is not None else ""


def _slower_or_faster(step: Decimal, before: Decimal) -> str:
    """Seconds as a person compares them; less than a minute, or than a hundredth, is no change."""
    if abs(step) < max(MINUTE, before / 100):
        return ""
    took = duration(float(abs(step)))
    return (_("%(time)s slower") if step > 0 else _("%(time)s faster")) % {"time": took}


def note(kpi: Kpi, value: Value, currency: str) -> str:
    """The line under a number: its interval, what it counts, or why there is none."""
    if value.number is None:
        return str(value.why)
    if value.interval:
        low, high = (plain(Decimal(str(edge)) * 100, 1) for edge in value.interval)
        between = _("%(low)s–%(high)s %%") % {"low": low, "high": high}
        return _("%(between)s, n = %(n)s") % {"between": between, "n": number(value.n)}
    return _aside(kpi, value, currency)


def _aside(kpi: Kpi, value: Value, currency: str) -> str:
    mean, last = value.fact("mean"), value.fact("p90")
    if kpi.unit == "seconds":
        return _waits(value)
    if kpi.unit == "days" and mean and last:
        words = {"mean": plain(mean.number or 0, 1), "p90": plain(last.number or 0, 0)}
        spread = _("mean %(mean)s d, p90 %(p90)s d") % words
        return f"{spread}, n = {number(value.n)}"
    if mean and mean.number is not None:
        deals = ngettext("%(n)s deal", "%(n)s deals", value.n) % {"n": number(value.n)}
        return _("%(deals)s, mean %(mean)s") % {
            "deals": deals, "mean": figure(mean.number, "money", currency)
        }  # fmt: skip
    return ""


def _waits(value: Value) -> str:
    last, untouched = value.fact("p90"), value.fact("untouched")
    words = []
    if last and last.number is not None:
        words.append(_("p90 %(time)s") % {"time": duration(float(last.number))})
    if untouched and untouched.number:
        words.append(_("%(n)s untouched") % {"n": number(untouched.number)})
    return ", ".join([*words, _("n = %(n)s") % {"n": number(value.n)}])


def spark(values: list[Any]) -> str:
    """A row of numbers for the little line; gaps are left out, and one point is no line."""
    known = [f"{float(value):.4g}" for value in values if value is not None]
    return ",".join(known) if len(known) > 1 else ""
