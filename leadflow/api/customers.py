"""/api/v1/customers/, orders/ and subscriptions/: who bought what, read and written by other programs."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from leadflow.api.auth import Door, owner_of
from leadflow.api.repeats import once
from leadflow.errors import Conflict
from leadflow.kit import emails
from leadflow.models import Company, Customer, Lead, LeadIdentity, Origin
from leadflow.people.access import require, within
from leadflow.people.models import User
from leadflow.services import customers as core
from leadflow.web.rest import NewestFirst, Strict
from pipeline.models import Order, Product, Subscription
from pipeline.selectors import customers as selectors
from pipeline.services import purchases

P = TypeVar("P", Order, Subscription)
_STATES = {"active": Q(churned_at=None), "left": Q(churned_at__isnull=False)}


class CustomerOut(serializers.ModelSerializer):  # type: ignore[type-arg]
    """A customer as other programs read it: a company, or a person without one."""

    name = serializers.CharField(source="who.name")
    domain = serializers.CharField(source="company.domain", default=None)
    owner = serializers.CharField(source="who.owner.name", default="")
    value = serializers.DecimalField(max_digits=20, decimal_places=4, allow_null=True)
    renews_on = serializers.DateField(allow_null=True)

    class Meta:
        model = Customer
        fields = [
            "id", "name", "company", "domain", "lead", "owner", "started_at", "churned_at",
            "churn_reason", "value", "renews_on",
        ]  # fmt: skip


class Customers(Door, generics.ListAPIView):  # type: ignore[type-arg]
    """Customers, newest first; `?state=active` or `left`."""

    pagination_class = NewestFirst
    serializer_class = CustomerOut
    scopes = {"GET": "customers:read"}

    def get_queryset(self) -> QuerySet[Customer]:
        """What the key's owner sees."""
        mine = selectors.visible_to(owner_of(self.request)).filter(self._asked())
        rows = mine.select_related("company__owner", "lead__owner")
        return selectors.with_figures(rows)

    def _asked(self) -> Q:
        state = self.request.query_params.get("state", "")
        if state and state not in _STATES:
            raise serializers.ValidationError({"state": [_("Say active or left.")]})
        return _STATES.get(state, Q())


class OneCustomer(Door, generics.RetrieveAPIView):  # type: ignore[type-arg]
    """One customer."""

    serializer_class = CustomerOut
    scopes = {"GET": "customers:read"}

    get_queryset = Customers.get_queryset
    _asked = Customers._asked


class PurchaseOut(serializers.ModelSerializer):  # type: ignore[type-arg]
    """What an order and a subscription have in common, as other programs read it."""

    product = serializers.CharField(source="product.name", default="")
    source = serializers.CharField(source="external_system")  # type: ignore[assignment]


_SHARED = [
    "id", "customer", "deal", "product", "title", "amount", "currency", "source", "external_id",
    "created_at",
]  # fmt: skip


class OrderOut(PurchaseOut):
    """An order."""

    class Meta:
        model = Order
        fields = [*_SHARED, "on", "cancelled_at"]


class SubscriptionOut(PurchaseOut):
    """A subscription; `amount` is for one interval."""

    class Meta:
        model = Subscription
        fields = [*_SHARED, "interval", "started_on", "renews_on", "ended_on"]


class ChangeIn(Strict):
    """What may be said about something bought."""

    title = serializers.CharField(max_length=200, required=False)
    amount = serializers.DecimalField(max_digits=18, decimal_places=4, min_value=0, required=False)
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False)
    product = serializers.CharField(max_length=200, required=False)
    on = serializers.DateField(required=False)

    def validate_product(self, value: str) -> Product:
        """The product of that article number, or of that name."""
        rows = Product.objects.filter(Q(sku=value) | Q(name=value))
        found = sorted(rows, key=lambda one: (one.sku != value, not one.is_active, one.pk))
        if not found:
            raise serializers.ValidationError(_("No product has this article number or name."))
        return found[0]


class OrderChange(ChangeIn):
    """Putting an order right, or cancelling it."""

    cancelled = serializers.BooleanField(required=False)


class SubscriptionChange(ChangeIn):
    """Putting a subscription right, or ending it."""

    interval = serializers.ChoiceField(choices=Subscription.Interval.choices, required=False)
    renews_on = serializers.DateField(required=False)
    ended_on = serializers.DateField(required=False)


