"""Who takes part in deals on the buyer's side, seen as their leads are seen."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet

from leadflow.models import BuyingRole, Lead
from leadflow.people.models import User
from pipeline.models import Deal, DealPerson, StageKind

_ORDER = {role: place for place, role in enumerate(BuyingRole.values)}
# without these two a purchase has nobody who says yes, or nobody who wants it
_WANTED = (BuyingRole.DECISION_MAKER, BuyingRole.CHAMPION)


@dataclass(frozen=True, slots=True)
class Participant:
    """A person of a deal: `lead` is None where the reader may not see her, `role` empty without one."""

    pk: int
    lead: Lead | None
    role: str
    is_main: bool

    @property
    def label(self) -> str:
        """The role in words."""
        return str(BuyingRole(self.role).label) if self.role else ""


def participants(deal: Deal, user: User) -> list[Participant]:
    """The person of the deal, those converted into it and those with a role, by what they decide."""
    roles = dict(DealPerson.objects.filter(deal=deal).values_list("lead_id", "role"))
    joined = deal.conversions.filter(undone_at=None).values_list("lead_id", flat=True)
    ids = {*roles, *joined, *([deal.lead_id] if deal.lead_id else [])}
    seen = Lead.objects.visible_to(user).select_related("company").in_bulk(list(ids))
    living = set(Lead.objects.living().filter(pk__in=ids).values_list("pk", flat=True))
    found = [
        Participant(pk, seen.get(pk), roles.get(pk, ""), pk == deal.lead_id)
        for pk in ids
        if pk in living
    ]
    return sorted(found, key=lambda one: (_ORDER.get(one.role, len(_ORDER)), one.pk))


def lacking(found: Iterable[Participant]) -> list[str]:
    """The roles without which a purchase hardly comes about, as far as nobody has them."""
    held = {one.role for one in found}
    return [str(role.label) for role in _WANTED if role not in held]


def candidates(deal: Deal, user: User, found: Sequence[Participant]) -> QuerySet[Lead]:
    """Whom to offer for a role: the person herself, those who joined, and her company's people."""
    known = [one.pk for one in found if not one.role]
    held = [one.pk for one in found if one.role]
    near = Q(pk__in=known)
    if deal.company_id:
        near |= Q(company=deal.company_id)
    rows = Lead.objects.visible_to(user).filter(near).exclude(pk__in=held)
    return rows.order_by("first_name", "last_name", "pk")


@dataclass(frozen=True, slots=True)
class Held:
    """A role that somebody has in a deal."""

    label: str
    deal: Deal
    lead: Lead


def roles_at_company(user: User, company_id: int) -> list[Held]:
    """Who is what in the deals of a company, as far as she may see both, the deciders first."""
    deals = Deal.objects.visible_to(user).filter(company=company_id)
    return _held(deals, Lead.objects.visible_to(user))


def roles_of_lead(user: User, lead: Lead) -> list[Held]:
    """What a person is in which deals; those of them that she may see."""
    return _held(Deal.objects.visible_to(user), Lead.objects.filter(pk=lead.pk))


def _held(deals: QuerySet[Deal], people: QuerySet[Lead]) -> list[Held]:
    rows = DealPerson.objects.filter(deal__in=deals.values("pk"), lead__in=people.values("pk"))
    rows = rows.select_related("deal__stage", "lead").order_by("-deal__created_at", "pk")[:60]
    found = sorted(rows, key=lambda row: _ORDER.get(row.role, len(_ORDER)))
    return [Held(row.get_role_display(), row.deal, row.lead) for row in found]


def roles_held(user: User) -> ArraySubquery:
    """For a query of leads: the roles of each in deals that the reader may see, as their values."""
    deals = Deal.objects.visible_to(user).values("pk")
    rows = DealPerson.objects.filter(lead=OuterRef("pk"), deal__in=deals)
    return ArraySubquery(rows.order_by("role").values("role").distinct())


def labels_of(roles: Iterable[str]) -> list[str]:
    """Roles in words, the deciders first."""
    return [str(role.label) for role in BuyingRole if role in set(roles)]


# --- of companies, for the desk ---


def roles_at(company_ids: Collection[int]) -> list[tuple[int, int, str, int]]:
    """Who is what in the deals of these companies: (company, lead, role, deal), whoever may see them.

    Over and done with counts as well: a person who decided last time is known.
    """
    rows = _roles().filter(deal__company__in=company_ids).order_by("-deal__created_at", "pk")
    return list(rows.values_list("deal__company", "lead", "role", "deal"))


def companies_with(role: str, among: "QuerySet[Any, Any]") -> "QuerySet[Any, Any]":
    """Those of the companies (a subquery of ids) in whose deals somebody has that role."""
    rows = _roles().filter(role=role, deal__company__in=among)
    return rows.order_by().values("deal__company")


def _roles() -> QuerySet[DealPerson]:
    living = Q(lead__deleted_at=None, lead__merged_into=None)
    return DealPerson.objects.filter(living, deal__deleted_at=None)


def open_deals_at(user: User, company_ids: Collection[int]) -> dict[int, list[Deal]]:
    """The open deals of each of these companies that she may see, the furthest first."""
    deals = Deal.objects.visible_to(user).open().filter(company__in=company_ids)
    found: dict[int, list[Deal]] = {}
    for deal in deals.select_related("stage").order_by("-stage__position", "-created_at", "-pk"):
        if deal.company_id is not None:
            found.setdefault(deal.company_id, []).append(deal)
    return found


def companies_in_play(user: User) -> "QuerySet[Any, Any]":
    """The companies with an open deal that she may see, as a subquery of ids."""
    deals = Deal.objects.visible_to(user).filter(status=StageKind.OPEN, company__isnull=False)
    return deals.order_by().values("company")
