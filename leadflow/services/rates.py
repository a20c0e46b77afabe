"""Dated exchange rates, typed in or from a file; each change is a fact."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.models import ExchangeRate, Organisation
from leadflow.people.models import User

MAX_RATES = 20_000


@dataclass(frozen=True)
class Rates:
    """What a file of exchange rates brought."""

    added: int
    changed: int


@transaction.atomic
def set_rate(*, currency: str, on: date, rate: Decimal, by: User | None) -> ExchangeRate:
    """What one unit of `currency` is worth in the base currency from that day on."""
    if currency == Organisation.current().base_currency:
        raise Invalid(
            _("This is the base currency; its rate is always 1."),
            {"currency": [_("This is the base currency; its rate is always 1.")]},
        )
    row, _is_new = ExchangeRate.objects.update_or_create(
        currency=currency, on=on, defaults={"rate": rate}
    )
    data = {"name": f"rate:{currency}:{on}", "to": str(rate)}
    record(Kind.SETTING_CHANGED, by=by, subject=row, data=data)
    return row


@transaction.atomic
def remove_rate(*, rate: ExchangeRate, by: User | None) -> None:
    """Take a rate back; the one before it counts again."""
    data = {"name": f"rate:{rate.currency}:{rate.on}", "from": str(rate.rate)}
    record(Kind.SETTING_CHANGED, by=by, subject=rate, data=data)
    rate.delete()


@transaction.atomic
def import_rates(*, content: str, by: User | None) -> Rates:
    """Rates from CSV with the columns currency, date, rate; all or nothing. Raises Invalid per line."""
    base = Organisation.current().base_currency
    rows, faults = _read_rates(content, base)
    if faults:
        raise Invalid(_("The file was not taken. Nothing was changed."), {"file": faults[:10]})
    keys = {(row.currency, row.on) for row in rows}
    known = set(ExchangeRate.objects.values_list("currency", "on"))
    ExchangeRate.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["currency", "on"], update_fields=["rate"]
    )
    record(
        Kind.SETTING_CHANGED,
        by=by,
        subject=Organisation.current(),
        data={"name": "rates", "to": len(rows)},
    )
    return Rates(added=len(keys - known), changed=len(keys & known))


def _read_rates(content: str, base: str) -> tuple[list[ExchangeRate], list[str]]:
    found: dict[tuple[str, date], ExchangeRate] = {}
    faults: list[str] = []
    reader = csv.DictReader(io.StringIO(content.lstrip("\ufeff")), dialect=_dialect(content))
    names = {(name or "").strip().lower(): name for name in reader.fieldnames or []}
    if not {"currency", "date", "rate"} <= set(names):
        return [], [_("The first line must name the columns currency, date and rate.")]
    for number, line in enumerate(reader, start=2):
        if number > MAX_RATES:
            return [], [_("The file has more than %(n)s lines.") % {"n": MAX_RATES}]
        try:
            row = _rate_of({key: line[name] for key, name in names.items()}, base)
        except ValueError as error:
            faults.append(_("Line %(n)s: %(why)s") % {"n": number, "why": error})
        else:
            found[(row.currency, row.on)] = row
    return list(found.values()), faults


def _dialect(content: str) -> type[csv.Dialect]:
    dialect: type[csv.Dialect] = type("Rates", (csv.excel,), {})
    first = content.split("\n", 1)[0]
    dialect.delimiter = max(",;\t", key=first.count)
    return dialect


def _rate_of(line: Mapping[str, str | None], base: str) -> ExchangeRate:
    currency = (line.get("currency") or "").strip().upper()
    if not re.fullmatch(r"[A-Z]{3}", currency) or currency == base:
        raise ValueError(_("the currency is three letters and not the base currency"))
    try:
        on = date.fromisoformat((line.get("date") or "").strip())
    except ValueError as error:
        raise ValueError(_("write the date as 2026-11-30")) from error
    try:
        rate = Decimal((line.get("rate") or "").strip())
    except InvalidOperation as error:
        raise ValueError(_("the rate is a number such as 1.0825")) from error
    if not rate.is_finite() or not 0 < rate < 10**9:
        raise ValueError(_("the rate is more than 0 and less than a billion"))
    return ExchangeRate(currency=currency, on=on, rate=rate.quantize(Decimal("1e-8")))
