"""One customer: what was bought, what renews, what else may be sold, and whether it left."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.kit import clock
from leadflow.models import Customer, Organisation
from leadflow.people.access import allowed
from leadflow.people.models import User
from leadflow.services import customers as core
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done
from pipeline.forms.purchases import LeaveForm, OrderForm, SubscriptionForm
from pipeline.selectors import customers as selectors
from pipeline.services import purchases


def find(request: HtmxHttpRequest, pk: int, permission: str = "deal.view") -> Customer:
    """The customer, where she may do this; 404 where it is out of her reach."""
    rows = selectors.visible_to(request.user, permission)
    return get_object_or_404(rows.select_related("company__owner", "lead__owner"), pk=pk)


@access("deal.view")
def customer(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The page of a customer."""
    return page(request, find(request, pk))


def page(request: HtmxHttpRequest, found: Customer, **forms: Any) -> HttpResponse:
    """The page, with a form that was refused in the place of its blank one."""
    bad = bool(forms)
    context = page_context(found, request.user) | {
        "order_form": OrderForm(prefix="order"),
        "subscription_form": SubscriptionForm(prefix="sub"),
        "leave_form": LeaveForm(prefix="leave"),
    }
    return render(request, "pipeline/customer.html", context | forms, status=422 if bad else 200)


def page_context(found: Customer, user: User) -> dict[str, Any]:
    """What the page shows beside its forms."""
    return {
        "customer": found,
        "who": found.who,
        "orders": found.orders.order_by("-on", "-pk")[:50],
        "subscriptions": found.subscriptions.order_by("ended_on", "renews_on", "pk")[:50],
        "ordered": selectors.ordered_in_all(found),
        "currency": Organisation.current().base_currency,
        "deals": selectors.deals_of(user, found)[:20],
        "today": clock.now().date(),
        "can_edit": allowed(user, "deal.edit"),
        "deal_url": _deal_url(found),
    }


def _deal_url(found: Customer) -> str:
    name = found.company.name if found.company else None
    about: dict[str, Any] = {"company_name": name} if name else {"lead": found.lead_id}
    return f"{reverse('pipeline:new')}?{urlencode(about)}"


def writing(
    request: HtmxHttpRequest, pk: int, form: Any, name: str, verb: Callable[..., Any], words: str
) -> HttpResponse:
    """Write down what the form says, or show it again with what was wrong."""
    found = find(request, pk, "deal.edit")
    if form.is_valid() and form.attempt(lambda: verb(form.bought(found), by=request.user)):
        return done(request, words, back=found.get_absolute_url())
    return page(request, found, **{name: form})


@require_POST
@access("deal.edit")
def add_order(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Write an order down."""
    form = OrderForm(request.POST, prefix="order")
    return writing(request, pk, form, "order_form", purchases.order, _("Order written down"))


@require_POST
@access("deal.edit")
def add_subscription(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Write a subscription down."""
    form = SubscriptionForm(request.POST, prefix="sub")
    words = _("Subscription written down")
    return writing(request, pk, form, "subscription_form", purchases.subscribe, words)


@require_POST
@access("deal.edit")
def change_subscription(request: HtmxHttpRequest, pk: int, verb: str) -> HttpResponse:
    """Renew a subscription for one interval, or end it today."""
    row = get_object_or_404(selectors.subscriptions_to_change(request.user), pk=pk)
    if verb == "renew":
        purchases.renew(row, seen=request.POST.get("seen", ""), by=request.user)
        words = _("Renewed: %(title)s")
    elif verb == "end":
        purchases.end(row, on=clock.now().date(), by=request.user)
        words = _("Ended: %(title)s")
    else:
        raise Http404
    return done(request, words % {"title": row.title}, back=row.customer.get_absolute_url())


@require_POST
@access("deal.edit")
def change_order(request: HtmxHttpRequest, pk: int, verb: str) -> HttpResponse:
    """Cancel an order, or take that back."""
    row = get_object_or_404(selectors.orders_to_change(request.user), pk=pk)
    if verb == "cancel":
        purchases.cancel(row, by=request.user)
        words = _("Cancelled: %(title)s")
    elif verb == "reinstate":
        purchases.reinstate(row, by=request.user)
        words = _("Stands again: %(title)s")
    else:
        raise Http404
    return done(request, words % {"title": row.title}, back=row.customer.get_absolute_url())


@require_POST
@access("deal.edit")
def leave(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Mark a customer as gone, with the reason."""
    found = find(request, pk, "deal.edit")
    form = LeaveForm(request.POST, prefix="leave")
    if form.is_valid() and form.attempt(
        lambda: core.leave(found, reason=form.cleaned_data["reason"], by=request.user)
    ):
        return done(request, _("Marked as gone"), back=found.get_absolute_url())
    return page(request, found, leave_form=form)


@require_POST
@access("deal.edit")
def come_back(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """A customer who had left is one again."""
    found = find(request, pk, "deal.edit")
    core.come_back(found, by=request.user)
    return done(request, _("Welcome back"), back=found.get_absolute_url())
