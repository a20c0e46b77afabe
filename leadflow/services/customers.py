"""Becoming a customer, and undoing it."""

from datetime import datetime

from django.db import transaction

from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.models import Company, Customer, Lead, LeadStage, Origin
from leadflow.people.models import User
from leadflow.services import leads


@transaction.atomic
def start(
    *,
    lead: Lead | None,
    company: Company | None,
    won_by: str,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Customer | None:
    """Make the company, or the person without one, a customer; a known customer stays as she is.

    A win from before the one that had made her (an import brings them in any order) is the first one
    from now on: the result is the same whatever came first.
    `won_by` names the record that did it ("deal:12"). None where a deal has neither.
    """
    at = at or clock.now()
    if company is None and lead is None:
        return None
    key = {"company": company} if company else {"lead": lead}
    customer, created = Customer.objects.select_for_update(of=("self",)).get_or_create(
        **key, defaults={"started_at": at, "won_by": won_by, "origin": origin}
    )
    if customer.reverted_at:
        customer.reverted_at, customer.started_at, customer.won_by = None, at, won_by
        customer.save(update_fields=["reverted_at", "started_at", "won_by"])
        created = True
    elif not created and at < customer.started_at:
        customer.started_at, customer.won_by = at, won_by
        customer.save(update_fields=["started_at", "won_by"])
    if lead:  # the row decides, not the object that the caller happens to hold
        leads.advance_many(
            lead_ids=[lead.pk], to=LeadStage.CUSTOMER, by=by, reason=won_by, at=at, origin=origin
        )
        leads.reached_before(lead_id=lead.pk, stage=LeadStage.CUSTOMER, at=at)
    if created:
        record(
            Kind.CUSTOMER_WON,
            lead_id=lead.pk if lead else None,
            by=by,
            subject=customer,
            data={"won_by": won_by},
            at=at,
            origin=origin,
        )
    return customer


@transaction.atomic
def revert(*, won_by: str, by: User | None, at: datetime | None = None) -> Customer | None:
    """Take back a customer that this record alone had made (its deal was re-opened)."""
    at = at or clock.now()
    customer = Customer.objects.select_for_update(of=("self",)).filter(won_by=won_by).first()
    if customer is None or customer.reverted_at:
        return None
    customer.reverted_at = at
    customer.save(update_fields=["reverted_at"])
    record(
        Kind.CUSTOMER_REVERTED,
        lead_id=customer.lead_id,
        by=by,
        subject=customer,
        data={"won_by": won_by},
        at=at,
    )
    return customer
