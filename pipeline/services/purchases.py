"""What customers bought: orders, subscriptions, renewals, and the reminder before each."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock, text
from leadflow.models import Activity, Customer, Organisation, Origin
from leadflow.people.models import User
from leadflow.services import activities
from pipeline.models import Deal, Order, Product, Subscription
from pipeline.services.rates import Rates

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
AT_ONCE = 200  # reminders of one tick
P = TypeVar("P", Order, Subscription)


@dataclass(frozen=True, kw_only=True)
class Bought:
    """An order or a subscription as somebody typed it or a file brought it."""

    customer: Customer
    title: str
    amount: Decimal
    on: date  # the day of the order; the first day of the subscription
    currency: str = ""
    product: Product | None = None
    deal: Deal | None = None
    interval: str = Subscription.Interval.YEAR
    renews_on: date | None = None
    ended_on: date | None = None
    external: tuple[str, str] = ("", "")


def order(
    bought: Bought, *, by: User | None, at: datetime | None = None, origin: str = Origin.LIVE
) -> tuple[Order, bool]:
    """Write an order down; one whose external id is known is given back, with False."""
    return _take(Order, bought, {"on": bought.on}, Kind.CUSTOMER_ORDERED, by, at, origin)


def subscribe(
    bought: Bought, *, by: User | None, at: datetime | None = None, origin: str = Origin.LIVE
) -> tuple[Subscription, bool]:
    """Write a subscription down; it renews after one interval unless a day is said."""
    if bought.ended_on and bought.ended_on < bought.on:
        raise Invalid(
            _("Look at the dates."), {"ended_on": [_("It cannot end before it started.")]}
        )
    more = {
        "interval": bought.interval,
        "started_on": bought.on,
        "renews_on": bought.renews_on or later(bought.on, bought.interval),
        "ended_on": bought.ended_on,
    }
    return _take(Subscription, bought, more, Kind.CUSTOMER_SUBSCRIBED, by, at, origin)


def later(day: date, interval: str) -> date:
    """The same day one interval on, or the last of that month."""
    return months_on(day, _MONTHS[interval])


def months_on(day: date, count: int) -> date:
    """The same day so many months on, or the last of that month."""
    months = day.month - 1 + count
    year, month = day.year + months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@transaction.atomic
def _take(
    model: type[P],
    bought: Bought,
    more: dict[str, Any],
    kind: Kind,
    by: User | None,
    at: datetime | None,
    origin: str,
) -> tuple[P, bool]:
    at = at or clock.now()
    # one writer per customer at a time: the same row of two files is taken in once
    Customer.objects.select_for_update(of=("self",)).get(pk=bought.customer.pk)
    system, key = bought.external
    known = key and model.objects.filter(external_system=system, external_id=key).first()
    if known:
        return known, False
    row = model(
        customer=bought.customer, deal=bought.deal, product=bought.product,
        title=text.one_line(bought.title)[:200], amount=bought.amount, origin=origin,
        currency=bought.currency or Organisation.current().base_currency,
        external_system=system, external_id=key, created_at=at, **more,
    )  # fmt: skip
    _price(row, bought.on)
    _check(row)
    row.save(force_insert=True)
    _record(kind, row, bought.on, by, at, origin)
    return row, True


def _price(row: Any, day: date) -> None:
    rate = Rates().on(row.currency, datetime.combine(day, time(12), UTC))
    row.base_amount = round(row.amount * rate, 4) if rate is not None else None


def _check(row: Any) -> None:
    try:
        row.clean_fields(exclude=["customer", "deal", "product", "base_amount"])
    except ValidationError as error:
        raise Invalid(_("Some values cannot be taken."), error.message_dict) from error


def _record(
    kind: Kind, row: Any, day: date, by: User | None, at: datetime, origin: str = Origin.LIVE
) -> None:
    # a company bought: the person of its deal is whom the fact is about
    lead_id = row.customer.lead_id or (row.deal.lead_id if row.deal else None)
    record(
        kind, lead_id=lead_id, by=by, subject=row.customer,
        data={"purchase": row.pk, "title": row.title, "on": day.isoformat()}, at=at, origin=origin,
    )  # fmt: skip


@transaction.atomic
def renew(
    subscription: Subscription,
    *,
    seen: str = "",
    by: User | None,
    at: datetime | None = None,
) -> Subscription:
    """It goes on for one more interval.

    `seen` is the day of renewal that the person saw. Raises Conflict where it is another by now, or
    where the subscription has ended.
    """
    row = _locked(subscription)
    if row.ended_on:
        raise Conflict(_("This subscription has ended. Write a new one down."))
    if seen and seen != str(row.renews_on):
        raise Conflict(_("Somebody renewed this subscription meanwhile."))
    row.renews_on = later(row.renews_on or row.started_on, row.interval)
    row.save(update_fields=["renews_on"])
    _record(Kind.CUSTOMER_RENEWED, row, row.renews_on, by, at or clock.now(), _origin(row))
    return row


@transaction.atomic
def end(
    subscription: Subscription, *, on: date, by: User | None, at: datetime | None = None
) -> Subscription:
    """It ends on that day. Raises Conflict where it had ended, Invalid for a day before its start."""
    row = _locked(subscription)
    if row.ended_on:
        raise Conflict(_("This subscription has ended already."))
    if on < row.started_on:
        raise Invalid(_("It cannot end before it started."))
    row.ended_on = on
    row.save(update_fields=["ended_on"])
    _record(Kind.CUSTOMER_UNSUBSCRIBED, row, on, by, at or clock.now(), _origin(row))
    return row


@transaction.atomic
def withdraw(rows: Sequence[Subscription], *, by: User | None, at: datetime | None = None) -> None:
    """Take out subscriptions that were never in force, as if nobody had written them down."""
    at = at or clock.now()
    for row in rows:
        _record(Kind.CUSTOMER_UNSUBSCRIBED, row, row.started_on, by, at, _origin(row))
    Subscription.objects.filter(pk__in=[row.pk for row in rows]).delete()


OF_ORDER = frozenset({"title", "amount", "currency", "product", "on"})
OF_SUBSCRIPTION = frozenset(
    {"title", "amount", "currency", "product", "on", "interval", "renews_on"}
)


@transaction.atomic
def change(row: P, *, values: Mapping[str, Any], by: User | None, at: datetime | None = None) -> P:
    """Put right what was written down. Conflict for what is cancelled or ended, Invalid for bad values."""
    found = _locked(row)
    is_order = isinstance(found, Order)
    if unknown := set(values) - (OF_ORDER if is_order else OF_SUBSCRIPTION):
        raise Invalid(
            _("Some values cannot be taken."), {key: [_("Unknown field.")] for key in unknown}
        )
    if found.cancelled_at if isinstance(found, Order) else found.ended_on:
        raise Conflict(_("This is over. Write a new one down."))
    own = {("started_on" if key == "on" and not is_order else key): v for key, v in values.items()}
    new = {key: value for key, value in own.items() if getattr(found, key) != value}
    for key, value in new.items():
        setattr(found, key, text.one_line(value)[:200] if key == "title" else value)
    if not new:
        return found
    _price(found, found.on if isinstance(found, Order) else found.started_on)
    _check(found)
    found.save()
    record(
        Kind.PURCHASE_CHANGED, lead_id=found.customer.lead_id, by=by, subject=found.customer,
        data={"purchase": found.pk, "title": found.title, "fields": sorted(new)},
        at=at or clock.now(), origin=_origin(found),
    )  # fmt: skip
    return found


@transaction.atomic
def cancel(order: Order, *, by: User | None, at: datetime | None = None) -> Order:
    """The order does not stand any more: no sum counts it. Raises Conflict where it was cancelled."""
    row, at = _locked(order), at or clock.now()
    if row.cancelled_at:
        raise Conflict(_("This order is cancelled already."))
    row.cancelled_at = at
    row.save(update_fields=["cancelled_at"])
    _record(Kind.ORDER_CANCELLED, row, row.on, by, at, _origin(row))
    return row


@transaction.atomic
def reinstate(order: Order, *, by: User | None, at: datetime | None = None) -> Order:
    """Take the cancelling of an order back."""
    row = _locked(order)
    if row.cancelled_at is None:
        raise Conflict(_("This order is not cancelled."))
    row.cancelled_at = None
    row.save(update_fields=["cancelled_at"])
    _record(Kind.ORDER_REINSTATED, row, row.on, by, at or clock.now(), _origin(row))
    return row


def _locked(row: P) -> P:
    rows = type(row)._default_manager.select_for_update(of=("self",)).select_related("customer")
    return rows.get(pk=row.pk)


@transaction.atomic
def remind_renewals(*, at: datetime | None = None) -> int:
    """Plan a to-do for the owner of each customer whose renewal comes near; how many.

    Once for each renewal: the row keeps the day that its to-do was made for, and changes with it.
    """
    at = at or clock.now()
    last = at.date() + timedelta(days=Organisation.current().renewal_days)
    rows = Subscription.objects.select_for_update(of=("self",), skip_locked=True)
    rows = rows.filter(ended_on=None, renews_on__range=(at.date(), last))
    rows = rows.filter(customer__churned_at=None, customer__reverted_at=None)
    rows = rows.filter(Q(reminded_for=None) | ~Q(reminded_for=F("renews_on")))
    due = list(rows.select_related("customer__company__owner", "customer__lead__owner", "deal__owner").order_by("pk")[:AT_ONCE])  # fmt: skip
    for row in due:
        _remind(row, at)
    Subscription.objects.bulk_update(due, ["reminded_for"])
    return len(due)


def _origin(row: Order | Subscription) -> str:
    """What happens to it later is of the demo where it is, and else happens here and now."""
    return Origin.DEMO if row.origin == Origin.DEMO else Origin.LIVE


def _remind(row: Subscription, at: datetime) -> None:
    customer = row.customer
    owner = customer.who.owner or (row.deal.owner if row.deal else None)
    day: Any = row.renews_on
    activities.plan(
        kind=Activity.Kind.TODO,
        subject=_("Renewal of %(title)s on %(day)s") % {"title": row.title, "day": day},
        lead=customer.lead, company=customer.company, subject_ref=customer.ref, owner=owner,
        due_at=max(at, datetime.combine(day - timedelta(days=14), time(9), UTC)),
        by=None, at=at, origin=_origin(row),
    )  # fmt: skip
    row.reminded_for = day
