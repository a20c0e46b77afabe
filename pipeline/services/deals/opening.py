"""Opening deals: one by hand or from a lead, many from a file."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record_many
from leadflow.kit import clock, text
from leadflow.models import Company, Customer, Lead, Origin
from leadflow.models.copying import copy_in, copy_values
from leadflow.people.models import Membership, User
from leadflow.services import customers
from leadflow.services.company_trash import DEALT, bring_back
from pipeline import rules
from pipeline.models import Billing, Deal, DealLine, LostReason, PipelineStage, Product, StageKind
from pipeline.services import rivals, totals
from pipeline.services.deals.locking import raise_boards
from pipeline.services.deals.placing import last_in, rank_in
from pipeline.services.deals.telling import told
from pipeline.services.rates import Rates


@dataclass(frozen=True, kw_only=True)
class LineIn:
    """A line as somebody typed it or a file brought it."""

    product: Product | None = None
    text: str = ""
    quantity: Decimal = Decimal(1)
    price: Decimal
    discount: Decimal = Decimal(0)
    billing: str = Billing.ONCE
    term_months: int | None = None
    tax: Decimal | None = None

    @property
    def term(self) -> int | None:
        """In months: none for what is paid once; else what was said, or is usual, or a year."""
        if self.billing == Billing.ONCE:
            return None
        usual = self.product.term_months if self.product else None
        return self.term_months or usual or 12

    def counted(self) -> rules.Line:
        """As the rules count it."""
        return rules.Line(
            self.quantity, self.price, self.discount, self.billing, self.term or 0,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What is known of a deal when it is opened.

    Without `opened_at` it opens now, unless `is_dated` is off (a file that has no date for it). A won
    or lost `stage` takes the deal in as closed at `closed_at`.
    """

    name: str
    stage: PipelineStage
    lead: Lead | None = None
    company: Company | None = None
    owner: User | None = None
    amount: Decimal | None = None
    currency: str = ""
    kind: str = ""
    expected_close_on: date | None = None
    need: str = ""
    opened_at: datetime | None = None
    is_dated: bool = True
    qualified_at: datetime | None = None
    closed_at: datetime | None = None
    lost_reason: LostReason | None = None
    competitor: str = ""
    external: tuple[str, str] | None = None
    custom: dict[str, Any] = field(default_factory=dict)
    lines: Sequence[LineIn] = ()


@dataclass(frozen=True)
class Opened:
    """What became of one opening: the deal, and whether it was made or known by its external id."""

    deal: Deal
    created: bool


def open(
    opening: Opening, *, by: User | None, at: datetime | None = None, origin: str = Origin.LIVE
) -> Deal:
    """Open one deal, at the top of its column. Raises Invalid for values that cannot be taken."""
    return open_many([opening], by=by, at=at, origin=origin, on_top=True)[0].deal


@transaction.atomic
def open_many(
    openings: Sequence[Opening],
    *,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
    on_top: bool = False,
) -> list[Opened]:
    """Open deals, in order. One whose external id is known is given back as it stands.

    Records `deal.opened` each, and `deal.won` or `deal.lost` for those that came closed; a won one
    starts its customer. Raises Invalid naming the field for a value that cannot be taken.
    """
    at = at or clock.now()
    raise_boards({opening.stage.pipeline_id for opening in openings})
    known = _known(openings)
    fresh = [one for one in openings if not one.external or one.external not in known]
    with_whom = [one.company for one in fresh if one.company]
    bring_back(with_whom, reason=DEALT, origin=origin, at=at, by=by)
    deals = _made(fresh, at, origin)
    _rank(deals, on_top)
    _check(deals)
    if on_top:
        Deal.objects.bulk_create(deals)
    else:
        copy_in(deals)
    _add_lines(fresh, deals)
    totals.apply({}, totals.shares(deals))
    rivals.lost_to([deal for deal in deals if deal.status == StageKind.LOST], by=by, at=at)
    _record(deals, by, at, origin)
    _start_customers(deals, by, at, origin)
    made = iter(deals)
    found = [known.get(one.external) if one.external else None for one in openings]
    return [Opened(deal or next(made), deal is None) for deal in found]


def _known(openings: Sequence[Opening]) -> dict[tuple[str, str], Deal]:
    wanted = {one.external for one in openings if one.external}
    rows = Deal.objects.filter(
        external_system__in={system for system, _id in wanted},
        external_id__in={key for _system, key in wanted},
    )
    return {(deal.external_system, deal.external_id): deal for deal in rows}


def _made(openings: Sequence[Opening], at: datetime, origin: str) -> list[Deal]:
    rates = Rates()
    owners = {one.owner.pk for one in openings if one.owner}
    teams = first_teams(owners)
    buyers = _who_bought_before(openings)
    deals = []
    for one in openings:
        deal = _deal(one, at, origin)
        deal.team_id = teams.get(deal.owner_id or 0)
        deal.kind = one.kind or (Deal.Kind.EXPANSION if _buyer(deal) in buyers else Deal.Kind.NEW)
        rates.price(deal, one.closed_at or deal.opened_at or at)
        deals.append(deal)
    return deals


