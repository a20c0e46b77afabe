"""How figures and times are written: no cents in lists, near times in words, a real minus sign.

Missing is said ("no data", "never"), never shown as 0. Loaded into every template.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leadflow.kit import days, figures
from leadflow.kit.clock import now
from leadflow.kit.money import Money, rounded

register = template.Library()

MINUS = "−"
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "PLN": "zł ", "BRL": "R$"}
Number = int | float | Decimal


@register.filter
def number(value: Number | None, decimals: int = 0) -> str:
    """1284 -> 1,284; None -> no data."""
    if value is None or value == "":
        return _("no data")
    return plain(value, decimals)


@register.filter
def signed(value: Number | None, decimals: int = 0) -> str:
    """A change: +12.4 or −1.9."""
    if value is None:
        return _("no data")
    return ("+" if value > 0 else "") + plain(value, decimals)


@register.filter
def percent(value: Number | None, decimals: int = 1) -> str:
    """A share of 1: 0.312 -> 31.2 %."""
    if value is None:
        return _("no data")
    return f"{plain(Decimal(str(value)) * 100, decimals)} %"


@register.filter
def points(value: Number | None, decimals: int = 1) -> str:
    """The difference of two shares of 1: 0.021 -> +2.1 pts."""
    if value is None:
        return _("no data")
    return _("%(n)s pts") % {"n": signed(Decimal(str(value)) * 100, decimals)}


@register.filter
def interval(value: tuple[float, float] | None) -> str:
    """Two shares of 1 as the span between them: (0.009, 0.048) -> 0.9 to 4.8 %."""
    if value is None:
        return _("no data")
    low, high = (plain(Decimal(str(one)) * 100, 1) for one in value)
    return _("%(low)s to %(high)s %%") % {"low": low, "high": high}


@register.filter
def money(value: Money | Number | None, currency: str = "") -> str:
    """Whole units, as lists and cards show them: €168,400."""
    return written(value, currency, decimals=0)


@register.filter
def money_exact(value: Money | Number | None, currency: str = "") -> str:
    """To the cent, as an order shows it: €168,400.00."""
    return written(value, currency, decimals=None)


@register.filter
def money_short(value: Money | Number | None, currency: str = "") -> str:
    """To three figures, for column heads: €642k, €5.27 M."""
    if value is None:
        return _("no data")
    amount, code = amount_of(value, currency)
    for size, unit, decimals in ((10**9, " bn", 2), (10**6, " M", 2), (10**4, "k", 0)):
        if abs(amount) >= size:
            scale = 1000 if unit == "k" else size
            return with_symbol(amount / scale, code, decimals) + unit
    return with_symbol(amount, code, 0)


@register.filter
def when(value: datetime | date | None, at: datetime | None = None) -> str:
    """A moment as people say it: in 7 min, today 09:06, Tue 10:04, 29 Oct."""
    if value is None:
        return _("never")
    if not isinstance(value, datetime):
        return day(value)
    present = at or now()
    seconds = (value - present).total_seconds()
    if abs(seconds) < 3600:
        return minutes_away(seconds)
    there = local(value)
    distance = (there.date() - local(present).date()).days
    if abs(distance) > 6:
        return day(there, present)
    return f"{near_day(there.date(), distance)} {date_format(there, 'H:i')}"


@register.filter
def full_day(value: date) -> str:
    """A day with its year: 29 Oct 2025, or as the organisation writes it."""
    return date_format(value, days.full())


@register.filter
def day(value: datetime | date | None, at: datetime | None = None) -> str:
    """A day: today, tomorrow, Wed 18 Nov, 29 Oct 2025."""
    if value is None:
        return _("never")
    there = local(value).date() if isinstance(value, datetime) else value
    here = local(at or now()).date()
    distance = (there - here).days
    if abs(distance) <= 1:
        return near_day(there, distance)
    if abs(distance) <= 6:
        return date_format(there, f"D {days.short()}")
    return date_format(there, days.short() if there.year == here.year else days.full())


@register.filter
def age(value: datetime | None, at: datetime | None = None) -> str:
    """How long ago, in a column: 12 min, 3 h, 4 d."""
    if value is None:
        return _("never")
    return duration((at or now()) - value)


@register.filter
def duration(value: timedelta | Number | None) -> str:
    """A span (timedelta or seconds) in its largest sensible unit: 7 min, 3.1 h, 9 d."""
    if value is None:
        return _("no data")
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if seconds < 60:
        return _("now") if seconds < 1 else _("%(n)s s") % {"n": plain(seconds, 0)}
    for size, words in ((86400, _("%(n)s d")), (3600, _("%(n)s h")), (60, _("%(n)s min"))):
        if seconds >= size:
            return words % {"n": plain(int(seconds // size), 0)}
    return ""


@register.filter
def clock(value: datetime | None) -> str:
    """The time of day in the reader's zone: 09:34."""
    return date_format(local(value), "H:i") if value else ""


@register.filter
def hue(value: Any) -> int:
    """One of six colours for a face, always the same for the same person."""
    return sum(ord(letter) for letter in str(value)) % 6


@register.filter
def get(mapping: dict[Any, Any], key: Any) -> Any:
    """mapping[key] in a template, None where it is missing."""
    return mapping.get(key) if mapping else None


def plain(value: Number, decimals: int) -> str:
    """Grouped digits as the organisation writes them, with a real minus sign."""
    if not decimals and type(value) is int and 0 <= value < 1000:
        return str(value)  # nothing to group: most figures of a list
    exact = round(Decimal(str(value)), decimals)
    text = figures.written(f"{abs(exact):,.{decimals}f}")
    return MINUS + text if exact < 0 else text


def written(value: Money | Number | None, currency: str, decimals: int | None) -> str:
    """An amount with its currency; the cents only where asked for."""
    if value is None or value == "":
        return _("no data")
    amount, code = amount_of(value, currency)
    if decimals is None:
        exact = rounded(amount, code)
        decimals = max(0, -int(exact.as_tuple().exponent))
    return with_symbol(amount, code, decimals)


def amount_of(value: Money | Number, currency: str) -> tuple[Decimal, str]:
    """The two halves of an amount, whichever way it came."""
    if isinstance(value, Money):
        return value.amount, value.currency
    return Decimal(str(value)), currency


def with_symbol(amount: Decimal, code: str, decimals: int) -> str:
    """€1,200, CHF 1,200, −€5: the sign stands first."""
    symbol = SYMBOLS.get(code, f"{code} " if code else "")
    text = plain(amount, decimals)
    return f"{MINUS}{symbol}{text[1:]}" if text.startswith(MINUS) else f"{symbol}{text}"


def minutes_away(seconds: float) -> str:
    """Under an hour before or after the present."""
    minutes = int(abs(seconds) // 60)
    if not minutes:
        return _("just now") if seconds <= 0 else _("in a moment")
    words = _("%(n)s min ago") if seconds < 0 else _("in %(n)s min")
    return words % {"n": minutes}


def near_day(value: date, distance: int) -> str:
    """A day of this week in one word."""
    names = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}
    return names.get(distance) or date_format(value, "D")


def local(value: datetime) -> datetime:
    """In the time zone of whoever reads."""
    return timezone.localtime(value) if timezone.is_aware(value) else value


@register.filter
def initials(value: str) -> str:
    """Anneke de Vries -> AV."""
    words = [word for word in str(value).split() if word[0].isalnum()] or ["?"]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()
