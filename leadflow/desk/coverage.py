"""Whom we know at a company by what they are to a purchase, and which of those we miss.

A role is known from a deal, or from what a person may decide (the authority of BANT); both are looked
at, so that nobody has to say it twice. Everybody's people count, names are for those who may see them.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from leadflow.models import BuyingRole, Company, Lead
from leadflow.people.access import allowed
from leadflow.people.models import User
from pipeline.selectors import people as deals
from qualification import selectors as qualification

# Without these a purchase has nobody who pays, says yes, wants it, or will work with it.
WANTED = (
    BuyingRole.DECISION_MAKER,
    BuyingRole.ECONOMIC_BUYER,
    BuyingRole.CHAMPION,
    BuyingRole.USER,
)

DECIDING = (BuyingRole.DECISION_MAKER, BuyingRole.ECONOMIC_BUYER)


@dataclass(frozen=True, slots=True)
class Holder:
    """A person in a role. `lead` is None where the reader may not see her; `deal` is where she has it."""

    pk: int
    lead: Lead | None
    is_sure: bool  # not by her own word alone
    deal_id: int | None = None


@dataclass(frozen=True)
class Covered:
    """The roles at one company and who fills them."""

    company_id: int
    held: Mapping[str, list[Holder]] = field(default_factory=dict)

    @property
    def gaps(self) -> list[BuyingRole]:
        """The wanted roles that nobody is known to have."""
        return [role for role in WANTED if role not in self.held]

    @property
    def decides(self) -> bool:
        """Whether somebody is known who says yes, to it or to the money."""
        return any(role in self.held for role in DECIDING)

    @property
    def known(self) -> int:
        """How many of the wanted roles somebody has."""
        return len(WANTED) - len(self.gaps)

    @property
    def wanted(self) -> int:
        """How many roles a company should have somebody for."""
        return len(WANTED)

    @property
    def lines(self) -> list["Line"]:
        """Every wanted role and every other that somebody has, in the order of the roles."""
        shown = [role for role in BuyingRole if role in WANTED or role in self.held]
        return [
            Line(role, self.held.get(role, []), self.url_of(role), role in self.gaps)
            for role in shown
        ]

    def url_of(self, role: str) -> str:
        """Where a role is filled."""
        return reverse("qualification:company-role", args=[self.company_id, role])


@dataclass(frozen=True, slots=True)
class Line:
    """A role with its holders, for a page."""

    role: BuyingRole
    holders: list[Holder]
    url: str
    is_gap: bool

    @property
    def label(self) -> str:
        """The role in words."""
        return str(self.role.label)


def may_fill(user: User) -> bool:
    """Whether her role lets her say who decides."""
    return allowed(user, "bant.edit")


def covered_at(company_ids: Collection[int], user: User) -> dict[int, Covered]:
    """Three statements, however many companies and people there are."""
    found: dict[int, dict[str, dict[int, tuple[bool, int | None]]]] = {}
    for company, lead, role, deal in deals.roles_at(company_ids):
        found.setdefault(company, {}).setdefault(role, {}).setdefault(lead, (True, deal))
    for company, lead, role, is_sure in qualification.authorities_at(company_ids):
        found.setdefault(company, {}).setdefault(role, {}).setdefault(lead, (is_sure, None))
    ids = {pk for roles in found.values() for people in roles.values() for pk in people}
    seen = Lead.objects.visible_to(user).in_bulk(ids) if ids else {}
    return {
        pk: Covered(pk, {role: _holders(who, seen) for role, who in found.get(pk, {}).items()})
        for pk in company_ids
    }


def _holders(
    people: Mapping[int, tuple[bool, int | None]], seen: Mapping[int, Lead]
) -> list[Holder]:
    """Those whose names may be told first, of them those who are sure."""
    rows = [Holder(pk, seen.get(pk), is_sure, deal) for pk, (is_sure, deal) in people.items()]
    return sorted(rows, key=lambda one: (one.lead is None, not one.is_sure, one.pk))


def without(role: str) -> Q:
    """The condition on target companies that nobody is known there in this role."""
    targets = Company.objects.living().exclude(tier="").order_by().values("pk")
    in_deals = deals.companies_with(role, targets)
    return ~Q(pk__in=in_deals) & ~Q(pk__in=qualification.companies_with(role, targets))


def nobody_decides() -> Q:
    """The condition on companies that nobody there is known to decide, by role."""
    found = Q()
    for role in DECIDING:
        found &= without(role)
    return found


def gap_choices() -> Iterable[tuple[str, str]]:
    """The roles to look for, as the filter offers them."""
    return [
        (role.value, _("no %(role)s known") % {"role": str(role.label).lower()}) for role in WANTED
    ]


def to_find(gaps: Collection[str]) -> str:
    """What to do about a list that is narrowed to one missing role; empty where it is not."""
    roles = [gap for gap in gaps if gap in WANTED]
    if len(roles) != 1:
        return ""
    return _("Find the %(role)s") % {"role": str(BuyingRole(roles[0]).label).lower()}


def of_company(company: Company, user: User) -> Covered:
    """The roles at one company."""
    return covered_at([company.pk], user)[company.pk]
