"""What leads cost: spend booked to sources, shared out by days, beside the leads that came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property

from django.db.models import Q

from leadflow.insights.asking import Ask
from leadflow.insights.formulas import ratio
from leadflow.insights.people import People
from leadflow.kit.periods import Period
from leadflow.models import Source, SpendEntry
from leadflow.models.choices import Channel

# channels in which each visit is bought; a trade fair costs money too, but is counted as blended only
PAID = (Channel.PAID_SEARCH, Channel.PAID_SOCIAL, Channel.DISPLAY)


@dataclass(frozen=True, slots=True)
class Booked:
    """What was spent on one source in the window. `entries` tells nothing entered from 0."""

    amount: Decimal = Decimal(0)
    entries: int = 0
    no_rate: int = 0

    @property
    def is_entered(self) -> bool:
        return self.entries > self.no_rate


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source with its leads and what they cost."""

    key: int
    name: str
    is_free: bool
    is_paid: bool
    booked: Booked
    leads: int
    mql: int
    customers: int

    @property
    def state(self) -> str:
        """entered, free, missing, or none for leads without a source: the column of spend."""
        if not self.key:
            return "none"
        if self.booked.is_entered:
            return "entered"
        return "free" if self.is_free else "missing"

    @property
    def spend(self) -> Decimal | None:
        """Money; None where nobody entered any."""
        if self.booked.is_entered:
            return self.booked.amount
        return Decimal(0) if self.is_free else None

    @property
    def cpl(self) -> Decimal | None:
        """Cost per lead; None where spend or leads are missing."""
        return ratio(self.spend, self.leads) if self.spend is not None else None

    @property
    def mql_share(self) -> Decimal | None:
        return ratio(self.mql, self.leads)


@dataclass(frozen=True, slots=True)
class Total:
    """Spend over leads of several sources. `blind` have leads but no spend entered."""

    spend: Decimal | None
    leads: int
    blind: int

    @property
    def cpl(self) -> Decimal | None:
        return ratio(self.spend, self.leads) if self.spend is not None else None


def share_of(entry: SpendEntry, period: Period) -> Decimal:
    """How much of an entry falls into the window, in its own currency, by days."""
    first = max(entry.starts_on, period.start_on)
    last = min(entry.ends_on, period.last_on)
    inside = max((last - first) // timedelta(days=1) + 1, 0)
    days = (entry.ends_on - entry.starts_on) // timedelta(days=1) + 1
    return entry.amount * inside / days


def rate_of(entry: SpendEntry, base: str) -> Decimal | None:
    """What one unit of its currency counts in the base currency."""
    return Decimal(1) if entry.currency == base else entry.rate


class Books:
    """What was spent in the windows of one question, and on which sources: each read once."""

    def __init__(self, ask: Ask, periods: Sequence[Period]) -> None:
        self.ask, self.periods = ask, periods

    @cached_property
    def entries(self) -> list[SpendEntry]:
        """The spend that touches any of the windows, of the source that is asked for."""
        touching = Q()
        for period in self.periods:
            touching |= Q(starts_on__lt=period.end_on, ends_on__gte=period.start_on)
        rows = SpendEntry.objects.filter(touching)
        if self.ask.source is not None:
            rows = rows.filter(source=self.ask.source)
        return list(rows.order_by("-starts_on", "pk"))

    @cached_property
    def sources(self) -> list[Source]:
        """All of them, or the one that is asked for."""
        rows = Source.objects.order_by("name")
        return list(rows if self.ask.source is None else rows.filter(pk=self.ask.source))

    def booked_in(self, period: Period) -> dict[int, Booked]:
        """The sums of a window by source id."""
        base = self.ask.organisation.base_currency
        found: dict[int, Booked] = {}
        for entry in self.entries:
            if entry.starts_on >= period.end_on or entry.ends_on < period.start_on:
                continue
            was = found.get(entry.source_id, Booked())
            rate = rate_of(entry, base)
            more = share_of(entry, period) * rate if rate is not None else Decimal(0)
            found[entry.source_id] = Booked(
                was.amount + more, was.entries + 1, was.no_rate + (rate is None)
            )
        return found


class Spending:
    """Sources, spend and leads of a window. Spend belongs to a source, never to an owner."""

    def __init__(self, books: Books, people: People) -> None:
        self.rows = self._rows(books, people)
        self.no_rate = sum(row.booked.no_rate for row in self.rows)

    def _rows(self, books: Books, people: People) -> list[SourceRow]:
        came, booked = people.by_source(), books.booked_in(people.period)
        nothing = {"leads": 0, "mql": 0, "customers": 0}
        rows = [
            SourceRow(
                key=source.pk,
                name=source.name,
                is_free=source.is_free,
                is_paid=source.channel in PAID and not source.is_free,
                booked=booked.get(source.pk, Booked()),
                **came.get(source.pk, nothing),
            )
            for source in books.sources
            if source.pk in came or source.pk in booked or not source.is_archived
        ]
        if unknown := came.get(0):
            rows.append(SourceRow(0, "", False, False, Booked(), **unknown))
        return sorted(rows, key=lambda row: (-row.leads, row.name.casefold()))

    @property
    def shown(self) -> list[SourceRow]:
        """Those with leads or spend in the window."""
        return [row for row in self.rows if row.leads or row.booked.entries]

    @property
    def blended(self) -> Total:
        """All marketing spend over all leads."""
        return _total(self.rows)

    @property
    def paid(self) -> Total:
        """Spend on bought media over the leads that came from there."""
        return _total([row for row in self.rows if row.is_paid])


def _total(rows: Sequence[SourceRow]) -> Total:
    entered = [row.booked.amount for row in rows if row.booked.is_entered]
    blind = sum(1 for row in rows if row.state == "missing" and row.leads)
    leads = sum(row.leads for row in rows)
    return Total(sum(entered, Decimal(0)) if entered else None, leads, blind)
