"""Becoming a customer, and undoing it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.events.models import Event
from leadflow.kit import clock, text
from leadflow.models import (
    Activity,
    Company,
    Customer,
    Engagement,
    Lead,
    LeadStage,
    Organisation,
    Origin,
)
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


def start_by_facts(events: Sequence[Event]) -> int:
    """Make customers of those to whom what the organisation names happened; how many facts did.

    A won deal does it in any case; this is for those who do not sell by deals.
    """
    wanted = Organisation.current()
    moments = _moments_of(wanted, events) if wanted.customer_event else {}
    rows = Lead.objects.living().filter(pk__in=moments).select_related("company")
    for lead in rows.order_by("pk"):
        at, origin = moments[lead.pk]
        start(
            lead=lead, company=lead.company, won_by=wanted.customer_event, by=None, at=at,
            origin=origin,
        )  # fmt: skip
    return len(moments)


Moments = dict[int, tuple[datetime, str]]  # lead -> when, and whether live


def _moments_of(wanted: Organisation, events: Sequence[Event]) -> Moments:
    """For whom the wanted thing is among these facts."""
    how, _colon, stage = wanted.customer_event.partition(":")
    word, found = wanted.customer_word, list(events)
    if how == "stage":
        mine = {Kind.LEAD_ADVANCED}
        found = [event for event in found if event.data.get("to") == stage]
    elif how == "outcome":
        mine = {Kind.ACTIVITY_LOGGED, Kind.ACTIVITY_COMPLETED}
        ids = [event.subject_id for event in found if event.subject_id]
        ended = Activity.objects.filter(pk__in=ids, outcome__iexact=word)
        good = set(ended.values_list("pk", flat=True))
        found = [event for event in found if event.subject_id in good]
    else:
        mine = {Kind.ENGAGEMENT_RECORDED}
        # one fact is recorded for all that came at once: the others may be a little older
        since = min(event.occurred_at for event in found) - timedelta(days=1)
        did = Engagement.objects.filter(
            Q(kind__iexact=word) | Q(label__iexact=word) | Q(topic__iexact=word),
            lead__in=[event.lead_id for event in found],
            actor_class=Engagement.Actor.HUMAN,
            occurred_at__gte=since,
        )
        people = set(did.values_list("lead_id", flat=True))
        found = [event for event in found if event.lead_id in people]
    return {e.lead_id: (e.occurred_at, e.origin) for e in found if e.lead_id and e.kind in mine}


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


@transaction.atomic
def leave(
    customer: Customer, *, reason: str, by: User | None, at: datetime | None = None
) -> Customer:
    """Mark a customer as gone, saying why. Records `customer.left`; Conflict where it is gone."""
    row = Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
    if row.churned_at:
        raise Conflict(_("This customer is marked as gone already."))
    reason = text.one_line(reason)[:200]
    if not reason:
        raise Invalid(_("Say why it left."), {"reason": [_("Say why it left.")]})
    at = at or clock.now()
    row.churned_at, row.churn_reason = at, reason
    row.save(update_fields=["churned_at", "churn_reason"])
    data = {"reason": reason}
    record(Kind.CUSTOMER_LEFT, lead_id=row.lead_id, by=by, subject=row, data=data, at=at)
    return row


@transaction.atomic
def come_back(customer: Customer, *, by: User | None, at: datetime | None = None) -> Customer:
    """A customer who had left is one again. Records `customer.returned`."""
    row = Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
    if row.churned_at is None:
        raise Conflict(_("This customer is no longer marked as gone."))
    row.churned_at, row.churn_reason = None, ""
    row.save(update_fields=["churned_at", "churn_reason"])
    record(Kind.CUSTOMER_RETURNED, lead_id=row.lead_id, by=by, subject=row, data={}, at=at)
    return row
