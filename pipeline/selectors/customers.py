"""What is read of customers: who is in reach, what they bought, what renews."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    Count,
    DateField,
    DecimalField,
    Exists,
    F,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    When,
)
from django.db.models.functions import Coalesce

from leadflow.kit import clock
from leadflow.models import Customer
from leadflow.people.access import within
from leadflow.people.models import User
from pipeline.models import Deal, Order, Product, Subscription


def visible_to(user: User, permission: str = "deal.view") -> QuerySet[Customer]:
    """Customers whose company, or who themselves, belong to her, to her teams or to nobody."""
    company = within(user, permission, owner="company__owner", team="company__team")
    person = within(user, permission, owner="lead__owner", team="lead__team")
    mine = (Q(company__isnull=False) & company) | (Q(company=None) & person)
    return Customer.objects.filter(mine, reverted_at=None)


def with_figures(rows: QuerySet[Customer]) -> QuerySet[Customer]:
    """With `value` (what they ordered; without orders, what their won deals brought) and `renews_on`.

    Subqueries of the shown rows alone: a list of a page asks for no more than its page.
    """
    orders = Order.objects.filter(customer=OuterRef("pk"), cancelled_at=None)
    deals = Deal.objects.living().won()
    renewals = Subscription.objects.filter(customer=OuterRef("pk"), ended_on=None)
    return rows.annotate(
        value=Coalesce(
            _sum(orders, "customer"),
            _sum(deals.filter(company=OuterRef("company")), "company"),
            _sum(deals.filter(company=None, lead=OuterRef("lead")), "lead"),
        ),
        renews_on=Subquery(
            renewals.order_by().values("customer").annotate(first=Min("renews_on")).values("first"),
            output_field=DateField(),
        ),
    )


def with_figures_of(rows: QuerySet[Customer], user: User) -> QuerySet[Customer]:
    """As `with_figures`, and to filter by `orders_count` and `running_count`; all of them empty where the
    customer is out of the user's reach, which `is_mine` says."""
    orders = Order.objects.filter(customer=OuterRef("pk"), cancelled_at=None)
    running = Subscription.objects.filter(customer=OuterRef("pk"), ended_on=None)
    rows = rows.annotate(is_mine=Exists(visible_to(user).filter(pk=OuterRef("pk"))))
    return (
        with_figures(rows)
        .annotate(value=_if_mine(F("value")), renews_on=_if_mine(F("renews_on")))
        .alias(orders_count=_if_mine(_count(orders)), running_count=_if_mine(_count(running)))
    )


def _if_mine(figure: Any) -> Case:
    return Case(When(is_mine=True, then=figure))


def _count(rows: QuerySet[Any]) -> Coalesce:
    counts = rows.order_by().values("customer").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counts, output_field=IntegerField()), 0)


def _sum(rows: QuerySet[Any], by: str) -> Subquery:
    sums = rows.order_by().values(by).annotate(total=Sum("base_amount")).values("total")
    return Subquery(sums, output_field=DecimalField(max_digits=20, decimal_places=4))


def renewing_within(days: int) -> Q:
    """Customers a subscription of whom renews within so many days, or should have."""
    last = clock.now().date() + timedelta(days=days)
    rows = Subscription.objects.filter(ended_on=None, renews_on__lte=last)
    return Q(pk__in=rows.values("customer"))


def without(product_ids: list[int]) -> Q:
    """Customers who bought none of these products: to whom one may be offered."""
    bought = Q(product__in=product_ids)
    return ~Q(pk__in=Order.objects.filter(bought, cancelled_at=None).values("customer")) & ~Q(
        pk__in=Subscription.objects.filter(bought, ended_on=None).values("customer")
    )


def products() -> QuerySet[Product]:
    """What is offered."""
    return Product.objects.filter(is_active=True)


def subscriptions_to_change(user: User) -> QuerySet[Subscription]:
    """Those of customers whom she may change."""
    mine = visible_to(user, "deal.edit")
    return Subscription.objects.filter(customer__in=mine).select_related("customer")


def orders_to_change(user: User) -> QuerySet[Order]:
    """Those of customers whom she may change."""
    mine = visible_to(user, "deal.edit")
    return Order.objects.filter(customer__in=mine).select_related("customer")


def with_open_deal() -> Q:
    """Customers with whom a deal is open: something more is being sold to them already."""
    deals = Deal.objects.living().open()
    company = Exists(deals.filter(company=OuterRef("company")))
    person = Exists(deals.filter(company=None, lead=OuterRef("lead")))
    return Q(Q(company__isnull=False), company) | Q(Q(company=None), person)


def ordered_in_all(customer: Customer) -> Decimal | None:
    """What the orders so far add up to in the base currency."""
    sums = customer.orders.filter(cancelled_at=None).aggregate(total=Sum("base_amount"))
    total: Decimal | None = sums["total"]
    return total


def deals_of(user: User, customer: Customer) -> QuerySet[Deal]:
    """The deals with this customer that she sees, the newest first."""
    whose = {"company": customer.company} if customer.company else {"lead": customer.lead}
    rows = Deal.objects.visible_to(user).filter(**whose).select_related("stage", "owner")
    return rows.order_by("-created_at", "-pk")
