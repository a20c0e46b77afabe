"""How the columns of leads and companies are changed in place."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.db import transaction

from leadflow.desk.forms import CompanyForm
from leadflow.desk.owners import owners_for
from leadflow.models import Company, ContactChannel, Lead, Source
from leadflow.people.models import User
from leadflow.services import companies, leads
from leadflow.web.tables import Edit

Field = Callable[[User], forms.Field]


def lead_field(key: str, field: Field) -> Edit:
    """A field of the lead as it is."""

    def save(lead: Lead, value: Any, version: int | None, user: User) -> Lead:
        return leads.update(lead, values={key: value}, version=version, by=user)

    return Edit("lead.edit", field, lambda lead: getattr(lead, key), save)


@transaction.atomic
def _works_at(lead: Lead, name: str, version: int | None, user: User) -> Lead:
    company = companies.match_or_create(name=name.strip()) if name.strip() else None
    return leads.update(lead, values={"company": company}, version=version, by=user)


def _give(lead: Lead, owner: User, _version: int | None, user: User) -> Lead:
    return leads.assign(lead, owner=owner, by=user, reason="hand")


LEAD_COMPANY = Edit(
    "lead.edit",
    lambda _user: forms.CharField(max_length=200, required=False),
    lambda lead: lead.company.name if lead.company else "",
    _works_at,
)
LEAD_OWNER = Edit(
    "lead.assign",
    lambda user: forms.ModelChoiceField(owners_for(user)),
    lambda lead: lead.owner,
    _give,
)
LEAD_SOURCE = lead_field(
    "source",
    lambda _user: forms.ModelChoiceField(Source.objects.filter(is_archived=False), required=False),
)
LEAD_CHANNEL = lead_field(
    "preferred_channel",
    lambda _user: forms.ChoiceField(choices=[("", "–"), *ContactChannel.choices], required=False),
)
LEAD_COUNTRY = lead_field("country", lambda _user: forms.CharField(max_length=2, required=False))


def company_field(key: str) -> Edit:
    """A field of the company as its own form asks for it."""

    def save(company: Company, value: Any, version: int | None, user: User) -> Company:
        return companies.update(company, values={key: value}, version=version, by=user)

    return Edit(
        "company.edit",
        lambda _user: CompanyForm().fields[key],
        lambda company: getattr(company, key),
        save,
    )
