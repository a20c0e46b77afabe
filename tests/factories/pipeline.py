"""Pipelines and deals, made by the product's own services."""

from decimal import Decimal
from itertools import count

from leadflow.kit import clock
from leadflow.models import Customer
from leadflow.services import companies, leads
from pipeline.models import LostReason, PipelineStage
from pipeline.services import deals, pipelines, purchases

_number = count(1)


def stage(name="Qualified", pipeline=None):
    """A stage of the default pipeline by its name."""
    return PipelineStage.objects.get(pipeline=pipeline or pipelines.ensure_default(), name=name)


def deal(owner=None, *, at=None, by=None, **fields):
    """An open deal; only what matters to the test is said."""
    fields = {
        "name": f"Deal {next(_number)}",
        "amount": Decimal(1000),
        "stage": fields.pop("stage", None) or stage(),
        **fields,
    }
    return deals.open(deals.Opening(owner=owner, **fields), by=by or owner, at=at)


def lead(owner=None, **fields):
    """A lead with an address of her own."""
    email = fields.pop("email", f"lead{next(_number)}@firm{next(_number)}.example")
    made = leads.create_or_merge(email=email, fields=fields, at=clock.now()).lead
    return leads.assign(made, owner=owner, by=None) if owner else made


def company(name=None):
    """A company of that name."""
    return companies.create(name=name or f"Company {next(_number)}")


def reason(name="Price"):
    """A lost reason of the standard list."""
    pipelines.ensure_default()
    return LostReason.objects.get(name=name)


def customer(lead=None, company=None):
    """A customer: a company, or a person without one."""
    return Customer.objects.create(lead=lead, company=company, started_at=clock.now())


def subscribe(customer, *, title="Care plan", amount=Decimal(120), **fields):
    """A subscription that began today and renews in a year, unless said otherwise."""
    fields.setdefault("on", clock.now().date())
    bought = purchases.Bought(customer=customer, title=title, amount=amount, **fields)
    return purchases.subscribe(bought, by=None)[0]


def order(customer, *, title="Roof", amount=Decimal(900), **fields):
    """An order of today."""
    fields.setdefault("on", clock.now().date())
    bought = purchases.Bought(customer=customer, title=title, amount=amount, **fields)
    return purchases.order(bought, by=None)[0]
