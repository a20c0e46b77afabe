"""What the screens of broadcasts ask: how far one is, what came of it, and the rows behind each number.

What came of it is counted as the numbers of the product are: opens and clicks within 7 days, replies
within 14, an MQL within 30, a customer within 90, from the moment at which her mail was handed over.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Count,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Least

from leadflow.kit.text import search_text
from leadflow.mail.models import COUNTED, UNFINISHED, Delivery
from leadflow.models import Campaign, Consent, Lead, LeadCycle, LeadStage
from leadflow.models.stages import STAMP
from leadflow.people.models import User
from nurturing.models import Broadcast, Recipient
from nurturing.selectors.outcomes import BEHIND, Rate, with_facts

_S = Delivery.State
_QUALIFIED, _WON = timedelta(days=30), timedelta(days=90)
_STOPPED = Q(state="stopped") | Q(state="handed", delivery__state=_S.SKIPPED)
# the parts into which every row of an audience falls, and no row into two
PARTS: dict[str, Q] = {
    "waiting": Q(state__in=["waiting", "held"]) | Q(state="handed", delivery__state__in=UNFINISHED),
    "sent": Q(state="handed", delivery__state__in=COUNTED),
    "failed": Q(state="handed", delivery__state=_S.FAILED),
    "uncertain": Q(state="handed", delivery__state=_S.UNCERTAIN),
    "stopped": _STOPPED,
    "left_out": Q(state="left_out"),
}
# what became of those to whom it was sent
OUTCOMES = (
    "delivered", "bounced", "bounced_hard", "bounced_soft", "complained", "opened", "clicked",
    "opened_by_machine", "clicked_by_machine", "replied", "unsubscribed", "qualified", "won",
)  # fmt: skip
VIEWS = ("all", *PARTS, *OUTCOMES)


def on_the_web(most: int) -> list[Broadcast]:
    """Those that anybody may read, the newest first."""
    return list(Broadcast.objects.on_the_web()[:most])


def issue(code: str) -> Broadcast | None:
    """The one with that page, as long as it is on the web."""
    return Broadcast.objects.on_the_web().filter(public_id=code).first()


def recipients(broadcast: Broadcast, user: User) -> QuerySet[Recipient]:
    """The audience as far as the user may see it."""
    return Recipient.objects.visible_to(user).filter(broadcast=broadcast)


def progress(rows: QuerySet[Recipient]) -> dict[str, int]:
    """How many stand in each part."""
    counted = {name: Count("pk", filter=part) for name, part in PARTS.items()}
    return rows.aggregate(all=Count("pk"), **counted)


def reasons(rows: QuerySet[Recipient]) -> list[tuple[str, str, int]]:
    """(reason, in words, how many) of those left out, the largest first."""
    found = rows.filter(PARTS["left_out"]).order_by().values("reason").annotate(n=Count("pk"))
    labels = dict(Recipient._meta.get_field("reason").flatchoices)
    return [
        (row["reason"], str(labels.get(row["reason"], "")), row["n"])
        for row in found.order_by("-n", "reason")
    ]


def outcomes(rows: QuerySet[Recipient]) -> dict[str, int]:
    """How many of those to whom it was sent did what, in one statement."""
    sent = with_outcomes(rows.filter(PARTS["sent"]))
    wanted = {f"n_{name}": Count("pk", filter=_did(name)) for name in OUTCOMES}
    found = sent.aggregate(**wanted)
    return {name: found[f"n_{name}"] for name in OUTCOMES}


def rates(counted: Mapping[str, int], sent: int) -> dict[str, Rate]:
    """Each outcome as a share with its interval: bounces of the sent, the others of the delivered."""
    of_sent = ("delivered", "bounced", "bounced_hard", "bounced_soft")
    return {
        name: Rate(n, sent if name in of_sent else counted["delivered"])
        for name, n in counted.items()
    }


def shown(rows: QuerySet[Recipient], view: str, reason: str = "") -> QuerySet[Recipient]:
    """The rows behind a number."""
    if view in PARTS:
        rows = rows.filter(PARTS[view])
    elif view in OUTCOMES:
        rows = with_outcomes(rows.filter(PARTS["sent"])).filter(_did(view))
    if reason:
        rows = rows.filter(reason=reason)
    return rows.select_related("lead", "delivery").order_by("-id")


def found(rows: QuerySet[Recipient], words: str) -> QuerySet[Recipient]:
    """Those whose name, address or company has all of these words."""
    for word in search_text(words).split()[:5]:
        rows = rows.filter(lead__search_text__contains=word)
    return rows


def _did(outcome: str) -> Q:
    return BEHIND.get(outcome) or Q(**{f"has_{outcome}": True})


def with_outcomes(rows: QuerySet[Recipient]) -> QuerySet[Recipient]:
    """Each row with whether she opened, clicked, answered, opted out, qualified and bought."""
    told = with_facts(rows, purpose=OuterRef("broadcast__purpose"))
    return told.annotate(
        first_qualified=_first(LeadStage.MQL), first_won=_first(LeadStage.CUSTOMER)
    ).annotate(
        has_qualified=Q(first_qualified__gt=F("at"), first_qualified__lt=F("at") + _QUALIFIED),
        has_won=Q(first_won__gt=F("at"), first_won__lt=F("at") + _WON),
    )


def _first(stage: str) -> Subquery:
    """When a row's person first reached the stage or a later one, over all her cycles."""
    order = list(STAMP)
    stamps = [Min(STAMP[one]) for one in order[order.index(stage) :]]
    first: Any = Least(*stamps) if len(stamps) > 1 else stamps[0]
    cycles = LeadCycle.objects.filter(lead=OuterRef("lead")).order_by().values("lead")
    return Subquery(cycles.annotate(first=first).values("first"))


