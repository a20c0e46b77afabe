"""What rules may ask about a customer, and how the builder previews them.

Figures stand on the rows of `tables.customers_of` and are empty where they are out of the user's reach:
no rule spells out what another team sells.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import BooleanField, Case, CharField, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Concat, Trim
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.conditions.core_fields import account_fields, company_fields, custom_field, named
from leadflow.conditions.fields import register, register_source
from leadflow.conditions.grammar import Field, Type
from leadflow.conditions.sql import Many
from leadflow.desk.tables import customers_of
from leadflow.models import Customer, CustomField, LeadTag, Tag
from leadflow.people.models import Team, User
from leadflow.web.rules import MOST_COUNTED, Subject, register_subject

SUBJECT = "customer"
_ABOUT, _BOUGHT = lazy("About the customer"), lazy("What it bought")


def install() -> None:
    """Make the fields known to rules; called once by apps.py."""
    register(*_about(), *_figures())
    register(*company_fields(SUBJECT, "company__"), *account_fields(SUBJECT, "company__"))
    register_source(SUBJECT, _of_company)
    register_subject(SUBJECT, Subject("lead.view", customers_of, _told, shown=_shown))


def _customer(name: str, label: Any, kind: Type, group: Any = _ABOUT, **more: Any) -> Field:
    return Field(f"customer.{name}", label, kind, subject=SUBJECT, group=group, **more)


def _about() -> Iterator[Field]:
    yield _customer("name", lazy("Name"), Type.TEXT, sql=_name, sensitivity="contact")
    yield _customer("started_at", lazy("Customer since"), Type.DATETIME, sql="started_at")
    yield _customer("churned_at", lazy("Left"), Type.DATETIME, sql="churned_at")
    yield _customer("is_person", lazy("Is a person"), Type.BOOLEAN, sql=_is_person)
    yield _customer("country", lazy("Country"), Type.TEXT, sql=lambda: _of_who("country"))
    for name, label, model in (("owner", lazy("Owner"), User), ("team", lazy("Team"), Team)):
        yield _customer(
            name, label, Type.REFERENCE, choices_from=named(model), sql=_reference(name)
        )
    yield _customer(
        "tags", lazy("Tags of the person"), Type.REFERENCES, choices_from=named(Tag),
        sql=Many(LeadTag, "lead__customer", "tag"),
    )  # fmt: skip


def _figures() -> Iterator[Field]:
    yield _customer("value", lazy("Value so far"), Type.MONEY, _BOUGHT, sql="value")
    yield _customer("orders", lazy("Number of orders"), Type.NUMBER, _BOUGHT, sql="orders_count")
    yield _customer(
        "subscriptions", lazy("Running subscriptions"), Type.NUMBER, _BOUGHT, sql="running_count"
    )
    yield _customer("renews_on", lazy("Next renewal"), Type.DATE, _BOUGHT, sql="renews_on")


def _name() -> Any:
    person = Trim(Concat("lead__first_name", Value(" "), "lead__last_name"))
    return Case(
        When(company=None, then=person), default=F("company__name"), output_field=CharField()
    )


def _is_person() -> Any:
    return ExpressionWrapper(Q(company=None), output_field=BooleanField())


def _of_who(column: str) -> Any:
    return Case(When(company=None, then=F(f"lead__{column}")), default=F(f"company__{column}"))


def _reference(name: str) -> Any:
    return lambda: _of_who(f"{name}_id")


def _of_company() -> Iterator[Field]:
    """The organisation's own fields of companies."""
    for row in CustomField.objects.filter(subject="company", is_archived=False):
        yield custom_field(row, f"company.custom.{row.key}", "company__custom", SUBJECT)


def _told(count: int) -> str:
    if count > MOST_COUNTED:
        return _("Matches more than 1,000 customers")
    return (
        _("Matches 1 customer")
        if count == 1
        else _("Matches %(count)s customers") % {"count": count}
    )


def _shown(row: Customer) -> Any:
    """The page that opens to who looks: of the customer, else of the company behind it."""
    return row if getattr(row, "is_mine", False) else row.who
