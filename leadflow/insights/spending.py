"""Writing down what was spent: by hand, or many lines at once."""

import csv
import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.models import Campaign, ExchangeRate, Organisation, Source, SpendEntry
from leadflow.people.models import User

HEADS = ("source", "from", "to", "amount", "currency", "note")
MOST_LINES = 2_000
MOST_AMOUNT = Decimal(10) ** 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """An amount on a source over whole days, both ends included."""

    source: Source
    starts_on: date
    ends_on: date
    amount: Decimal
    currency: str
    rate: Decimal | None = None
    note: str = ""
    campaign: Campaign | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file: how many lines were new, and how many stood there already."""

    added: int
    known: int


def known_rate(currency: str, on: date) -> Decimal | None:
    """What one unit was worth in the base currency on that day; None where nobody entered it."""
    if currency == Organisation.current().base_currency:
        return Decimal(1)
    rows = ExchangeRate.objects.filter(currency=currency, on__lte=on).order_by("-on")
    return rows.values_list("rate", flat=True).first()


@transaction.atomic
def enter(spend: Spend, *, by: User | None, entry: SpendEntry | None = None) -> SpendEntry:
    """Write an entry down, or change one. A rate that is not typed is looked up by its first day.

    Raises Invalid for days in the wrong order or an amount that cannot be.
    """
    _check(spend)
    entry = entry or SpendEntry(entered_by=by)
    for name in ("source", "campaign", "starts_on", "ends_on", "amount", "currency", "note"):
        setattr(entry, name, getattr(spend, name))
    entry.rate = spend.rate or known_rate(spend.currency, spend.starts_on)
    entry.save()
    return entry


def _check(spend: Spend) -> None:
    if spend.ends_on < spend.starts_on:
        raise _refusal("ends_on", _("The last day lies before the first. Change one."))
    if not 0 <= spend.amount < MOST_AMOUNT:
        raise _refusal("amount", _("Enter an amount of 0 or more."))


def _refusal(field: str, *messages: str) -> Invalid:
    return Invalid(messages[0], fields={field: messages})


def entered() -> QuerySet[SpendEntry]:
    """All that was entered, the latest days first. Spend belongs to nobody: whoever may see it sees all."""
    rows = SpendEntry.objects.select_related("source", "campaign", "entered_by")
    return rows.order_by("-starts_on", "-pk")


def remove(entry: SpendEntry) -> None:
    """Take an entry out; the numbers follow at once."""
    entry.delete()


@transaction.atomic
def take_in(text: str, *, by: User | None) -> Taken:
    """Write down the lines of a CSV, all or none. A line that stands there already is not doubled.

    Raises Invalid that names each line that cannot be read.
    """
    spends, wrong = _read(text)
    if wrong:
        raise _refusal("text", *wrong[:20])
    if not spends:
        raise _refusal("text", _("There is no line below the heads."))
    fresh = [spend for spend in spends if not _stands(spend)]
    for spend in fresh:
        enter(spend, by=by)
    return Taken(len(fresh), len(spends) - len(fresh))


def _stands(spend: Spend) -> bool:
    return SpendEntry.objects.filter(
        source=spend.source,
        starts_on=spend.starts_on,
        ends_on=spend.ends_on,
        amount=spend.amount,
        currency=spend.currency,
        note=spend.note,
    ).exists()


def _read(text: str) -> tuple[list[Spend], list[str]]:
    first = text.lstrip("\ufeff").splitlines()[0] if text.strip() else ""
    mark = max(",;\t", key=first.count)
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff").strip()), delimiter=mark)
    heads = [(head or "").strip().lower() for head in rows.fieldnames or ()]
    if missing := [head for head in HEADS[:4] if head not in heads]:
        return [], [_("The first line misses: %(heads)s.") % {"heads": ", ".join(missing)}]
    rows.fieldnames = heads
    sources = {source.name.casefold(): source for source in Source.objects.all()}
    base = Organisation.current().base_currency
    spends: list[Spend] = []
    wrong: list[str] = []
    for number, row in enumerate(rows, start=2):
        if number > MOST_LINES + 1:
            return [], [_("At most 2,000 lines at once. Split the file.")]
        try:
            spends.append(_spend(row, sources, base))
        except Invalid as refusal:
            wrong.append(_("Line %(n)s: %(why)s") % {"n": number, "why": refusal.message})
    return spends, wrong


def _spend(row: dict[str, Any], sources: dict[str, Source], base: str) -> Spend:
    cells = {key: (value or "").strip() for key, value in row.items() if isinstance(value, str)}
    source = sources.get(cells.get("source", "").casefold())
    if source is None:
        raise Invalid(_("there is no source “%(name)s”.") % {"name": cells.get("source", "")})
    currency = cells.get("currency", "").upper() or base
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha():
        raise Invalid(_("“%(text)s” is not a currency such as EUR.") % {"text": currency})
    spend = Spend(
        source=source,
        starts_on=_day(cells.get("from", "")),
        ends_on=_day(cells.get("to", "")),
        amount=_amount(cells.get("amount", "")),
        currency=currency,
        note=cells.get("note", "").replace("\x00", "")[:200],
    )
    if spend.ends_on < spend.starts_on:
        raise Invalid(_("the last day lies before the first."))
    return spend


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(_("“%(text)s” is not a day such as 2026-11-30.") % {"text": text}) from None


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 <= amount < MOST_AMOUNT:
        raise Invalid(_("“%(text)s” is not an amount such as 1200.50.") % {"text": text})
    return round(amount, 2)
