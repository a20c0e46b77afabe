"""Negotiating: what is conceded and which offers are used, never beyond what somebody agreed to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.approvals import services as approvals
from leadflow.approvals.models import Approval
from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock, text
from leadflow.models import Organisation, Origin
from leadflow.offers import services as offers
from leadflow.offers.models import Offer
from leadflow.people.models import User
from pipeline.models import Concession, Deal, DealOffer, DiscountLimit, Given, Pipeline
from pipeline.selectors import negotiation as reading

Subject = Concession.Subject


@dataclass(frozen=True, kw_only=True)
class Terms:
    """One point of a negotiation as somebody tells it."""

    subject: str
    asked: str
    given: str = ""
    got: str = ""
    worth: Decimal | None = None
    state: str = Given.ASKED


@transaction.atomic
def note(
    deal: Deal,
    *,
    terms: Terms,
    by: User,
    reason: str = "",
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Concession:
    """Write down what a customer asks, and what is given. Records `concession.noted`.

    What goes beyond the free discount waits for a yes, which is asked for at once. Raises Invalid for
    something given that nobody says, Conflict for a closed deal.
    """
    at = at or clock.now()
    locked = _open_deal(deal)
    same = Concession.objects.filter(
        deal=locked, subject=terms.subject, asked=text.one_line(terms.asked)[:300]
    )
    if known := same.filter(by=by, at__gt=at - approvals.TWICE, at__lte=at).first():
        return known
    row = Concession(deal=locked, by=by, at=at, origin=origin)
    return _settle(row, terms, by, reason, at)


@transaction.atomic
def change(
    concession: Concession,
    *,
    terms: Terms,
    by: User,
    reason: str = "",
    at: datetime | None = None,
) -> Concession:
    """Say more of a point: given, not given, worth another amount. As `note`."""
    at = at or clock.now()
    locked = _open_deal(concession.deal)
    row = Concession.objects.select_for_update(of=("self",)).get(pk=concession.pk)
    row.deal = locked
    return _settle(row, terms, by, reason, at)


def _open_deal(deal: Deal) -> Deal:
    """Its row: two who give away at once are counted one after the other."""
    locked = Deal.objects.select_for_update(no_key=True, of=("self",)).get(pk=deal.pk)
    if not locked.is_open:
        raise Conflict(_("This deal is closed. Open it again first."))
    return locked


def _settle(row: Concession, terms: Terms, by: User, reason: str, at: datetime) -> Concession:
    _check(terms)
    before = row.state if row.pk else ""
    row.subject, row.worth = terms.subject, terms.worth
    for name in ("asked", "given", "got"):
        setattr(row, name, text.one_line(getattr(terms, name))[:300])
    row.state = terms.state
    row.settled_at = at if terms.state in (Given.GIVEN, Given.REFUSED) else None
    if terms.state in (Given.GIVEN, Given.WAITING):
        row.state, row.settled_at = Given.ASKED, None  # not given until it was weighed
        row.save()
        one = with_more(reading.standing(row.deal, by), row.subject, row.worth)
        row.state = Given.GIVEN if one.is_within else Given.WAITING
        row.settled_at = at if one.is_within else None
        if not one.is_within:
            _ask(row, one, Approval.Kind.CONCESSION, row.given or row.asked, by, reason, at)
    row.save()
    if row.state != Given.WAITING:
        approvals.withdraw(reading.ref(row), at=at)
    if before != row.state:
        _record(Kind.CONCESSION_NOTED, row, row.get_subject_display(), by, at, concession=row.pk)
    return row


def _check(terms: Terms) -> None:
    wrong: dict[str, list[str]] = {}
    if not terms.asked.strip():
        wrong["asked"] = [_("Say what they ask.")]
    if terms.state in (Given.GIVEN, Given.WAITING):
        if not terms.given.strip():
            wrong["given"] = [_("Say what you give.")]
        if terms.subject == Subject.PRICE and terms.worth is None:
            wrong["worth"] = [_("Say how much comes off.")]
    if wrong:
        raise Invalid(_("Look at what is given."), wrong)


def with_more(one: reading.Standing, subject: str, worth: Decimal | None) -> reading.Standing:
    """How far it would have gone with this given as well."""
    if subject == Subject.PRICE:
        return replace(one, on_price=one.on_price + (worth or 0))
    return replace(one, besides=one.besides + (worth or 0))


def _ask(
    row: Concession | DealOffer,
    one: reading.Standing,
    kind: Approval.Kind,
    what: str,
    by: User,
    reason: str,
    at: datetime,
) -> None:
    deal = row.deal
    told = {"what": what[:160], "deal": deal.name, "given": one.percent}
    approvals.ask(
        kind=kind,
        reference=reading.ref(row),
        url=deal.get_absolute_url(),
        sentence=_("%(what)s on %(deal)s: %(given)s %% given away in all") % told,
        amount=one.percent,
        limit=one.limit or Decimal(0),
        owner=deal.owner,
        team=deal.team,
        by=by,
        reason=reason,
        at=at,
        origin=row.origin,
    )


# --- offers ---------------------------------------------------------------------------------------


@transaction.atomic
def use_offer(
    deal: Deal,
    *,
    offer: Offer,
    by: User,
    reason: str = "",
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> DealOffer:
    """Use an offer on a deal: its person gets the code, and it counts against the limit of the offer.

    One that has ended, or that gives away more than is free, waits for a yes. Twice is once. Records
    `offer.used`. Raises Conflict where none is left or it cannot be used here.
    """
    at = at or clock.now()
    locked = _open_deal(deal)
    known = DealOffer.objects.filter(deal=locked, offer=offer).exclude(state=Given.REFUSED).first()
    if known is not None:
        return known
    worth = worth_of(offer, locked)
    row = DealOffer(deal=locked, offer=offer, worth=worth, by=by, at=at, origin=origin)
    one = with_more(reading.standing(locked, by), Subject.PRICE, worth)
    if one.is_within and offer.holds_at(at):
        _hand_out(row, at)
        row.save()
    else:
        row.state = Given.WAITING
        row.save()
        _ask(row, one, Approval.Kind.OFFER, _offered(offer, at), by, reason, at)
    _record(Kind.OFFER_USED, row, offer.name, by, at, offer=offer.pk)
    return row


def _offered(offer: Offer, at: datetime) -> str:
    ended = offer.ends_at is not None and offer.ends_at <= at
    return _("Offer %s, which has ended,") % offer.name if ended else _("Offer %s") % offer.name


def worth_of(offer: Offer, deal: Deal) -> Decimal | None:
    """What an offer takes off a deal, in its currency; None for a bonus. Raises Conflict for an amount
    in another currency."""
    if offer.value is None or offer.kind == Offer.Kind.BONUS:
        return None
    if offer.kind == Offer.Kind.PERCENT:
        full = reading.standing(deal, None).full
        return (full * offer.value / 100).quantize(Decimal("0.01"))
    base = Organisation.current().base_currency
    if deal.currency != base:
        raise Conflict(_("This offer is an amount in %s, the deal is not.") % base)
    return offer.value


def _hand_out(row: DealOffer, at: datetime, *, after_end: bool = False) -> None:
    """Give the code. Raises Conflict where all are given."""
    grant = offers.give(
        offer_id=row.offer_id, lead=row.deal.lead, key=f"deal:{row.deal_id}", at=at,
        origin=row.origin, after_end=after_end,
    )  # fmt: skip
    if grant is None:
        raise Conflict(_("None of this offer is left."))
    row.state, row.code = Given.GIVEN, grant.code


@transaction.atomic
def drop_offer(row: DealOffer, *, by: User, at: datetime | None = None) -> DealOffer:
    """Take an offer off a deal; the code that was given stays given. Again is nothing."""
    at = at or clock.now()
    _open_deal(row.deal)
    row = DealOffer.objects.select_for_update(of=("self",)).select_related("deal", "offer").get(pk=row.pk)  # fmt: skip
    if row.state != Given.REFUSED:
        row.state = Given.REFUSED
        row.save(update_fields=["state"])
        approvals.withdraw(reading.ref(row), at=at)
        _record(Kind.OFFER_USED, row, row.offer.name, by, at, offer=row.offer_id)
    return row


# --- the answer -----------------------------------------------------------------------------------


@transaction.atomic
def follow_decision(approval: Approval) -> None:
    """Give what a manager agreed to, or not; what was changed since stays as it is."""
    kind, _colon, number = approval.reference.partition(":")
    is_yes = approval.state == Approval.State.APPROVED
    at = approval.decided_at or clock.now()
    if kind == "concession":
        rows = Concession.objects.select_for_update(of=("self",)).select_related("deal")
        row = rows.filter(pk=number, state=Given.WAITING).first()
        if row is not None:
            row.state, row.settled_at = Given.GIVEN if is_yes else Given.REFUSED, at
            row.save(update_fields=["state", "settled_at"])
            _record(
                Kind.CONCESSION_NOTED, row, row.get_subject_display(), approval.decided_by, at,
                concession=row.pk,
            )  # fmt: skip
    elif kind == "deal-offer":
        used = DealOffer.objects.select_for_update(of=("self",)).select_related("deal__lead", "offer")  # fmt: skip
        one = used.filter(pk=number, state=Given.WAITING).first()
        if one is not None:
            _answer_offer(one, approval, is_yes, at)


def _answer_offer(one: DealOffer, approval: Approval, is_yes: bool, at: datetime) -> None:
    one.state = Given.REFUSED
    if is_yes and (one.offer.left != 0 or _has_it(one)):
        _hand_out(one, at, after_end=True)
    one.save(update_fields=["state", "code"])
    _record(Kind.OFFER_USED, one, one.offer.name, approval.decided_by, at, offer=one.offer_id)


def _has_it(one: DealOffer) -> bool:
    """Whether its person was given it before, so that the last one being gone is no matter."""
    return bool(one.deal.lead_id) and one.offer.grants.filter(lead=one.deal.lead_id).exists()


def _record(
    kind: Kind,
    row: Concession | DealOffer,
    title: str,
    by: User | None,
    at: datetime,
    **more: int,
) -> None:
    deal = row.deal
    data = {
        "title": title, "state": row.state, "deal": deal.pk,
        "amount": None if row.worth is None else str(row.worth), "currency": deal.currency, **more,
    }  # fmt: skip
    record(kind, lead_id=deal.lead_id, by=by, subject=deal, data=data, at=at, origin=row.origin)


# --- limits ---------------------------------------------------------------------------------------


@transaction.atomic
def set_limits(wanted: Mapping[tuple[int, str], Decimal | None], *, by: User) -> int:
    """Say how much each role may give in each pipeline (0: in each); how many changed, each on record."""
    known, names = reading.limits(), dict(Pipeline.objects.values_list("pk", "name"))
    changed = 0
    for (pipeline, role), percent in wanted.items():
        before = known.get((pipeline, role))
        if before == percent:
            continue
        changed += 1
        rows = DiscountLimit.objects.filter(pipeline=pipeline or None, role=role)
        if percent is None:
            rows.delete()
        else:
            where = Pipeline.objects.filter(pk=pipeline).first()
            rows.update_or_create(pipeline=where, role=role, defaults={"percent": percent})
        told = {
            "name": _("Free discount, %(role)s, %(where)s")
            % {"role": role, "where": names.get(pipeline) or _("every pipeline")},
            "from": None if before is None else str(before),
            "to": None if percent is None else str(percent),
        }
        record(Kind.SETTING_CHANGED, by=by, data=told)
    return changed
