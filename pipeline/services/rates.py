"""What a deal's amount is worth in the base currency, at the rate of the day that matters."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from leadflow.models import ExchangeRate, Organisation
from pipeline.models import Deal


class Rates:
    """Rates by currency and day, each looked up once. None where no rate was entered yet."""

    def __init__(self) -> None:
        organisation = Organisation.current()
        self.base = organisation.base_currency
        self.zone = ZoneInfo(organisation.time_zone)
        self._known: dict[tuple[str, date], Decimal | None] = {}

    def on(self, currency: str, at: datetime) -> Decimal | None:
        """What one unit was worth in the base currency on that day of the organisation."""
        if currency == self.base:
            return Decimal(1)
        key = (currency, at.astimezone(self.zone).date())
        if key not in self._known:
            rows = ExchangeRate.objects.filter(currency=currency, on__lte=key[1])
            self._known[key] = rows.order_by("-on").values_list("rate", flat=True).first()
        return self._known[key]

    def price(self, deal: Deal, at: datetime) -> None:
        """Put rate and base amount on a deal."""
        deal.currency = deal.currency or self.base
        deal.rate = self.on(deal.currency, at)
        known = deal.amount is not None and deal.rate is not None
        deal.base_amount = round(deal.amount * deal.rate, 4) if known else None  # type: ignore[operator]
