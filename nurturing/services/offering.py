"""The offer that a mail names: her own code, given as her mail is written, and who is left out.

A mail gives nothing before it is written for her: looking at it shows an example. Asked twice, she has the
same code (`leadflow.offers.services`).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from leadflow.kit import clock
from leadflow.mail.design import rendering
from leadflow.mail.merge_fields import passed
from leadflow.models import Lead, Organisation
from leadflow.offers import services as offers
from leadflow.offers.models import Offer, OfferGrant

Step = Mapping[str, Any]
Values = dict[str, Any]


@dataclass(frozen=True)
class Offered:
    """What the offer of a mail says to each lead, and who gets none."""

    values: Mapping[int, Values] = field(default_factory=dict)
    over: frozenset[int] = frozenset()


def give(step: Step, leads: Collection[Lead], *, key: str, at: datetime) -> Offered:
    """Give these people the offer that the mail names, in the transaction that writes their mails; who
    used it already, and for whom none is left, stands under `over`."""
    pk = step.get("offer")
    if not pk or not leads:
        is_gone = _names_one(step.get("programs") or {})  # it was deleted since: no mail with a gap
        return Offered(over=frozenset(lead.pk for lead in leads) if is_gone else frozenset())
    used = offers.used_by(pk, [lead.pk for lead in leads])
    fit = [lead for lead in leads if lead.pk not in used]
    offer = Offer.objects.filter(pk=pk).first()
    if offer is None or not offer.holds_at(at):
        return Offered(over=frozenset(lead.pk for lead in leads))
    granted, said = offers.give_many(offer_id=pk, leads=fit, key=key, at=at), _said(offer)
    return Offered(
        {lead_id: said | {"offer.code": grant.code} for lead_id, grant in granted.items()},
        frozenset(lead.pk for lead in leads if lead.pk not in granted),
    )


def shown(step: Step, lead: Lead) -> Values:
    """What a look at the mail shows: her code where she has one, else an example. Gives nothing."""
    pk = step.get("offer")
    offer = Offer.objects.filter(pk=pk).first() if pk else None
    if offer is None:
        return dict(passed())
    known = OfferGrant.objects.filter(offer=offer, lead=lead).select_related("offer").first()
    return _said(offer) | ({"offer.code": known.code} if known else {})


def _said(offer: Offer) -> Values:
    """What it says to everybody, with an example where each has a code of her own."""
    example = f"{offer.code}-EXAMPLE" if offer.code else "EXAMPLE"
    return {
        "offer.name": offer.name,
        "offer.text": offer.text,
        "offer.code": example if offer.has_own_codes else offer.code,
        "offer.ends_on": _last_day(offer),
    }


def _last_day(offer: Offer) -> date | None:
    """The last day on which it holds, by the organisation's clock: midnight ends the day before."""
    if offer.ends_at is None:
        return None
    zone = ZoneInfo(Organisation.current().time_zone or "UTC")
    return (offer.ends_at - timedelta(seconds=1)).astimezone(zone).date()


def over(step: Step, moments: Mapping[int, datetime]) -> set[int]:
    """Those of these leads whose mail, at her moment, comes after the end of its offer, or who used it,
    or for whom none is left. A limit that runs out among them shows when the mails are written."""
    pk = step.get("offer")
    if not pk or not moments:
        return set()
    offer = Offer.objects.filter(pk=pk).first()
    if offer is None:
        return set(moments)
    used = offers.used_by(pk, list(moments))
    late = {lead_id for lead_id, at in moments.items() if not offer.holds_at(at)}
    none_left: set[int] = set()
    if offer.left == 0:
        have = OfferGrant.objects.filter(offer=offer, lead__in=list(moments))
        none_left = set(moments) - set(have.values_list("lead_id", flat=True))
    return used | late | none_left


def _names_one(programs: Mapping[str, Any]) -> bool:
    return any(path in passed() for path in rendering.fields_of(programs))


def choices(chosen: int | None) -> list[tuple[int, str]]:
    """The offers that can still come, and the one that is chosen."""
    at = clock.now()
    rows = Offer.objects.order_by("name")[:1_000]
    return [(row.pk, row.name) for row in rows if row.can_come(at) or row.pk == chosen]


def problems(step: Step, programs: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the offer of a mail."""
    pk = step.get("offer")
    if _names_one(programs) and not pk:
        yield _("The mail names an offer. Choose which one.")
    if pk:
        offer = Offer.objects.filter(pk=pk).first()
        if offer is None or not offer.can_come(clock.now()):
            yield _("The offer is over or gone. Choose another, or none.")
        if step.get("manual"):
            yield _("A letter that the owner sends in person carries no offer. Choose none.")
