"""How far a negotiation has gone: what was given away of a deal, and what may be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import F, Max, Q, QuerySet

from leadflow.approvals.models import Approval
from leadflow.kit import clock
from leadflow.models import Organisation
from leadflow.offers.models import Offer
from leadflow.people.models import Role, User
from pipeline import rules
from pipeline.models import (
    Concession,
    Deal,
    DealLine,
    DealOffer,
    DiscountLimit,
    Given,
    Pipeline,
    Quote,
)

_CENT = Decimal("0.01")


def limit_for(pipeline: Pipeline, user: User | None) -> Decimal | None:
    """How many per cent she may give in this pipeline without a yes; None means no end."""
    if user is not None:
        rows = DiscountLimit.objects.filter(Q(pipeline=pipeline) | Q(pipeline=None), role=user.role)
        # the row of the pipeline before that of all
        row = rows.order_by(F("pipeline_id").asc(nulls_last=True)).first()
        if row is not None:
            return row.percent
    return Organisation.current().free_discount


@dataclass(frozen=True)
class Standing:
    """What was given away of a deal so far, in its currency and in per cent of the full price.

    The lines of the deal and the log tell of the same price, so the larger of the two counts; what is
    worth something besides the price is added.
    """

    full: Decimal
    on_lines: Decimal = Decimal(0)
    on_price: Decimal = Decimal(0)
    besides: Decimal = Decimal(0)
    limit: Decimal | None = None
    approved: Decimal | None = None
    waiting: Sequence[Approval] = field(default_factory=tuple)

    @property
    def given(self) -> Decimal:
        """All that was given away."""
        return max(self.on_lines, self.on_price) + self.besides

    @property
    def percent(self) -> Decimal:
        """Of the full price; nothing given of an unknown price is 0, anything of it is all."""
        if not self.full:
            return Decimal(100 if self.given else 0)
        return (self.given * 100 / self.full).quantize(_CENT)

    @property
    def most(self) -> Decimal | None:
        """The highest that may be given as things are; None means no end."""
        return None if self.limit is None else max(self.limit, self.approved or self.limit)

    @property
    def is_within(self) -> bool:
        """Whether nobody has to be asked."""
        return self.most is None or self.percent <= self.most


def standing(deal: Deal, user: User | None) -> Standing:
    """How far the negotiation of a deal has gone, against what this person may give."""
    lines = [_line(line, deal.currency) for line in deal.lines.select_related("product")]
    full = sum((line.full for line in lines), Decimal(0))
    net = sum((line.exact for line in lines), Decimal(0))
    said = list(Concession.objects.filter(deal=deal, state=Given.GIVEN))
    used = list(DealOffer.objects.filter(deal=deal, state=Given.GIVEN))
    price = [one.worth for one in said if one.subject == Concession.Subject.PRICE]
    besides = [one.worth for one in said if one.subject != Concession.Subject.PRICE]
    asked = Approval.objects.filter(reference__in=references(deal))
    return Standing(
        full=full or deal.amount or Decimal(0),
        on_lines=full - net,
        on_price=_sum([*price, *(one.worth for one in used)]),
        besides=_sum(besides),
        limit=limit_for(deal.pipeline, user),
        approved=asked.approved().aggregate(most=Max("amount"))["most"],
        waiting=tuple(asked.waiting(clock.now())),
    )


def _line(line: DealLine, currency: str) -> rules.QuoteLine:
    product = line.product
    listed = product.price if product and product.currency == currency else None
    return rules.QuoteLine(
        text="", quantity=line.quantity, price=line.price, discount=line.discount,
        list_price=listed, billing=line.billing, term=line.term_months or 0,
    )  # fmt: skip


def _sum(values: Iterable[Decimal | None]) -> Decimal:
    return sum((value for value in values if value), Decimal(0))


def ref(row: Concession | DealOffer) -> str:
    """How an approval names what was asked for."""
    return f"concession:{row.pk}" if isinstance(row, Concession) else f"deal-offer:{row.pk}"


def references(deal: Deal) -> list[str]:
    """Everything of a deal for which a yes may have been asked."""
    rows = (("quote", Quote), ("concession", Concession), ("deal-offer", DealOffer))
    return [
        f"{name}:{pk}"
        for name, model in rows
        for pk in model._default_manager.filter(deal=deal).values_list("pk", flat=True)
    ]


def concessions_of(deal: Deal) -> list[Concession]:
    """The log of a deal, the newest first."""
    return list(Concession.objects.filter(deal=deal).select_related("by"))


def offers_of(deal: Deal) -> list[DealOffer]:
    """What was used on a deal, the newest first."""
    return list(DealOffer.objects.filter(deal=deal).select_related("by", "offer"))


def usable(deal: Deal) -> QuerySet[Offer]:
    """Offers that may be used on a deal: begun, not put away, and not on it; an ended one needs a yes."""
    there = DealOffer.objects.filter(deal=deal).exclude(state=Given.REFUSED).values("offer")
    begun = Q(starts_at=None) | Q(starts_at__lte=clock.now())
    return Offer.objects.filter(begun, is_archived=False).exclude(pk__in=there).order_by("name")


ROLES = (Role.REP, Role.MANAGER, Role.ADMIN)


def limits() -> dict[tuple[int, str], Decimal]:
    """Every limit by pipeline (0: each) and role."""
    return {(row.pipeline_id or 0, row.role): row.percent for row in DiscountLimit.objects.all()}


def ending(user: User, first: datetime, last: datetime) -> QuerySet[DealOffer]:
    """Offers given on her own open deals that end in [first, last), the first to end first."""
    mine = Deal.objects.visible_to(user).open().filter(owner=user)
    rows = DealOffer.objects.filter(
        state=Given.GIVEN, deal__in=mine, offer__ends_at__gte=first, offer__ends_at__lt=last
    )
    return rows.select_related("offer", "deal__lead__company", "deal__lead__score").order_by(
        "offer__ends_at", "pk"
    )
