"""Why a lead stands at her company, and where her address says that she works."""

from dataclasses import dataclass

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


def match_of(lead: Lead) -> Match | None:
    """None where she has no company and her address names none that is known."""
    host = domain_of(lead.email)
    if lead.company and host and lead.company.domain == host:
        return Match(_("by her address, @%(domain)s") % {"domain": host})
    other = of_address(lead)
    if lead.company is None:
        return Match("", other) if other else None
    return Match(_by_hand(lead) or _("by the name of the company"), other)


def of_address(lead: Lead) -> Company | None:
    """The company at the domain of her address, where it is not the one she stands at."""
    host = domain_of(lead.email)
    if not host:
        return None
    found = (
        Company.objects.filter(domain=host, deleted_at=None).select_related("merged_into").first()
    )
    company = (found.merged_into or found) if found else None
    return company if company and company.pk != lead.company_id else None


def _by_hand(lead: Lead) -> str:
    """Who chose the company last; nothing where nobody did."""
    chosen = FieldChange.objects.filter(
        object_type="leadflow.lead", object_id=lead.pk, field="company", by_id__isnull=False
    )
    newest = chosen.order_by("-at", "-pk").values_list("by_id", flat=True)[:1]
    who = User.objects.filter(pk__in=list(newest)).first()
    return _("set by %(who)s") % {"who": who.name} if who else ""
