"""Why a lead stands at her company, and where her address says that she works."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from leadflow.history.models import FieldChange
from leadflow.models import Company, Lead
from leadflow.people.models import User
from leadflow.services.companies import domain_of


@dataclass(frozen=True, slots=True)
class Match:
    """How her company was found, in words; `other` is the company of her address where it is another."""

    why: str
    other: Company | None = None


def match_of(lead: Lead, at_address: Sequence[Company], chosen_by: Sequence[User]) -> Match | None:
    """None where she has no company and her address names none that is known."""
    host = domain_of(lead.email)
    if lead.company and host and lead.company.domain == host:
        return Match(_("by the address, @%(domain)s") % {"domain": host})
    other = _other(lead, at_address)
    if lead.company is None:
        return Match("", other) if other else None
    by_hand = _("set by %(who)s") % {"who": chosen_by[0].name} if chosen_by else ""
    return Match(by_hand or _("by the name of the company"), other)


def of_address(lead: Lead) -> Company | None:
    """The company at the domain of her address, where it is not the one she stands at."""
    return _other(lead, companies_at_address(lead).select_related("merged_into"))


def _other(lead: Lead, at_address: Iterable[Company]) -> Company | None:
    found = next(iter(at_address), None)
    company = (found.merged_into or found) if found else None
    return company if company and company.pk != lead.company_id else None


def companies_at_address(lead: Lead) -> QuerySet[Company]:
    """The one that has the domain of her address, which may have been merged into another."""
    host = domain_of(lead.email)
    if not host:
        return Company.objects.none()
    return Company.objects.filter(domain=host, deleted_at=None).order_by("pk")[:1]


def who_chose_company(lead: Lead) -> QuerySet[User]:
    """Who chose her company last; nobody where nobody did."""
    chosen = FieldChange.objects.filter(
        object_type="leadflow.lead", object_id=lead.pk, field="company", by_id__isnull=False
    )
    newest = chosen.order_by("-at", "-pk").values("by_id")[:1]
    who: QuerySet[User] = User.objects.filter(pk__in=newest)
    return who
