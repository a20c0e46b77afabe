"""The quotes of the demo: accepted, declined, run out, with the customer, and one that waits for a manager."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import cycle

from leadflow.approvals.models import Approval
from leadflow.demo.cast import TAX, TERMS
from leadflow.demo.telling import DEMO, Story
from pipeline.models import Deal, Product, Quote, QuoteCounter, QuoteVersion
from pipeline.services import deals as deal_services
from pipeline.services import quote_discounts, quotes
from pipeline.services.deals import LineIn

_WORDS = "Thank you for the talk on your roof. This is what we spoke about."
_KILOWATT, _MODULE = Decimal(880), Decimal("0.45")  # the usual price of one, and the size of one


@dataclass(frozen=True)
class _Told:
    """What became of a quote: written so many days ago, and good for so many."""

    fate: str
    days: int
    holds: int = 30
    discount: int = 5
    words: str = ""


_TOLD = (
    _Told("expired", 44),
    _Told("declined", 16, words="Our board wants to wait for the new grid tariff."),
    _Told("accepted", 12, discount=8, words="Marit Dahl"),
    _Told("sent", 9),
    _Told("revised", 8, discount=10),
    _Told("accepted", 5, words="Jules Bernard"),
    _Told("sent", 4, holds=6),
    _Told("waiting", 2, discount=18, words="They sign this month if we meet the other offer."),
    _Told("draft", 1, discount=0),
)


def tell(story: Story) -> None:
    """Quote the deals that are furthest, the oldest quote first; one in the trade has more than one."""
    rows = Deal.objects.living().open().exclude(owner=None).select_related("owner", "lead")
    ready = list(rows.order_by("-stage__position", "opened_at", "pk")[: len(_TOLD)])
    products = {row.sku: row for row in Product.objects.filter(sku__startswith="BW-")}
    for told, deal in zip(_TOLD, cycle(sorted(ready, key=_since)), strict=False):
        at = max(story.end - timedelta(days=told.days), _since(deal)[0] + timedelta(minutes=30))
        _quote(deal, told, min(at, story.end - timedelta(hours=1)), products)
    quotes.expire_due(at=story.end)


def _since(deal: Deal) -> tuple[datetime, int]:
    return deal.opened_at or deal.created_at, deal.pk


def _quote(deal: Deal, told: _Told, at: datetime, products: Mapping[str, Product]) -> None:
    lines = _lines(deal, told, products)
    sold = [
        LineIn(
            product=one.product,
            quantity=one.quantity,
            price=one.price,
            discount=one.discount,
            billing=one.billing,
            term_months=one.term_months,
        )
        for one in lines
    ]
    deal = deal_services.set_lines(deal, lines=sold, by=deal.owner, at=at, origin=DEMO)
    version = quotes.start(deal=deal, by=deal.owner, at=at, origin=DEMO)
    values = {
        "recipient": version.recipient, "valid_until": (at + timedelta(days=told.holds)).date(),
        "words": _WORDS, "terms": TERMS,
    }  # fmt: skip
    version = quotes.edit(version, values=values, lines=lines, by=deal.owner)
    if told.fate == "waiting" and deal.owner:
        quote_discounts.ask(version, reason=told.words, by=deal.owner, at=at)
    elif told.fate != "draft":
        _send(version, told, at + timedelta(minutes=20))


def _lines(deal: Deal, told: _Told, products: Mapping[str, Product]) -> list[quotes.Line]:
    """A roof of about the deal's size."""
    modules = round((deal.amount or Decimal(50_000)) / _KILOWATT / _MODULE / 5) * 5
    counts = {
        "BW-M450": modules, "BW-FLAT": modules, "BW-INV50": max(1, modules // 120), "BW-LIFT": 1,
        "BW-YIELD": 1, "BW-CARE": 1,
    }  # fmt: skip
    return [
        quotes.Line(
            text=products[sku].name, product=products[sku], quantity=Decimal(count),
            price=products[sku].price or Decimal(0), discount=Decimal(told.discount), tax=TAX,
            billing=products[sku].billing, term_months=products[sku].term_months,
        )
        for sku, count in counts.items()
    ]  # fmt: skip


def _send(version: QuoteVersion, told: _Told, at: datetime) -> None:
    deal = version.quote.deal
    email = deal.lead.email if deal.lead else ""
    sent = quotes.send(version, by=deal.owner, email=email, at=at)
    if told.fate in ("accepted", "declined"):
        by = told.words if told.fate == "accepted" else ""
        signed = quotes.Signature(name=by, ip="203.0.113.24", user_agent="Mozilla/5.0 (Macintosh)")
        quotes.answer(
            sent, is_accepted=told.fate == "accepted", signature=signed,
            reason="" if by else told.words, at=at + timedelta(days=2, hours=3),
        )  # fmt: skip
    elif told.fate == "revised":
        again = quotes.revise(quote=sent.quote, by=deal.owner, at=at + timedelta(days=5))
        quotes.send(again, by=deal.owner, email=email, at=at + timedelta(days=5, minutes=9))


def remove() -> None:
    """Take the requests away, and the numbers of years in which nobody of hers quoted; deals took the rest."""
    Approval.objects.filter(origin=DEMO).delete()
    years = Quote.objects.values("year")
    QuoteCounter.objects.exclude(year__in=years).delete()