# --- subjects side by side ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Side:
    """One subject: how it did on the sample, and how many of the rest it was sent to."""

    place: int
    sent: int = 0
    clicked: int = 0
    replied: int = 0
    rest: int = 0

    @property
    def clicks(self) -> Rate:
        """Of those of the sample to whom it was sent, who clicked."""
        return Rate(self.clicked, self.sent)

    @property
    def replies(self) -> Rate:
        """Of the same, who replied."""
        return Rate(self.replied, self.sent)


def sides(broadcast: Broadcast, rows: QuerySet[Recipient]) -> list[Side]:
    """Each of several subjects with its figures, in one statement; none where there is one subject."""
    if not broadcast.is_tested:
        return []
    sent = with_facts(rows.filter(PARTS["sent"]), purpose=broadcast.purpose)
    sample = Q(is_sample=True)
    counted = (
        sent.order_by()
        .values("subject")
        .annotate(
            sent=Count("pk", filter=sample),
            clicked=Count("pk", filter=sample & _did("clicked")),
            replied=Count("pk", filter=sample & _did("replied")),
            rest=Count("pk", filter=~sample),
        )
    )
    found = {
        one["subject"]: (one["sent"], one["clicked"], one["replied"], one["rest"])
        for one in counted
    }
    return [Side(place, *found.get(place, ())) for place in range(len(broadcast.subjects))]


def with_subject(rows: QuerySet[Recipient], subject: int | None, part: str) -> QuerySet[Recipient]:
    """Those of one subject, and of the sample or the rest alone."""
    if subject is not None:
        rows = rows.filter(subject=subject)
    return rows.filter(is_sample=part == "sample") if part in ("sample", "rest") else rows


# --- lists --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One broadcast of the list with its few figures."""

    broadcast: Broadcast
    sent: int = 0
    clicked: int = 0
    replied: int = 0


def listed(*, archived: bool, before: int | None, most: int) -> list[Broadcast]:
    """Broadcasts, the newest first, from an id on."""
    rows = Broadcast.objects.exclude(archived_at=None) if archived else Broadcast.objects.living()
    if before is not None:
        rows = rows.filter(pk__lt=before)
    rows = rows.select_related("campaign", "created_by").prefetch_related("include")
    return list(rows.order_by("-pk")[:most])


def lines(rows: Collection[Broadcast], user: User) -> list[Line]:
    """The broadcasts with what came of each, in one statement."""
    mine = Recipient.objects.visible_to(user).filter(PARTS["sent"], broadcast__in=rows)
    counted = (
        with_outcomes(mine)
        .order_by()
        .values("broadcast")
        .annotate(
            sent=Count("pk"),
            clicked=Count("pk", filter=_did("clicked")),
            replied=Count("pk", filter=_did("replied")),
        )
    )
    found = {one["broadcast"]: (one["sent"], one["clicked"], one["replied"]) for one in counted}
    return [Line(row, *found.get(row.pk, (0, 0, 0))) for row in rows]


def of_lead(lead: Lead) -> list[Recipient]:
    """The broadcasts that a lead was to get, the newest first."""
    rows = Recipient.objects.filter(lead=lead).exclude(broadcast__state=Broadcast.State.DRAFT)
    return list(rows.select_related("broadcast", "delivery").order_by("-id")[:10])


def between(start: datetime, end: datetime) -> QuerySet[Broadcast]:
    """Those that begin, or began, in a time."""
    rows = Broadcast.objects.living().filter(begins_at__gte=start, begins_at__lt=end)
    return rows.exclude(state__in=[Broadcast.State.DRAFT, Broadcast.State.CANCELLED])


def of_campaign(campaign: Campaign) -> QuerySet[Broadcast]:
    """The broadcasts that belong to a campaign."""
    return Broadcast.objects.living().filter(campaign=campaign).order_by("-pk")


def purposes() -> list[str]:
    """What people may have agreed to by mail: marketing, and whatever forms asked for."""
    asked = Consent.objects.filter(channel="email").order_by().values_list("purpose", flat=True)
    return sorted({"marketing", *asked.distinct()[:50]})
