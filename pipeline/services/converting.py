"""A lead becomes a deal: company, the same person, and a new, an existing or no deal."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.models import Activity, Company, Lead, LeadCycle, LeadStage, Origin
from leadflow.models.stages import may_advance
from leadflow.people.models import User
from leadflow.services import companies, leads
from pipeline.models import Conversion, Deal, DealPerson
from pipeline.services import roles
from pipeline.services.deals import Opening, edit
from pipeline.services.deals import open as open_deal
from pipeline.services.deals.locking import raise_boards
from pipeline.services.unconverting import changed, picture


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What the person who converts decided: which company, and which deal.

    `company_name` makes or finds a company by name where none was chosen. One of `opening` (a new
    deal) and `deal` (an existing one), or neither for no deal. `role` is what the person is to the
    deal (a `BuyingRole`), `need` what a deal that is joined gets where it says nothing yet.
    """

    company: Company | None = None
    company_name: str = ""
    opening: Opening | None = None
    deal: Deal | None = None
    role: str = ""
    need: str = ""


@transaction.atomic
def convert(
    lead: Lead,
    *,
    choice: Choice,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Conversion:
    """Turn the lead's present cycle into a deal, all or nothing.

    Converting the same cycle again gives back the first conversion and makes nothing. Her activities
    that belong to no record are linked to the deal; nothing is copied. Records `lead.converted`.
    Raises Conflict where the lead is in the trash or was merged away.
    """
    at = at or clock.now()
    raise_boards(_boards(choice))
    row = Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
    if row.deleted_at or row.merged_into_id:
        raise Conflict(_("This lead is gone: it was merged or put in the trash."))
    cycle = _cycle(row, at)
    known = Conversion.objects.filter(cycle=cycle, undone_at=None).first()
    if known:
        return known
    stage_before, before = row.stage, picture(row, cycle, choice.deal)
    company, made_company = _company(row, choice, by, at, origin)
    deal = _deal(row, cycle, company, choice, by, at, origin)
    linked: list[int] = []
    role: list[str] = []
    if deal:
        linked = _link_activities(row, deal)
        role = _give_role(row, deal, choice.role, by, at, origin)
        if may_advance(row.stage, LeadStage.OPPORTUNITY):
            leads.advance(
                row, to=LeadStage.OPPORTUNITY, by=by, reason=deal.ref, at=at, origin=origin
            )
    conversion = Conversion.objects.create(
        cycle=cycle, lead=row, company=company, deal=deal, made_company=made_company,
        made_deal=choice.opening is not None, stage_before=stage_before, by=by, at=at,
        changed=changed(before, picture(row, cycle, choice.deal))
        | {"activities": linked, "role": role},
    )  # fmt: skip
    record(
        Kind.LEAD_CONVERTED,
        lead_id=row.pk,
        by=by,
        subject=deal,
        data={
            "deal": deal.pk if deal else None,
            "company": company.pk if company else None,
            "cycle": cycle.number,
            "new_deal": choice.opening is not None,
        },
        at=at,
        origin=origin,
    )
    return conversion


def _boards(choice: Choice) -> set[int]:
    if choice.opening:
        return {choice.opening.stage.pipeline_id}
    return {choice.deal.pipeline_id} if choice.deal else set()


def _cycle(lead: Lead, at: datetime) -> LeadCycle:
    latest = LeadCycle.objects.filter(lead=lead).order_by("-number").first()
    return latest or LeadCycle.objects.create(lead=lead, started_at=at, lead_at=at)


def _company(
    lead: Lead, choice: Choice, by: User | None, at: datetime, origin: str
) -> tuple[Company | None, bool]:
    """The company that was chosen, or one of that name; the lead works there from now on."""
    company, made = choice.company, False
    if company is None and choice.company_name.strip():
        company = companies.match_or_create(name=choice.company_name, origin=origin, at=at)
        made = company.created_at == at
    if company and lead.company_id != company.pk:
        leads.update(lead, values={"company": company}, by=by, at=at, origin=origin)
    return company, made


def _deal(
    lead: Lead,
    cycle: LeadCycle,
    company: Company | None,
    choice: Choice,
    by: User | None,
    at: datetime,
    origin: str,
) -> Deal | None:
    if choice.opening:
        opening = replace(
            choice.opening,
            lead=lead,
            company=company,
            owner=choice.opening.owner or lead.owner,
            qualified_at=cycle.sql_at or at,
        )
        return open_deal(opening, by=by, at=at, origin=origin)
    if choice.deal:
        return _join(choice.deal, lead, company, choice.need, by, at, origin)
    return None


def _join(
    deal: Deal,
    lead: Lead,
    company: Company | None,
    need: str,
    by: User | None,
    at: datetime,
    origin: str,
) -> Deal:
    """An existing deal gets person, company and need where it had none; it keeps those it has."""
    row = Deal.objects.living().filter(pk=deal.pk).first()
    if row is None:
        raise Conflict(_("This deal is in the trash. Choose another."))
    blanks: dict[str, Any] = {"lead": lead} if row.lead_id is None else {}
    if company and row.company_id is None:
        blanks["company"] = company
    if need and not row.need:
        blanks["need"] = need
    return edit(row, values=blanks, by=by, at=at, origin=origin) if blanks else row


def _give_role(
    lead: Lead, deal: Deal, role: str, by: User | None, at: datetime, origin: str
) -> list[str]:
    """What she is to the deal; [what she was to it, what she is], empty where nothing was said."""
    if not role:
        return []
    was = DealPerson.objects.filter(deal=deal, lead=lead).values_list("role", flat=True).first()
    roles.give(deal=deal, lead=lead, role=role, by=by, at=at, origin=origin)
    return [was or "", role] if was != role else []


def _link_activities(lead: Lead, deal: Deal) -> list[int]:
    rows = Activity.objects.select_for_update().filter(lead=lead, subject_ref="")
    linked = list(rows.order_by("pk").values_list("pk", flat=True))
    Activity.objects.filter(pk__in=linked).update(subject_ref=deal.ref)
    return linked
