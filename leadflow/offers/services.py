"""Giving offers: once to each person, never outside the window, never above the limit.

Whoever gives one holds the row of the offer until her grant is written, so of fifty at once exactly as
many get one as are left.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from leadflow.events.kinds import Kind
from leadflow.events.log import record, record_many
from leadflow.events.models import Event
from leadflow.kit import ids
from leadflow.kit.clock import now
from leadflow.models import Lead, Origin
from leadflow.offers.models import Offer, OfferGrant

# what a mail may say of the offer that it names, as it looks where none was given
EXAMPLE = {
    "offer.name": "",
    "offer.text": "",
    "offer.code": "CODE-EXAMPLE",
    "offer.ends_on": None,
}
_SIGNS = 8  # of a code of her own: too many to guess


@transaction.atomic
def give(
    *,
    offer_id: int,
    lead: Lead | None,
    key: str,
    asked_at: datetime | None = None,
    after_end: bool = False,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> OfferGrant | None:
    """Give the offer to a person; None where it does not hold, or all are given.

    It holds when she asked and when it is given, unless a manager agreed to it `after_end`. What she got
    before she keeps: the same grant comes back. Without a person, `key` says what it was used on.
    """
    at = at or now()
    offer = Offer.objects.select_for_update(no_key=True).filter(pk=offer_id).first()
    if offer is None:
        return None
    mine = {"lead": lead} if lead else {"lead": None, "key": key}
    known = OfferGrant.objects.filter(offer=offer, **mine).select_related("offer").first()
    if known is not None:
        return known
    holds = after_end or (offer.holds_at(asked_at or at) and offer.holds_at(at))
    if not holds or offer.left == 0:
        return None
    grant = OfferGrant.objects.create(
        offer=offer, lead=lead, own_code=_own_code(offer), key=key, given_at=at, origin=origin
    )
    offer.given += 1
    offer.save(update_fields=["given"])
    told = {"offer": offer.pk, "name": offer.name}
    if lead is not None:
        record(Kind.OFFER_GIVEN, lead_id=lead.pk, subject=offer, data=told, at=at, origin=origin)
    return grant


@transaction.atomic
def give_many(
    *, offer_id: int, leads: Collection[Lead], key: str, at: datetime | None = None
) -> dict[int, OfferGrant]:
    """Give the offer to many, by lead: what they were given before, else a new one while it holds and
    lasts, in the order of their ids. Whoever is missing in the answer gets none."""
    at = at or now()
    offer = Offer.objects.select_for_update(no_key=True).filter(pk=offer_id).first()
    if offer is None:
        return {}
    rows = OfferGrant.objects.filter(offer=offer, lead__in=leads).select_related("offer")
    found = {row.lead_id: row for row in rows if row.lead_id is not None}
    new = sorted((lead for lead in leads if lead.pk not in found), key=lambda lead: lead.pk)
    new = new[: offer.left] if offer.holds_at(at) else []
    made = OfferGrant.objects.bulk_create(_granted(offer, lead, key, at) for lead in new)
    offer.given += len(made)
    offer.save(update_fields=["given"])
    for origin in sorted({row.origin for row in made}):
        got = [row.lead_id for row in made if row.origin == origin]
        told = {"offer": offer.pk, "name": offer.name}
        subjects = [offer] * len(got)
        record_many(Kind.OFFER_GIVEN, got, subjects=subjects, data=told, at=at, origin=origin)
    return found | {row.lead_id: row for row in made if row.lead_id is not None}


def _granted(offer: Offer, lead: Lead, key: str, at: datetime) -> OfferGrant:
    origin = Origin.DEMO if lead.origin == Origin.DEMO else Origin.LIVE
    return OfferGrant(
        offer=offer, lead=lead, own_code=_own_code(offer), key=key[:60], given_at=at, origin=origin
    )


def used_by(offer_id: int, lead_ids: Collection[int]) -> set[int]:
    """Those of these people who used it on a deal, as the newest fact about that says."""
    rows = Event.objects.filter(
        kind=Kind.OFFER_USED, lead_id__in=lead_ids, data__offer=offer_id
    ).order_by("id")
    said = {lead_id: data.get("state") for lead_id, data in rows.values_list("lead_id", "data")}
    return {lead_id for lead_id, state in said.items() if lead_id and state == "given"}


def _own_code(offer: Offer) -> str:
    if not offer.has_own_codes:
        return ""
    own = ids.code(_SIGNS).upper()
    return f"{offer.code}-{own}" if offer.code else own


def move(*, from_lead: int, to_lead: int) -> None:
    """Let the offers of a merged lead follow her; one that both got stays with its code, and is nobody's."""
    hers = OfferGrant.objects.filter(lead=to_lead).values("offer")
    theirs = OfferGrant.objects.filter(lead=from_lead)
    theirs.filter(offer__in=list(hers.values_list("offer", flat=True))).update(lead=None)
    theirs.update(lead_id=to_lead)


def personal_rows(lead: Lead) -> list[dict[str, Any]]:
    """Which offers a person was given, for her own file."""
    rows = OfferGrant.objects.filter(lead=lead).select_related("offer").order_by("given_at")
    return [{"offer": row.offer.name, "code": row.code, "given_at": row.given_at} for row in rows]


def erase(people: list[Lead]) -> None:
    """Nameless rows stay, so that the limit holds and counts do not move."""
    OfferGrant.objects.filter(lead__in=people).update(lead=None)
