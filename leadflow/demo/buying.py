"""What customers of the demo bought: the orders of their deals, and subscriptions, some of which renew soon."""

from datetime import date, timedelta
from decimal import Decimal

from leadflow.demo.telling import DEMO, Story
from leadflow.models import Customer
from pipeline.models import Deal, Product
from pipeline.services import purchases
from pipeline.services.purchases import Bought

_ORDERS, _SUBSCRIPTIONS = 24, 12
_EVERY = ("month", "year", "quarter", "year", "year", "year")


def tell(story: Story) -> None:
    """Write down what the last customers ordered, and whose roof is looked after since."""
    rows = Customer.objects.filter(origin=DEMO, reverted_at=None, churned_at=None)
    buyers = list(rows.select_related("company", "lead").order_by("-started_at", "-pk")[:_ORDERS])[
        ::-1
    ]
    refs = [int(ref.removeprefix("deal:")) for one in buyers if (ref := one.won_by)]
    deals = Deal.objects.select_related("owner").in_bulk(refs)
    care = Product.objects.filter(sku="BW-CARE").first()
    for number, customer in enumerate(buyers):
        deal = deals.get(int(customer.won_by.removeprefix("deal:") or 0))
        if deal:
            _order(customer, deal)
        if number < _SUBSCRIPTIONS:
            _care(story, customer, deal, care, number)
    purchases.remind_renewals(at=story.end)


def _order(customer: Customer, deal: Deal) -> None:
    at = customer.started_at + timedelta(hours=2)
    bought = Bought(
        customer=customer, deal=deal, title=deal.name, amount=deal.amount or Decimal(0),
        on=at.date(), currency=deal.currency,
    )  # fmt: skip
    purchases.order(bought, by=deal.owner, at=at, origin=DEMO)


def _care(
    story: Story, customer: Customer, deal: Deal | None, care: Product | None, number: int
) -> None:
    """A care plan since the first day; paid for a time, one of them ended."""
    interval = _EVERY[number % len(_EVERY)]
    at, by = customer.started_at + timedelta(days=1), deal.owner if deal else None
    if at > story.end:
        return
    bought = Bought(
        customer=customer, deal=deal, product=care, title="Monitoring and care", interval=interval,
        amount=Decimal(480) / {"year": 1, "quarter": 4, "month": 12}[interval], on=at.date(),
    )  # fmt: skip
    row, _new = purchases.subscribe(bought, by=by, at=at, origin=DEMO)
    today = story.end.date()
    while row.renews_on and row.renews_on <= today:
        due: date = row.renews_on
        row = purchases.renew(row, by=by, at=at + (due - at.date()))
    left = story.end - timedelta(days=9)
    if number == 1 and at < left:
        purchases.end(row, on=left.date(), by=by, at=left)
