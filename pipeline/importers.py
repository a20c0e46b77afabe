"""What the pipeline takes in from files: products, and deals with stages and dates as they were."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from leadflow.errors import Invalid
from leadflow.imports.past import instant
from leadflow.imports.registry import Context, Field, Lookup, Outcome, Row, Target, register
from leadflow.imports.targets import COMPANY, OWNER, external
from leadflow.kit import text
from leadflow.models import LeadIdentity, Organisation
from leadflow.services import customers
from pipeline.models import (
    Billing,
    Deal,
    LostReason,
    Order,
    Pipeline,
    PipelineStage,
    Product,
    StageKind,
    Subscription,
)
from pipeline.services import pipelines, products, purchases
from pipeline.services.deals import LineIn, Opening, open_many

_EXTERNAL = Field(
    key="external_id",
    label=_l("Id in the old system"),
    aliases=("id", "opportunity id", "deal id", "record id", "external id"),
)

# products

_PRODUCT_FIELDS = (
    Field(key="name", label=_l("Name"), required=True, aliases=("product", "product name")),
    _EXTERNAL,
    Field(key="sku", label=_l("Article number"), aliases=("sku", "code")),
    Field(key="category", label=_l("Category"), aliases=("series", "family")),
    Field(
        key="price",
        label=_l("Price"),
        kind="decimal",
        aliases=("sales price", "list price", "amount"),
    ),
    Field(key="currency", label=_l("Currency")),
    Field(key="billing", label=_l("Paid"), kind="one_of", choices=dict(Billing.choices), aliases=("billing period", "interval")),
    Field(key="term_months", label=_l("Usual term, months"), kind="integer", aliases=("term",)),
    Field(key="tax", label=_l("Tax, %"), kind="decimal", aliases=("tax", "vat")),
)  # fmt: skip


_PRODUCT_VALUES = ("category", "price", "currency", "billing", "term_months", "tax")


def _take_products(rows: Sequence[Row], context: Context) -> list[Outcome]:
    arrivals = [
        products.Arrival(
            name=row.get("name"),
            external=external(row, context),
            sku=row.get("sku"),
            values={
                k: row.values[k] for k in _PRODUCT_VALUES if row.values.get(k) not in (None, "")
            },
        )
        for row in rows
    ]
    taken = products.take_in_many(
        arrivals, at=context.at, existing=context.existing, create=context.create
    )
    return [Outcome(state, product.pk if product else None) for product, state in taken]


def _give_products() -> Iterator[Mapping[str, Any]]:
    keys = [field.key for field in _PRODUCT_FIELDS]
    for product in Product.objects.order_by("pk"):
        yield {key: getattr(product, key) for key in keys}


# deals


def _pipeline(context: Context) -> Pipeline:
    if "pipeline" not in context.memory:
        name = context.pipeline
        found = Pipeline.objects.in_use().filter(name__iexact=name).first() if name else None
        context.memory["pipeline"] = found or _new_pipeline(name, context)
    return context.memory["pipeline"]  # type: ignore[no-any-return]


def _new_pipeline(name: str, context: Context) -> Pipeline:
    if not name:
        return pipelines.ensure_default()
    if not context.may("pipeline.edit"):
        raise Invalid(
            _("There is no pipeline “%(name)s”. Ask an admin to make it.") % {"name": name}
        )
    return pipelines.create(name=name, by=context.by)


def _pipeline_names() -> list[str]:
    """The pipelines in use, the one that is taken without a choice first."""
    return [pipeline.name for pipeline in Pipeline.objects.in_use()]


def _stages(_words: set[str], context: Context) -> Mapping[str, PipelineStage]:
    rows = _pipeline(context).stages.select_related("pipeline")
    return {text.search_text(stage.name): stage for stage in rows}


def _stage_names(context: Context) -> list[str]:
    return [stage.name for stage in _pipeline(context).stages.all()]


def _make_stage(word: str, context: Context) -> PipelineStage:
    values = {"name": text.one_line(word)[:80], "kind": StageKind.OPEN, "probability": 50}
    return pipelines.add_stage(_pipeline(context), values=values, by=context.by)


def _products(_words: set[str], _context: Context) -> Mapping[str, Product]:
    return {text.search_text(product.name): product for product in Product.objects.order_by("-pk")}


def _product_names(_context: Context) -> list[str]:
    return list(Product.objects.values_list("name", flat=True))


def _make_product(word: str, context: Context) -> Product | None:
    arrival = products.Arrival(name=word)
    return products.take_in_many([arrival], at=context.at)[0][0]


def _reasons(_words: set[str], _context: Context) -> Mapping[str, LostReason]:
    return {text.search_text(reason.name): reason for reason in LostReason.objects.all()}


def _reason_names(_context: Context) -> list[str]:
    return list(LostReason.objects.values_list("name", flat=True))


STAGE = Lookup(_stages, _stage_names, _make_stage, "pipeline.edit")
PRODUCT = Lookup(_products, _product_names, _make_product, "pipeline.edit")
REASON = Lookup(_reasons, _reason_names)

_DEAL_FIELDS = (
    Field(key="name", label=_l("Name"), aliases=("deal", "deal name", "opportunity", "opportunity name")),
    _EXTERNAL,
    Field(key="stage", label=_l("Stage"), lookup=STAGE, required=True, aliases=("deal stage", "status")),
    Field(key="owner", label=_l("Owner"), lookup=OWNER, for_all=True, aliases=("sales agent", "deal owner", "sales rep")),
    Field(key="company", label=_l("Company"), lookup=COMPANY, aliases=("account", "account name", "organisation")),
    Field(key="person", label=_l("Email of the person"), aliases=("email", "contact email")),
    Field(key="product", label=_l("Product"), lookup=PRODUCT, aliases=("product name",)),
    Field(key="amount", label=_l("Amount"), kind="decimal", aliases=("close value", "value", "deal value")),
    Field(key="currency", label=_l("Currency")),
    Field(key="opened_on", label=_l("Opened on"), kind="date", aliases=("engage date", "create date", "created", "start date")),
    Field(key="closed_on", label=_l("Closed on"), kind="date", aliases=("close date", "closed")),
    Field(key="expected_close_on", label=_l("Expected close"), kind="date"),
    Field(key="lost_reason", label=_l("Reason of the loss"), lookup=REASON, aliases=("lost reason",)),
)  # fmt: skip


def _id(row: Row, context: Context) -> tuple[str, str]:
    """The deal's id; without one it is known by its place in this very file."""
    return external(row, context) or (context.system, f"{context.file[:24]}:{row.line}")


