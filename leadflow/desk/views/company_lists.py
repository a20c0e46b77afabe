"""Companies and customers as files; who took them out is on record."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.views.decorators.http import require_POST

from leadflow.desk.tables import companies_of, customers_of
from leadflow.desk.views import customers
from leadflow.desk.views.companies import chosen, narrowed
from leadflow.desk.views.leads import record_export
from leadflow.models import Company, Customer
from leadflow.web import csv
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest

COMPANY_HEADER = [
    "name", "domain", "industry", "size", "revenue", "country", "city", "founded", "parent", "owner",
    "tier", "created_at", "external_id",
]  # fmt: skip
CUSTOMER_HEADER = ["customer", "domain", "email", "since", "left", "renews_on", "value", "owner"]


@require_POST
@access("company.export")
def export_companies(request: HtmxHttpRequest) -> HttpResponseBase:
    """The picked companies, else the list as the URL filters it."""
    if "ids" in request.POST or "all" in request.POST:
        rows = companies_of(request.user).filter(pk__in=chosen(request))
    else:
        rows, _applied, _rule = narrowed(request)
    record_export(request, "companies", rows)
    return csv.export("companies", COMPANY_HEADER, _companies(rows.order_by("pk")))


def _companies(rows: QuerySet[Company]) -> Iterator[list[Any]]:
    for row in rows.select_related("parent", "owner").iterator(chunk_size=2_000):
        told = {"parent": str(row.parent or ""), "owner": str(row.owner or "")}
        yield [told.get(name, getattr(row, name)) for name in COMPANY_HEADER]


@require_POST
@access("company.export")
def export_customers(request: HtmxHttpRequest) -> HttpResponseBase:
    """The picked customers, else the list as the URL filters it."""
    if "ids" in request.POST or "all" in request.POST:
        rows = customers_of(request.user).filter(pk__in=customers.ids_of(customers.chosen(request)))
    else:
        rows, _applied, _rule = customers.narrowed(request)
    record_export(request, "customers", rows)
    return csv.export("customers", CUSTOMER_HEADER, _customers(rows.order_by("pk")))


def _customers(rows: QuerySet[Customer]) -> Iterator[list[Any]]:
    for row in rows.iterator(chunk_size=2_000):
        who = row.who
        value, renews_on = (getattr(row, name) for name in ("value", "renews_on"))
        yield [
            who.name, row.company.domain if row.company else "", "" if row.company else who.email,  # type: ignore[union-attr]
            row.started_at, row.churned_at, renews_on, value, str(who.owner or ""),
        ]  # fmt: skip
