"""The library as sales uses it: what fits, what was shared, and what the deals came to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from leadflow.assets import files
from leadflow.assets.models import ContentItem, Grant, ShortLink
from leadflow.assets.models.content import INTERNAL
from leadflow.events.kinds import Kind
from leadflow.models import Lead
from leadflow.people.models import User
from leadflow.services import hosts
from pipeline.models import Deal, Objection, ObjectionAnswer, ObjectionKind, Share
from pipeline.selectors import outcomes
from pipeline.selectors.alike import ENOUGH

WINDOW = timedelta(days=365)
PARTS: Mapping[str, Q] = {
    "shared": Q(),
    "opened": Q(opened_at__isnull=False),
    **outcomes.PARTS,
}


@dataclass(frozen=True)
class Usage:
    """How often an item was shared and opened, and how the deals ended on which it was."""

    shared: int = 0
    opened: int = 0
    closed: int = 0
    won: int = 0

    @property
    def win_rate(self) -> float | None:
        """Won of closed deals; None while there are too few to say a word."""
        return self.won / self.closed if self.closed >= ENOUGH else None


def counted(at: datetime) -> QuerySet[Share]:
    """What the numbers are made of: the last year's shares, on what is still there."""
    return Share.objects.filter(outcomes.THERE, at__gt=at - WINDOW, at__lte=at)


def usage(at: datetime) -> dict[int, Usage]:
    """How each item did, in one statement; everybody's shares count."""
    rows: Any = (
        counted(at).exclude(item=None).order_by().values("item").annotate(**outcomes.counts(PARTS))
    )
    return {row["item"]: Usage(**{name: row[name] for name in PARTS}) for row in rows}


def behind(user: User, at: datetime, *, item: int, part: str) -> tuple[QuerySet[Any], int]:
    """The rows behind a number that she may see, and how many more there are."""
    rows = counted(at).filter(PARTS[part], item=item)
    if part in outcomes.OF_DEALS:
        return outcomes.deals_behind(rows, user)
    hers = rows.filter(pk__in=Share.objects.visible_to(user).order_by().values("pk"))
    return hers.select_related("deal", "lead", "by"), rows.count() - hers.count()


def items() -> QuerySet[ContentItem]:
    """What is in use, with the objections that it answers."""
    return ContentItem.objects.filter(is_archived=False)


def objections_of(found: list[ContentItem]) -> dict[int, list[str]]:
    """Which objections each item helps to answer, by the playbook."""
    rows = ObjectionAnswer.objects.filter(item__in=found, is_active=True)
    said: dict[int, list[str]] = {}
    for item, name in rows.order_by("kind__position").values_list("item", "kind__name").distinct():
        if item is not None:
            said.setdefault(item, []).append(name)
    return said


def answering(kinds: list[str]) -> Q:
    """The condition on items that answer one of these objections."""
    rows = ObjectionAnswer.objects.filter(kind__in=[int(one) for one in kinds if one.isdecimal()])
    return Q(pk__in=rows.exclude(item=None).values("item"))


def kinds() -> list[tuple[str, str]]:
    """The objections to narrow by."""
    return [(str(one.pk), one.name) for one in ObjectionKind.objects.filter(is_active=True)]


def to_share() -> QuerySet[ContentItem]:
    """What may be given to customers: an address or a file, and not for our own people alone."""
    has = ~Q(url="") | Q(files__is_archived=False, files__live__isnull=False)
    return items().exclude(kind__in=INTERNAL).filter(has).distinct().order_by("title")


def fitting(on: Deal | Lead) -> set[int]:
    """The items that answer what was said against buying and is not resolved."""
    about = Q(deal=on) if isinstance(on, Deal) else Q(lead=on) | Q(deal__lead=on)
    said = Objection.objects.filter(about).exclude(state=Objection.State.RESOLVED)
    rows = ObjectionAnswer.objects.filter(kind__in=said.values("kind"), is_active=True)
    return {pk for pk in rows.values_list("item", flat=True) if pk}


@dataclass(frozen=True)
class Shown:
    """A share with its link, where it still holds."""

    share: Share
    url: str
    holds: bool


def _shown(rows: QuerySet[Share], at: datetime) -> list[Shown]:
    found = []
    for row in rows.select_related("item", "link", "grant__file", "by", "deal", "lead")[:50]:
        url = ""
        if row.link is not None:
            url = f"{hosts.base_url()}{row.link.path}"
        elif row.grant is not None:
            url = files.link(row.grant, at=row.at)
        found.append(Shown(row, url, row.expires_at > at))
    return found


def of_deal(deal: Deal, at: datetime) -> list[Shown]:
    """What was shared on a deal, and with its person before, the newest first."""
    return _shown(Share.objects.filter(outcomes.on_deal(deal)), at)


def of_lead(lead: Lead, user: User, at: datetime) -> list[Shown]:
    """What was shared with a person and on her deals, as far as the reader sees them."""
    about = Q(lead=lead) | Q(deal__lead=lead)
    return _shown(Share.objects.visible_to(user).filter(about), at)


def openings_of(deal: Deal) -> Q:
    """The condition on events that what was shared on this deal was opened."""
    rows = list(Share.objects.filter(deal=deal).values_list("link", "grant"))
    opened = Q(kind=Kind.CONTENT_OPENED)
    by_link = Q(
        subject_type=ShortLink._meta.label_lower, subject_id__in=[one for one, _g in rows if one]
    )
    by_grant = Q(
        subject_type=Grant._meta.label_lower, subject_id__in=[one for _l, one in rows if one]
    )
    return opened & (by_link | by_grant)