def _take_deals(rows: Sequence[Row], context: Context) -> list[Outcome]:
    """New ones are opened; one whose id is known stands as it is: its story here is the truer one."""
    known = _known([_id(row, context) for row in rows])
    fresh = [row for row in rows if _id(row, context) not in known]
    people = _persons(fresh)
    found = {
        row.line: _stands(known[_id(row, context)], context)
        for row in rows
        if _id(row, context) in known
    }
    openings: dict[int, Opening] = {}
    for row in fresh:
        if not context.create:
            found[row.line] = Outcome("skipped", None, _("No deal here has this id."))
            continue
        try:
            openings[row.line] = _opening(row, context, people)
        except ValueError as refusal:
            found[row.line] = Outcome.failed(str(refusal))
    opened = open_many(list(openings.values()), by=context.by, at=context.at, origin=context.origin)
    for line, one in zip(openings, opened, strict=True):
        found[line] = Outcome("created", one.deal.pk)
    return [found[row.line] for row in rows]


def _stands(pk: int, context: Context) -> Outcome:
    if context.existing == "skip":
        return Outcome("skipped", pk, _("This deal is known already."))
    return Outcome("unchanged", pk)


def _known(wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    rows = Deal.objects.filter(
        external_system__in={system for system, _id in wanted},
        external_id__in={key for _system, key in wanted},
    )
    found = rows.values_list("external_system", "external_id", "pk")
    return {(system, key): pk for system, key, pk in found}


def _persons(rows: Sequence[Row]) -> dict[str, Any]:
    emails = {row.get("person").casefold() for row in rows} - {""}
    found = LeadIdentity.objects.filter(kind=LeadIdentity.Kind.EMAIL, value_norm__in=emails)
    return {one.value_norm: one.lead for one in found.select_related("lead")}


def _opening(row: Row, context: Context, people: Mapping[str, Any]) -> Opening:
    stage: PipelineStage = row.values["stage"]
    opened, closed = (instant(row.get(k, None), context) for k in ("opened_on", "closed_on"))
    _refuse(row, stage, opened, closed, context, people)
    company, product = row.get("company", None), row.get("product", None)
    parts = [one.name for one in (company, product) if one]
    amount = row.get("amount", None)
    return Opening(
        name=row.get("name") or ", ".join(parts) or row.get("external_id") or _("Deal"),
        stage=stage,
        lead=people.get(row.get("person").casefold()),
        company=company,
        owner=row.get("owner", None),
        amount=amount,
        currency=row.get("currency").upper() or _base_currency(context),
        expected_close_on=row.get("expected_close_on", None) or _expected(row, stage),
        opened_at=opened,
        is_dated=False,
        closed_at=closed if stage.kind != StageKind.OPEN else None,
        lost_reason=row.get("lost_reason", None) if stage.kind == StageKind.LOST else None,
        external=_id(row, context),
        lines=[_line(product, amount)] if product else (),
    )


def _line(product: Product, amount: Decimal | None) -> LineIn:
    """The amount of the file is what the deal is worth, once; else what the product says."""
    if amount:
        return LineIn(product=product, price=amount)
    return LineIn(
        product=product, price=product.price or Decimal(0), billing=product.billing, tax=product.tax
    )


def _base_currency(context: Context) -> str:
    """The organisation's currency, asked for once."""
    if "currency" not in context.memory:
        context.memory["currency"] = Organisation.current().base_currency
    return str(context.memory["currency"])


def _expected(row: Row, stage: PipelineStage) -> Any:
    """For an open deal the day of closing is a hope."""
    return row.get("closed_on", None) if stage.kind == StageKind.OPEN else None


def _refuse(
    row: Row,
    stage: PipelineStage,
    opened: datetime | None,
    closed: datetime | None,
    context: Context,
    people: Mapping[str, Any],
) -> None:
    if row.get("person") and row.get("person").casefold() not in people:
        raise ValueError(_("Nobody here has the e-mail %(email)s.") % {"email": row.get("person")})
    if stage.kind == StageKind.OPEN:
        return
    if opened and closed and closed < opened:
        raise ValueError(_("It is closed before it was opened."))
    if closed and closed > context.at:
        raise ValueError(_("It is closed on a day that is still to come."))


def _give_deals() -> Iterator[Mapping[str, Any]]:
    rows = Deal.objects.living().select_related("stage", "owner", "company", "lead", "lost_reason")
    rows = rows.prefetch_related("lines__product").order_by("pk")
    for deal in rows.iterator(2_000):
        closed = deal.won_at or deal.lost_at
        line = next(iter(deal.lines.all()), None)
        yield {
            "name": deal.name,
            "external_id": deal.external_id,
            "stage": deal.stage.name,
            "owner": deal.owner.name if deal.owner else "",
            "company": deal.company.name if deal.company else "",
            "person": deal.lead.email if deal.lead else "",
            "product": line.product.name if line and line.product else "",
            "amount": deal.amount,
            "currency": deal.currency,
            "opened_on": deal.opened_at.date().isoformat() if deal.opened_at else "",
            "closed_on": closed.date().isoformat() if closed else "",
            "expected_close_on": deal.expected_close_on or "",
            "lost_reason": deal.lost_reason.name if deal.lost_reason else "",
        }


# orders and subscriptions

_BUYER_FIELDS = (
    Field(key="title", label=_l("What"), aliases=("title", "name", "description", "plan")),
    _EXTERNAL,
    Field(key="company", label=_l("Company"), lookup=COMPANY, aliases=("account", "customer")),
    Field(key="person", label=_l("Email of the person"), aliases=("email", "customer email")),
    Field(key="product", label=_l("Product"), lookup=PRODUCT, aliases=("product name",)),
    Field(key="amount", label=_l("Amount"), kind="decimal", required=True, aliases=("total", "price", "value")),
    Field(key="currency", label=_l("Currency")),
)  # fmt: skip
_ORDER_FIELDS = (
    *_BUYER_FIELDS,
    Field(key="on", label=_l("Day"), kind="date", required=True, aliases=("date", "order date", "ordered on")),
)  # fmt: skip
_SUBSCRIPTION_FIELDS = (
    *_BUYER_FIELDS,
    Field(key="on", label=_l("Started"), kind="date", required=True, aliases=("start", "start date", "started on")),
    Field(key="interval", label=_l("Paid every"), kind="one_of", choices=dict(Subscription.Interval.choices), aliases=("interval", "billing period")),
    Field(key="renews_on", label=_l("Renews"), kind="date", aliases=("renewal", "renewal date", "next billing")),
    Field(key="ended_on", label=_l("Ended"), kind="date", aliases=("end", "end date", "cancelled")),
)  # fmt: skip


def _take_orders(rows: Sequence[Row], context: Context) -> list[Outcome]:
    return _take_purchases(rows, context, purchases.order)


def _take_subscriptions(rows: Sequence[Row], context: Context) -> list[Outcome]:
    return _take_purchases(rows, context, purchases.subscribe)


def _take_purchases(rows: Sequence[Row], context: Context, verb: Any) -> list[Outcome]:
    """Each by itself: who bought is a customer from that day; a known id stands as it is."""
    people = _persons(rows)
    found = []
    for row in rows:
        try:
            bought = _bought(row, context, people)
            one, is_new = verb(bought, by=context.by, at=context.at, origin=context.origin)
        except ValueError as refusal:
            found.append(Outcome.failed(str(refusal)))
        except Invalid as refusal:
            found.append(Outcome.failed(refusal.message))
        else:
            found.append(Outcome("created" if is_new else "unchanged", one.pk))
    return found


def _bought(row: Row, context: Context, people: Mapping[str, Any]) -> purchases.Bought:
    company, lead = row.get("company", None), people.get(row.get("person").casefold())
    if row.get("person") and lead is None:
        raise ValueError(_("Nobody here has the e-mail %(email)s.") % {"email": row.get("person")})
    company = company or (lead.company if lead else None)
    if company is None and lead is None:
        raise ValueError(_("Say who bought it: a company or the e-mail of a person."))
    key = _id(row, context)
    product = row.get("product", None)
    customer = customers.start(
        lead=lead, company=company, won_by="order", by=context.by,
        at=instant(row.get("on"), context), origin=context.origin,
    )  # fmt: skip
    assert customer is not None  # noqa: S101 - one of the two is there
    return purchases.Bought(
        customer=customer,
        title=row.get("title") or (product.name if product else "") or key[1],
        amount=row.get("amount"),
        currency=row.get("currency").upper(),
        product=product,
        on=row.get("on"),
        external=key,
        interval=row.get("interval") or Subscription.Interval.YEAR,
        renews_on=row.get("renews_on", None),
        ended_on=row.get("ended_on", None),
    )


def _give_purchases(model: Any, fields: Sequence[Field]) -> Iterator[Mapping[str, Any]]:
    rows = model.objects.select_related("customer__company", "customer__lead", "product")
    for one in rows.order_by("pk").iterator(2_000):
        buyer = one.customer
        known = {
            "company": buyer.company.name if buyer.company else "",
            "person": buyer.lead.email if buyer.lead else "",
            "product": one.product.name if one.product else "",
            "on": getattr(one, "on", None) or getattr(one, "started_on", None),
        }
        yield {f.key: known[f.key] if f.key in known else getattr(one, f.key) for f in fields}


def _install_purchases() -> None:
    register(
        Target(
            key="order", label=_l("Orders"), model=Order, permission="deal.edit",
            fields=lambda: _ORDER_FIELDS, keys=("external_id",), apply_many=_take_orders,
            export=lambda: _give_purchases(Order, _ORDER_FIELDS), url_name="desk:customers",
            changes_known=False,
        )
    )  # fmt: skip
    register(
        Target(
            key="subscription", label=_l("Subscriptions"), model=Subscription,
            permission="deal.edit", fields=lambda: _SUBSCRIPTION_FIELDS, keys=("external_id",),
            apply_many=_take_subscriptions, url_name="desk:customers", changes_known=False,
            export=lambda: _give_purchases(Subscription, _SUBSCRIPTION_FIELDS),
        )
    )  # fmt: skip


def install() -> None:
    """Make products, deals and what customers bought importable."""
    _install_purchases()
    register(
        Target(
            key="product", label=_l("Products"), model=Product, permission="pipeline.edit",
            fields=lambda: _PRODUCT_FIELDS, keys=("external_id", "sku", "name"),
            apply_many=_take_products, export=_give_products,
        )
    )  # fmt: skip
    register(
        Target(
            key="deal", label=_l("Deals"), model=Deal, permission="deal.edit",
            fields=lambda: _DEAL_FIELDS, keys=("external_id",),
            apply_many=_take_deals, export=_give_deals, pipelines=_pipeline_names,
            url_name="pipeline:board", changes_known=False,
        )
    )  # fmt: skip
