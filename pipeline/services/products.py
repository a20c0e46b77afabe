"""Products from a file: found by id, article number or name, the rest made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from leadflow.kit import text
from leadflow.models import Organisation
from pipeline.models import Product


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A product as a file brings it."""

    name: str
    sku: str = ""
    external: tuple[str, str] | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def take_in_many(
    arrivals: Sequence[Arrival],
    *,
    at: datetime,
    existing: str = "fill",
    create: bool = True,
) -> list[tuple[Product | None, str]]:
    """Take products in, in order; each with created, updated, unchanged or skipped."""
    catalogue = _Catalogue()
    base = Organisation.current().base_currency
    return [_take(one, catalogue, base, at, existing, create) for one in arrivals]


class _Catalogue:
    """Every product there is, by what identifies it: a catalogue is short."""

    def __init__(self) -> None:
        self.rows: dict[Any, Product] = {}
        for product in Product.objects.order_by("-pk"):
            self.add(product)

    def add(self, product: Product) -> None:
        self.rows[text.search_text(product.name)] = product
        if product.sku:
            self.rows["sku", product.sku] = product
        if product.external_id:
            self.rows[product.external_system, product.external_id] = product

    def find(self, one: Arrival) -> Product | None:
        return (
            self.rows.get(one.external)
            or self.rows.get(("sku", one.sku))
            or self.rows.get(text.search_text(one.name))
        )


def _take(
    one: Arrival, catalogue: _Catalogue, base: str, at: datetime, existing: str, create: bool
) -> tuple[Product | None, str]:
    known = catalogue.find(one)
    if known is None and create:
        product = _make(one, base, at)
        catalogue.add(product)
        return product, "created"
    if known is None or existing == "skip":
        return known, "skipped"
    return known, "updated" if _change(known, one, existing == "fill") else "unchanged"


def _make(one: Arrival, base: str, at: datetime) -> Product:
    system, key = one.external or ("", "")
    values = {"currency": base, **one.values}
    product = Product(
        name=text.one_line(one.name)[:200], sku=one.sku, external_system=system, external_id=key,
        created_at=at, **values,
    )  # fmt: skip
    product.full_clean()
    product.save()
    return product


def _change(product: Product, one: Arrival, fill: bool) -> bool:
    new = {
        key: value
        for key, value in {**one.values, "sku": one.sku}.items()
        if value not in (None, "")
        and getattr(product, key) != value
        and not (fill and getattr(product, key) not in (None, ""))
    }
    for key, value in new.items():
        setattr(product, key, value)
    if new:
        product.full_clean()
        product.save(update_fields=list(new))
    return bool(new)
