"""What a won deal sold that is paid again and again: its subscriptions begin with the win."""

from dataclasses import dataclass
from datetime import date, datetime

from leadflow.conditions.zone import here
from leadflow.models import Customer, Origin
from leadflow.people.models import User
from pipeline import rules
from pipeline.models import Billing, Deal, Product, Subscription
from pipeline.selectors import quotes
from pipeline.services import purchases

_SYSTEM = "deal"  # by which subscriptions that a win began are known


@dataclass(frozen=True)
class _Sold:
    key: str
    title: str
    product: Product | None
    line: rules.Line

    def renewal(self, begun: date) -> date:
        """When its term is over."""
        return purchases.months_on(begun, self.line.term)


def begin(
    deal: Deal,
    customer: Customer | None,
    *,
    by: User | None,
    at: datetime,
    origin: str = Origin.LIVE,
) -> list[Subscription]:
    """Write down a subscription for each line that is paid again and again, from the day of the win to
    the end of its term; the lines of the quote that the customer accepted, else those of the deal.

    Winning the same deal again writes none twice.
    """
    if customer is None:
        return []
    day = here(at).date()
    made = []
    for sold in _sold(deal):
        bought = purchases.Bought(
            customer=customer, deal=deal, product=sold.product, title=sold.title,
            amount=round(sold.line.total, 4), currency=deal.currency, on=day,
            interval=sold.line.billing, renews_on=sold.renewal(day), external=(_SYSTEM, sold.key),
        )  # fmt: skip
        row, is_new = purchases.subscribe(bought, by=by, at=at, origin=origin)
        made += [row] if is_new else []
    return made


def take_back(deal: Deal, *, by: User | None, at: datetime) -> None:
    """A deal that is open again has sold nothing yet: what its win began is taken out, unless somebody
    renewed or ended it since."""
    rows = {
        row.external_id: row
        for row in Subscription.objects.select_related("customer")
        .select_for_update(of=("self",))
        .filter(deal=deal, external_system=_SYSTEM, ended_on=None)
    }
    sold = [one for one in _sold(deal) if one.key in rows] if rows else []
    untouched = [
        rows[one.key] for one in sold
        if rows[one.key].renews_on == one.renewal(rows[one.key].started_on)
    ]  # fmt: skip
    purchases.withdraw(untouched, by=by, at=at)


def _sold(deal: Deal) -> list[_Sold]:
    return [one for one in _lines(deal) if one.line.billing != Billing.ONCE]


def _lines(deal: Deal) -> list[_Sold]:
    accepted = quotes.accepted_of(deal)
    if accepted is None or accepted.totals.net != deal.amount:
        return [
            _Sold(
                f"{deal.ref}:{place}", line.text or str(line.product), line.product, line.counted()
            )
            for place, line in enumerate(deal.lines.select_related("product"))
        ]
    products = Product.objects.in_bulk([row["product"] for row in accepted.lines if row["product"]])
    return [
        _Sold(
            f"{deal.ref}:{place}", line.text, products.get(row["product"]),
            rules.Line(line.quantity, line.price, line.discount, line.billing, line.term),
        )
        for place, (row, line) in enumerate(zip(accepted.lines, accepted.quote_lines, strict=True))
    ]  # fmt: skip
