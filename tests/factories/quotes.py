"""Quotes, made by the product's own services."""

from decimal import Decimal

from pipeline.selectors import quotes as reading
from pipeline.services import deals, quotes
from tests.factories import pipeline as make


def draft(owner=None, *, lines=(), at=None, **deal):
    """A draft on a deal of one line of 1,000 less 10 per cent, unless told otherwise."""
    row = make.deal(owner, at=at, **deal)
    deals.set_lines(row, lines=lines or [line()], by=owner, at=at)
    row.refresh_from_db()
    return quotes.start(deal=row, by=owner, at=at)


def line(text="Consulting", quantity=1, price=1000, discount=10, **more):
    """A line of a deal."""
    return deals.LineIn(
        text=text, quantity=Decimal(quantity), price=Decimal(price), discount=Decimal(discount),
        **more,
    )  # fmt: skip


def sent(owner=None, *, at=None, **more):
    """A version that lies with the customer."""
    return quotes.send(draft(owner, at=at, **more), by=owner, at=at)


def accept(version, name="Ada Ahlers", at=None):
    """The customer's yes."""
    return quotes.answer(
        version, is_accepted=True, signature=quotes.Signature(name=name, ip="203.0.113.9"), at=at
    )


def path(version):
    """The address of her page, without the host."""
    return f"/q/{reading.token_of(version)}/"
