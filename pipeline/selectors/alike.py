"""How deals ended with others like a lead or a company: the same industry, size, country, source."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from leadflow.models import Company, Lead
from leadflow.models.expressions import Percentile, Seconds
from leadflow.people.models import User
from pipeline.models import Deal, Share, StageKind

# Fewer than these say nothing.
ENOUGH = 20
# Employees, from and up to; as official statistics cut them (Eurostat), the large split once more.
BANDS = ((0, 9), (10, 49), (50, 249), (250, 999), (1_000, None))
_DAY = 24 * 60 * 60

# a loss that is nobody's does not count: duplicates, bad data
_CLOSED = Q(status__in=[StageKind.WON, StageKind.LOST]) & ~Q(lost_reason__counts=False)
_WON = Q(status=StageKind.WON)
# What a number counts; each opens its deals.
PARTS: Mapping[str, Q] = {
    "closed": Q(),
    "won": _WON,
    "amount": _WON & Q(base_amount__isnull=False),
    "cycle": _WON & Q(opened_at__isnull=False, won_at__gte=F("opened_at")),
}
Conditions = Mapping[str, Any]  # lookups on a deal that hold together


@dataclass(frozen=True, slots=True)
class Trait:
    """Something that others may share: which, its value in words, and the deals of those who do."""

    key: str  # industry, size, country, source
    value: str
    deals: Conditions


@dataclass(frozen=True, slots=True)
class Used:
    """The piece of the library that was shared on most of the deals that were won."""

    item_id: int
    title: str
    deals: int


@dataclass(frozen=True)
class Ended:
    """Closed deals of those who share something; what too few say is None."""

    shared: str
    value: str
    won: int
    closed: int
    amount: Decimal | None = None  # the median of the won, in the base currency
    amounts: int = 0
    days: float | None = None  # from opened to won, the median
    cycles: int = 0
    used: Used | None = None

    @property
    def rate(self) -> float:
        """Won of closed."""
        return self.won / self.closed


def ended_alike(about: Lead | Company) -> list[Ended]:
    """What somebody shares with enough closed deals, and how those ended; two queries at most.

    Closed are won and lost deals, without losses that are nobody's and without those of her, or of the
    company, itself. Everybody's deals count: the sums name nobody.
    """
    traits = list(traits_of(about))
    if not traits:
        return []
    sums = closed_deals(about).aggregate(
        **{name: how for one in traits for name, how in _sums(one).items()}
    )
    found = [_ended(one, sums) for one in traits if sums[f"{one.key}_closed"] >= ENOUGH]
    telling = [one.shared for one in found if one.won >= ENOUGH]
    used = _used(about, [one for one in traits if one.key in telling]) if telling else {}
    return [replace(one, used=used.get(one.shared)) for one in found]


def _sums(trait: Trait) -> dict[str, Any]:
    """Each part's number, and the two medians."""
    here = Q(**trait.deals)
    counts = {f"{trait.key}_{part}": Count("pk", filter=here & q) for part, q in PARTS.items()}
    amount = Percentile(F("base_amount"), 0.5, filter=here & PARTS["amount"])
    cycle = Percentile(Seconds(F("won_at"), F("opened_at")), 0.5, filter=here & PARTS["cycle"])
    return counts | {f"{trait.key}_median": amount, f"{trait.key}_seconds": cycle}


def _ended(trait: Trait, sums: Mapping[str, Any]) -> Ended:
    def told(name: str) -> Any:
        return sums[f"{trait.key}_{name}"]

    return Ended(
        trait.key,
        trait.value,
        won=told("won"),
        closed=told("closed"),
        amount=Decimal(str(told("median"))) if told("amount") >= ENOUGH else None,
        amounts=told("amount"),
        days=told("seconds") / _DAY if told("cycle") >= ENOUGH else None,
        cycles=told("cycle"),
    )


def closed_deals(about: Lead | Company) -> QuerySet[Deal]:
    """What counts: closed deals of others."""
    own = {"lead": about.pk} if isinstance(about, Lead) else {"company": about.pk}
    return Deal.objects.living().filter(_CLOSED).exclude(**own)


def _shared(about: Lead | Company) -> QuerySet[Share]:
    """What was shared on the won deals of others before they were won."""
    own = {"deal__lead": about.pk} if isinstance(about, Lead) else {"deal__company": about.pk}
    rows = Share.objects.filter(
        deal__deleted_at=None, deal__status=StageKind.WON, item__isnull=False
    )
    return rows.filter(at__lte=F("deal__won_at")).exclude(**own)


def _used(about: Lead | Company, traits: Sequence[Trait]) -> dict[str, Used]:
    """Per trait the piece that was on most of its won deals; one query over the pieces of the library."""
    rows: Any = _shared(about).order_by().values("item", "item__title")
    rows = rows.annotate(
        **{one.key: Count("deal", distinct=True, filter=Q(**_on_deal(one.deals))) for one in traits}
    )
    found: dict[str, Used] = {}
    for row in rows.order_by("item__title", "item"):
        for one in traits:
            n = row[one.key]
            if n and (one.key not in found or n > found[one.key].deals):
                found[one.key] = Used(row["item"], row["item__title"], n)
    return found


def _on_deal(deals: Conditions) -> dict[str, Any]:
    return {f"deal__{name}": value for name, value in deals.items()}


def behind(
    user: User, about: Lead | Company, *, shared: str, part: str, item: int | None = None
) -> tuple[Trait, QuerySet[Deal], int] | None:
    """What is shared, the deals behind a number that she may see, and how many more there are.

    None where nothing of that name is known of the lead or company.
    """
    trait = next((one for one in traits_of(about) if one.key == shared), None)
    if trait is None or part not in PARTS:
        return None
    deals = closed_deals(about).filter(PARTS[part], **trait.deals)
    if item is not None:
        deals = deals.filter(pk__in=_shared(about).filter(item=item).order_by().values("deal"))
    mine = deals.filter(pk__in=Deal.objects.visible_to(user).order_by().values("pk"))
    hidden = deals.count() - mine.count()
    return trait, mine.select_related("company", "owner", "stage"), hidden


def traits_of(about: Lead | Company) -> Iterator[Trait]:
    """What is known of a lead, or of a company, that others may share."""
    lead, company = (about, about.company) if isinstance(about, Lead) else (None, about)
    if company and company.industry:
        yield Trait("industry", company.industry, {"company__industry__iexact": company.industry})
    if company and (band := band_of(company)):
        low, high = band
        upper = {"company__size__lte": high} if high else {}
        words = f"{low}–{high}" if high else f"{low}+"
        yield Trait("size", words, {"company__size__gte": low, **upper})
    country = (company.country if company else "") or (lead.country if lead else "")
    if country:
        yield Trait("country", country, {"company__country": country})
    if lead and lead.source_id and lead.source:
        yield Trait("source", lead.source.name, {"lead__source": lead.source_id})


def band_of(company: Company) -> tuple[int, int | None] | None:
    """The size class of a company; None where its size is not known."""
    size = company.size
    if size is None:
        return None
    return next((low, high) for low, high in BANDS if high is None or size <= high)
