"""All that the KPIs of one question share, so that two dozen of them cost a handful of queries."""

from datetime import timedelta
from functools import cached_property

from leadflow.insights.asking import Ask
from leadflow.insights.ledger import TIMED, TIMED_BEFORE, TIMED_IN_YEAR, Ledger
from leadflow.insights.people import People
from leadflow.insights.spend import Books, Spending
from leadflow.insights.trade import Trade
from leadflow.kit.periods import Period

TRAILING = 365  # days that the rate, size and cycle of the velocity look back


class Figures:
    """People, deals and spend of one question."""

    def __init__(self, ask: Ask, ledger: Ledger | None = None, books: Books | None = None) -> None:
        self.ask = ask
        self.books = books or Books(ask, [ask.period])
        self.ledger = ledger or Ledger(ask, _windows(ask))
        self.people = People(self.ledger, ask.period)
        self.trade = Trade(self.ledger, ask.period, trailing(ask))

    @classmethod
    def beside(cls, ask: Ask, before: Period) -> tuple["Figures", "Figures"]:
        """Those of a question and of the same question of other days, read together."""
        ledger = Ledger(ask, [*_windows(ask), (before, TIMED_BEFORE)])
        books = Books(ask, [ask.period, before])
        return cls(ask, ledger, books), cls(ask.over(before), ledger, books)

    @cached_property
    def spending(self) -> Spending:
        return Spending(self.books, self.people)

    @property
    def currency(self) -> str:
        return self.ask.organisation.base_currency

    @property
    def days(self) -> int:
        """Days of the window that have begun."""
        today = self.ask.at.astimezone(self.ask.period.zone).date()
        elapsed = (min(self.ask.period.last_on, today) - self.ask.period.start_on).days + 1
        return max(elapsed, 0)


def _windows(ask: Ask) -> list[tuple[Period, tuple[str, ...]]]:
    return [(ask.period, TIMED), (trailing(ask), TIMED_IN_YEAR)]


def trailing(ask: Ask) -> Period:
    """The year up to the end of the window."""
    today = ask.at.astimezone(ask.period.zone).date() + timedelta(days=1)
    last = max(min(ask.period.end_on, today), ask.period.start_on + timedelta(days=1))
    return Period(last - timedelta(days=TRAILING), last, ask.period.zone)
