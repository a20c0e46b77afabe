"""All that the KPIs of one question share, so that eleven of them cost a handful of queries."""

from functools import cached_property

from leadflow.insights.asking import Ask
from leadflow.insights.people import People
from leadflow.insights.spend import Spending
from leadflow.insights.trade import Trade
from leadflow.models import Organisation


class Figures:
    """People, deals and spend of one question."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.people = People(ask)
        self.trade = Trade(ask)

    @cached_property
    def spending(self) -> Spending:
        return Spending(self.ask, self.people)

    @cached_property
    def currency(self) -> str:
        return Organisation.current().base_currency

    @property
    def days(self) -> int:
        """Days of the window that have begun."""
        today = self.ask.at.astimezone(self.ask.period.zone).date()
        elapsed = (min(self.ask.period.last_on, today) - self.ask.period.start_on).days + 1
        return max(elapsed, 0)