class _New(Strict):
    """Who bought, and by which id the other program knows it."""

    customer = serializers.IntegerField(min_value=1, max_value=2**62, required=False)
    email = serializers.CharField(max_length=254, required=False)
    domain = serializers.CharField(max_length=253, required=False)
    source = serializers.RegexField(r"^[\w .-]{1,40}$", required=False)  # type: ignore[assignment]
    external_id = serializers.CharField(max_length=120, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One buyer, named in one way; an id with its source, or neither."""
        if sum(key in attrs for key in ("customer", "email", "domain")) != 1:
            words = _("Name who bought, by customer, email or domain.")
            raise serializers.ValidationError({"customer": [words]})
        if ("source" in attrs) != ("external_id" in attrs):
            words = _("An id comes with its source.")
            raise serializers.ValidationError({"external_id": [words]})
        missing = [key for key in ("amount", "on") if key not in attrs]
        if missing:
            raise serializers.ValidationError({key: [_("Say this.")] for key in missing})
        return attrs


class OrderIn(_New, ChangeIn):
    """A new order."""


class SubscriptionIn(_New, ChangeIn):
    """A new subscription; it renews after one interval unless a day is said."""

    interval = serializers.ChoiceField(choices=Subscription.Interval.choices, required=False)
    renews_on = serializers.DateField(required=False)
    ended_on = serializers.DateField(required=False)


class _Purchases(Door, generics.ListCreateAPIView):  # type: ignore[type-arg]
    """Newest first, `?customer=` of one; a POST writes one down, once per source and external id."""

    pagination_class = NewestFirst
    scopes = {"GET": "customers:read", "POST": "purchases:write"}
    model: Any
    form: type[Strict]
    verb: Callable[..., Any]
    usual: Any  # its title where none is given

    def get_queryset(self) -> QuerySet[Any]:
        """Those of customers that the key's owner sees."""
        mine = selectors.visible_to(owner_of(self.request)).order_by().values("pk")
        rows: QuerySet[Any] = self.model.objects.filter(customer__in=mine)
        rows = rows.select_related("product")
        wanted = self.request.query_params.get("customer", "")
        if not wanted:
            return rows
        if not (wanted.isdecimal() and len(wanted) < 19):
            raise serializers.ValidationError({"customer": [_("Give the id of a customer.")]})
        return rows.filter(customer=int(wanted))

    def create(self, request: Request, *_args: Any, **_kwargs: Any) -> Response:
        """Write one down, once per Idempotency-Key and once per id of the source."""
        require(owner_of(request), "deal.edit")
        form = self.form(data=request.data)
        form.is_valid(raise_exception=True)
        values = dict(form.validated_data)
        return once(request, lambda: self._make(owner_of(request), values))

    def _make(self, user: User, values: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        try:
            return self._written(user, values)
        except IntegrityError:  # the same id was told twice at once: the other one is there now
            return self._written(user, values)

    @transaction.atomic
    def _written(self, user: User, values: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        key = (values.get("source", ""), values.get("external_id", ""))
        known = self._known(user, key)
        buyer = known.customer if known else _buyer(user, values)
        product = values.get("product")
        more = {key: values[key] for key in ("interval", "renews_on", "ended_on") if key in values}
        bought = purchases.Bought(
            customer=buyer, product=product, external=key, amount=values["amount"],
            title=values.get("title") or (product.name if product else "") or key[1] or str(self.usual),
            on=values["on"], currency=values.get("currency", ""), **more,
        )  # fmt: skip
        row, is_new = type(self).verb(bought, by=user, origin=Origin.API)
        return 201 if is_new else 200, {
            "id": row.pk,
            "customer": row.customer_id,
            "created": is_new,
        }

    def _known(self, user: User, key: tuple[str, str]) -> Any:
        """What has this id already; Conflict where it is of a customer out of reach."""
        if not key[1]:
            return None
        rows = self.model.objects.filter(external_system=key[0], external_id=key[1])
        found = rows.select_related("customer").first()
        if found is None:
            return None
        if not selectors.visible_to(user, "deal.edit").filter(pk=found.customer_id).exists():
            raise Conflict(_("This id is taken."))
        return found


def _buyer(user: User, values: Mapping[str, Any]) -> Customer:
    """The customer that is named; who buys first becomes one. 404 for who is unknown or out of reach."""
    mine = selectors.visible_to(user, "deal.edit")
    if "customer" in values:
        found = mine.filter(pk=values["customer"]).first()
    else:
        lead, company = _named(user, values)
        at = datetime.combine(values["on"], time(12), UTC)
        made = core.start(
            lead=lead, company=company, won_by="order", by=user, at=at, origin=Origin.API
        )
        found = mine.filter(pk=made.pk).first() if made else None
    if found is None:
        raise Http404
    return found


def _named(user: User, values: Mapping[str, Any]) -> tuple[Lead | None, Company | None]:
    if "domain" in values:
        rows = Company.objects.living().filter(within(user, "deal.edit"))
        return None, rows.filter(domain=values["domain"].strip().lower()).first()
    try:
        norm = emails.normalise(values["email"])
    except ValueError as error:
        raise serializers.ValidationError({"email": [str(error)]}) from None
    identity = LeadIdentity.objects.filter(
        kind=LeadIdentity.Kind.EMAIL, value_norm=norm, lead__in=Lead.objects.visible_to(user)
    )
    row = identity.select_related("lead__company").first()
    return (row.lead, row.lead.company) if row else (None, None)


class Orders(_Purchases):
    """What was bought once."""

    serializer_class = OrderOut
    model = Order
    form = OrderIn
    verb = staticmethod(purchases.order)
    usual = gettext_lazy("Order")


class Subscriptions(_Purchases):
    """What is paid for again and again."""

    serializer_class = SubscriptionOut
    model = Subscription
    form = SubscriptionIn
    verb = staticmethod(purchases.subscribe)
    usual = gettext_lazy("Subscription")


class _OnePurchase(Door, generics.RetrieveAPIView):  # type: ignore[type-arg]
    """One of them; a PATCH puts it right."""

    scopes = {"GET": "customers:read", "PATCH": "purchases:write"}
    model: Any
    form: type[Strict]

    def get_queryset(self) -> QuerySet[Any]:
        """Those of customers that the key's owner sees, or may change."""
        permission = "deal.edit" if self.request.method == "PATCH" else "deal.view"
        mine = selectors.visible_to(owner_of(self.request), permission).order_by().values("pk")
        rows: QuerySet[Any] = self.model.objects.filter(customer__in=mine)
        return rows.select_related("product", "customer")

    def patch(self, request: Request, *_args: Any, **_kwargs: Any) -> Response:
        """Change what is said; the answer is how it stands now."""
        require(owner_of(request), "deal.edit")
        form = self.form(data=request.data)
        form.is_valid(raise_exception=True)
        row = self.get_object()
        with transaction.atomic():
            self.change(row, dict(form.validated_data), owner_of(request))
        return Response(self.get_serializer(self.get_object()).data)

    def change(self, row: Any, values: dict[str, Any], by: User) -> None:
        """Write it."""
        raise NotImplementedError


class OneOrder(_OnePurchase):
    """One order: put right, or cancelled by `"cancelled": true`."""

    serializer_class = OrderOut
    model = Order
    form = OrderChange

    def change(self, row: Order, values: dict[str, Any], by: User) -> None:
        """Said twice, cancelling is once."""
        cancelled = values.pop("cancelled", None)
        if values:
            row = purchases.change(row, values=values, by=by)
        if cancelled is True and row.cancelled_at is None:
            purchases.cancel(row, by=by)
        elif cancelled is False and row.cancelled_at is not None:
            purchases.reinstate(row, by=by)


class OneSubscription(_OnePurchase):
    """One subscription: put right, or ended by `"ended_on"`."""

    serializer_class = SubscriptionOut
    model = Subscription
    form = SubscriptionChange

    def change(self, row: Subscription, values: dict[str, Any], by: User) -> None:
        """Said twice, ending on the same day is once."""
        ended_on: date | None = values.pop("ended_on", None)
        if values:
            row = purchases.change(row, values=values, by=by)
        if ended_on and ended_on != row.ended_on:
            purchases.end(row, on=ended_on, by=by)