def _deal(one: Opening, at: datetime, origin: str) -> Deal:
    name = text.one_line(one.name)[:200]
    opened_at = one.opened_at or (at if one.is_dated else None)
    status = one.stage.kind
    closed_at = one.closed_at or (at if one.is_dated else None)
    system, key = one.external or ("", "")
    priced = round(rules.total_of([line.counted() for line in one.lines]), 4)
    follows = bool(one.lines) and one.amount is None
    return Deal(
        name=name,
        lead=one.lead,
        company=one.company,
        owner=one.owner,
        custom=dict(one.custom),
        pipeline_id=one.stage.pipeline_id,
        stage=one.stage,
        status=status,
        amount=priced if follows else one.amount,
        follows_lines=follows,
        currency=one.currency,
        expected_close_on=one.expected_close_on,
        need=text.one_line(one.need)[:300],
        opened_at=opened_at,
        qualified_at=one.qualified_at or (at if origin == Origin.LIVE else None),
        stage_since=(closed_at if status != StageKind.OPEN else opened_at) or at,
        won_at=closed_at if status == StageKind.WON else None,
        lost_at=closed_at if status == StageKind.LOST else None,
        first_closed_at=closed_at if status != StageKind.OPEN else None,
        lost_reason=one.lost_reason,
        competitor=one.competitor,
        origin=origin,
        external_system=system,
        external_id=key,
        search_text=search_text_of(name, one.company, one.lead),
        created_at=at,
    )


def search_text_of(name: str, company: Company | None, lead: Lead | None) -> str:
    """What search compares for a deal."""
    return text.search_text(name, company.name if company else "", lead.name if lead else "")


def first_teams(user_ids: set[int]) -> dict[int, int]:
    """The team of each that their deals are counted in, by person."""
    rows = (
        Membership.objects.filter(user__in=user_ids).order_by("user_id", "pk").distinct("user_id")
    )
    return dict(rows.values_list("user_id", "team_id"))


Buyer = tuple[str, int | None]


def _buyer(deal: Deal) -> Buyer:
    return ("company", deal.company_id) if deal.company_id else ("lead", deal.lead_id)


def _who_bought_before(openings: Sequence[Opening]) -> set[Buyer]:
    companies = {one.company.pk for one in openings if one.company}
    leads = {one.lead.pk for one in openings if one.lead}
    rows = Customer.objects.filter(reverted_at=None)
    of_companies = rows.filter(company__in=companies).values_list("company_id", flat=True)
    of_leads = rows.filter(lead__in=leads).values_list("lead_id", flat=True)
    return {("company", pk) for pk in of_companies} | {("lead", pk) for pk in of_leads}


def _rank(deals: list[Deal], on_top: bool) -> None:
    """Many go to the foot of their columns in order; one by hand goes to the top, where it is seen."""
    by_stage: dict[PipelineStage, list[Deal]] = {}
    for deal in deals:
        by_stage.setdefault(deal.stage, []).append(deal)
    for stage, column in by_stage.items():
        ranks = [rank_in(stage)] if on_top else rules.following(last_in(stage), len(column))
        for deal, rank in zip(column, ranks, strict=True):
            deal.rank = rank


# what people and files write; the rest this module puts there itself
_CHECKED = {"name", "amount", "base_amount", "currency", "custom", "competitor", "external_system",
            "external_id", "expected_close_on", "kind", "need"}  # fmt: skip
_UNCHECKED = [field.name for field in Deal._meta.fields if field.name not in _CHECKED]


def _check(deals: list[Deal]) -> None:
    for deal in deals:
        try:
            deal.clean_fields(exclude=_UNCHECKED)
        except ValidationError as error:
            raise Invalid(_("Some values cannot be taken."), error.message_dict) from error


def _add_lines(openings: Sequence[Opening], deals: list[Deal]) -> None:
    copy_values(
        DealLine,
        (
            "deal_id", "product_id", "text", "quantity", "price", "discount", "billing",
            "term_months", "tax", "position",
        ),
        (
            (
                deal.pk, line.product.pk if line.product else None, line.text, line.quantity,
                line.price, line.discount, line.billing, line.term, line.tax, position,
            )
            for one, deal in zip(openings, deals, strict=True)
            for position, line in enumerate(one.lines)
        ),
    )  # fmt: skip


def _record(deals: list[Deal], by: User | None, at: datetime, origin: str) -> None:
    won = [(deal, deal.won_at) for deal in deals if deal.status == StageKind.WON]
    lost = [(deal, deal.lost_at) for deal in deals if deal.status == StageKind.LOST]
    opened = [(deal, deal.opened_at) for deal in deals]
    for kind, facts in (
        (Kind.DEAL_OPENED, opened), (Kind.DEAL_WON, won), (Kind.DEAL_LOST, lost),
    ):  # fmt: skip
        record_many(
            kind,
            [deal.lead_id for deal, _when in facts],
            by=by,
            subjects=[deal for deal, _when in facts],
            data=[told(deal, undated=when is None) for deal, when in facts],
            at=[when or at for _deal, when in facts],
            origin=origin,
        )


def _companies_that_bought(deals: list[Deal]) -> dict[Buyer, datetime]:
    """Since when: a later deal without a person tells nothing new of them."""
    ids = {deal.company_id for deal in deals if deal.lead is None}
    rows = Customer.objects.filter(reverted_at=None, company__in=ids - {None})
    return {("company", pk): since for pk, since in rows.values_list("company_id", "started_at")}


def _start_customers(deals: list[Deal], by: User | None, at: datetime, origin: str) -> None:
    """Once per buyer, by her first won deal."""
    won = [deal for deal in deals if deal.status == StageKind.WON]
    known = _companies_that_bought(won)
    firsts: dict[Buyer, Deal] = {}
    for deal in sorted(won, key=lambda one: one.won_at or at):
        firsts.setdefault(_buyer(deal), deal)
    for buyer, deal in firsts.items():
        won_at = deal.won_at or at
        if deal.lead or buyer not in known or won_at < known[buyer]:
            customers.start(
                lead=deal.lead, company=deal.company, won_by=deal.ref, by=by, at=won_at,
                origin=origin,
            )  # fmt: skip
