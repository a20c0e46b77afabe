"""The offer that a mail names: her own code, given as her mail is written, and who is left out.

A mail gives nothing before it is written for her: looking at it shows an example. Asked twice, she has the
same code (`leadflow.offers.services`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
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
from nurturing.models import Reason

Step = Mapping[str, Any]
Values = dict[str, Any]


@dataclass(frozen=True)
class Offered:
    """What the offer of a mail says to each lead, and who gets none and why."""

    values: Mapping[int, Values] = field(default_factory=dict)
    over: Mapping[int, Reason] = field(default_factory=dict)


def give(step: Step, leads: Collection[Lead], *, key: str, at: datetime) -> Offered:
    """Give these people the offer that the mail names, in the transaction that writes their mails; who
    used it already, and for whom no code is left, stands under `over`: no mail leaves with a gap."""
    pk, programs, ids = step.get("offer"), step.get("programs") or {}, [lead.pk for lead in leads]
    if not pk or not leads:
        is_gone = _names_one(programs)  # it was deleted since
        return Offered(over=dict.fromkeys(ids, Reason.OFFER_OVER) if is_gone else {})
    offer = Offer.objects.filter(pk=pk).first()
    if offer is None or not offer.holds_at(at):
        return Offered(over=dict.fromkeys(ids, Reason.OFFER_OVER))
    if _lacks_code(offer, programs):
        return Offered(over=dict.fromkeys(ids, Reason.NO_CODE))
    used = offers.used_by(pk, ids)
    fit = [lead for lead in leads if lead.pk not in used]
    granted, said = offers.give_many(offer_id=pk, leads=fit, key=key, at=at), _said(offer)
    none_left = [lead.pk for lead in fit if lead.pk not in granted]
    return Offered(
        {lead_id: said | {"offer.code": grant.code} for lead_id, grant in granted.items()},
        dict.fromkeys(none_left, Reason.NO_CODE) | dict.fromkeys(used, Reason.OFFER_OVER),
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


def over(step: Step, moments: Mapping[int, datetime]) -> dict[int, Reason]:
    """Those of these leads whose mail, at her moment, comes after the end of its offer, or who used it,
    or for whom none is left. A limit that runs out among them is told by `Stock`."""
    pk = step.get("offer")
    if not pk or not moments:
        return {}
    offer = Offer.objects.filter(pk=pk).first()
    if offer is None:
        return dict.fromkeys(moments, Reason.OFFER_OVER)
    used = offers.used_by(pk, list(moments))
    late = {lead_id for lead_id, at in moments.items() if not offer.holds_at(at)}
    none_left: set[int] = set()
    if offer.left == 0:
        have = OfferGrant.objects.filter(offer=offer, lead__in=list(moments))
        none_left = set(moments) - set(have.values_list("lead_id", flat=True))
    return dict.fromkeys(none_left, Reason.NO_CODE) | dict.fromkeys(used | late, Reason.OFFER_OVER)


# --- How far its codes go -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stock:
    """An offer that mails name, and how many people at most would newly get it by them."""

    offer: Offer
    wanted: int

    @property
    def lacking(self) -> int:
        """For how many of them none is left."""
        return 0 if self.offer.left is None else max(self.wanted - self.offer.left, 0)


def named_by(steps: Iterable[Step]) -> list[int]:
    """The offers of these mails, each once."""
    return list(dict.fromkeys(int(step["offer"]) for step in steps if step.get("offer")))


def wanted_by(offer_ids: Iterable[int], lead_ids: Collection[int]) -> dict[int, int]:
    """How many of these people were not given each offer yet."""
    found = {}
    for pk in offer_ids:
        have = OfferGrant.objects.filter(offer=pk, lead__in=lead_ids).count()
        found[pk] = len(lead_ids) - have
    return found


def stocks(wanted: Mapping[int, int]) -> list[Stock]:
    """The offers with a limit among these, with how many would get each."""
    rows = Offer.objects.filter(pk__in=wanted, most_uses__isnull=False).order_by("name")
    return [Stock(row, wanted[row.pk]) for row in rows]


def _lacks_code(offer: Offer, programs: Mapping[str, Any]) -> bool:
    """Whether the mail would tell a code, and the offer has none to tell."""
    if offer.code or offer.has_own_codes:
        return False
    return "offer.code" in rendering.fields_of(programs)


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
        if offer is not None and offer.left == 0 and not offer.is_archived:
            told = {"n": offer.most_uses, "name": offer.name}
            sentence = _(
                "All %(n)s codes of “%(name)s” are given. Raise its limit, or choose another."
            )
            yield sentence % told
        elif offer is None or not offer.can_come(clock.now()):
            yield _("The offer is over or gone. Choose another, or none.")
        elif _lacks_code(offer, programs):
            yield _("The offer has no code, and the mail tells one. Give it one, or take it out.")
        if step.get("manual"):
            yield _("A letter that the owner sends in person carries no offer. Choose none.")
