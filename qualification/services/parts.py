"""Who plays which part at a company when it buys: people we know, and people who are new to us."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.errors import Invalid
from leadflow.models import BuyingRole, Company, Lead
from leadflow.people.access import reaches
from leadflow.people.models import Role, User
from leadflow.services import leads
from qualification.models import Letter
from qualification.services import bant

MEANINGS: Mapping[BuyingRole, Promise] = {
    BuyingRole.DECISION_MAKER: lazy("Says the final yes or no."),
    BuyingRole.ECONOMIC_BUYER: lazy("Holds the budget and signs for the money."),
    BuyingRole.CHAMPION: lazy("Wants it to happen and speaks for you when you are not there."),
    BuyingRole.INFLUENCER: lazy("Is asked for an opinion, and is listened to."),
    BuyingRole.EVALUATOR: lazy("Compares offers and looks at how well each one works."),
    BuyingRole.USER: lazy("Will work with it every day."),
    BuyingRole.PROCUREMENT: lazy("Checks terms, price and law before anything is signed."),
    BuyingRole.BLOCKER: lazy("Would rather not have it, and can hold it up."),
}


def give(*, lead: Lead, role: str, by: User) -> None:
    """Say that this is what she may decide; it is the authority of her BANT, sure from now on."""
    if role not in BuyingRole.values:
        raise Invalid(_("Choose a role."))
    bant.answer(lead=lead, letter=Letter.AUTHORITY, value=role, by=by)


def take(*, lead: Lead, by: User) -> None:
    """It is not known after all what she may decide."""
    bant.answer(lead=lead, letter=Letter.AUTHORITY, value="unknown", by=by)


@transaction.atomic
def add_person(*, company: Company, role: str, values: Mapping[str, Any], by: User) -> Lead:
    """A person who is new to us, at this company and in this role; a rep's own as any that she adds.

    A known address is that person. Raises Invalid where somebody else works with her, or where she works
    at another company.
    """
    given = {key: value for key, value in values.items() if value}
    if not given:
        raise Invalid(_("Say who it is."), {"last_name": [_("Enter a name or an email.")]})
    outcome = leads.create_or_merge(fields=given, company=company, via="hand", by=by)
    lead = outcome.lead
    if outcome.created and by.role == Role.REP:
        lead = leads.assign(lead, owner=by, by=by, reason="added")
    if not outcome.created and not reaches(by, "bant.edit", lead):
        words = _("Somebody else works with this person. Ask for the lead first.")
        raise Invalid.at("email", words)
    if lead.company_id != company.pk:
        words = _("We know this person at another company. Change that on the person’s page first.")
        raise Invalid.at("email", words)
    give(lead=lead, role=role, by=by)
    return lead
