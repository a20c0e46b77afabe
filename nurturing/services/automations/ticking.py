"""Moments that no fact tells of: nothing happened for days, an offer ends soon. A tick looks for them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat

from leadflow.kit import clock
from leadflow.models import Origin
from leadflow.offers.models import OfferGrant
from leadflow.services.records import kind_of
from nurturing.models import Automation, AutomationRun
from nurturing.services.automations import documents
from nurturing.services.automations.running import Occurrence, meet, running
from nurturing.services.automations.triggers import TRIGGERS

MOST = 2_000  # records that one rule meets in one tick; the rest is the next tick's
KEPT = timedelta(days=30)  # how long it stands in the log that a condition was not met

_Found = Iterable[tuple[str, Occurrence]]  # with the origin of each


def look_for_moments(*, at: datetime | None = None) -> int:
    """Let the rules that wait for a moment meet those that have come; how many."""
    at = at or clock.now()
    moments = [one.key for one in TRIGGERS.values() if one.is_moment]
    met = 0
    for automation, version in running(moments):
        by_origin: dict[str, list[Occurrence]] = {}
        for origin, one in found(automation, version.document, at):
            by_origin.setdefault(origin, []).append(one)
        for origin, some in sorted(by_origin.items()):
            met += meet(automation, version, some, origin=origin)
    return met


def found(automation: Automation | None, document: Mapping[str, Any], at: datetime) -> _Found:
    """The records for which the moment of a rule has come and that it has not met yet.

    A rule meets only what came since it was published: whoever was idle for a year before is not
    surprised by a hundred to-dos. Without an automation everything that stands so now.
    """
    kind = documents.trigger_of(document).key
    return _FINDERS[kind](automation, document["trigger"], at)


def _idle(subject: str) -> Callable[[Automation | None, Mapping[str, Any], datetime], _Found]:
    def find(automation: Automation | None, params: Mapping[str, Any], at: datetime) -> _Found:
        kind, days = kind_of(subject), timedelta(days=int(params["days"]))
        if kind.idle is None:
            return
        rows = kind.idle(kind.rows().exclude(origin=Origin.IMPORT), at - days)
        if automation is not None and automation.published_at:
            rows = rows.filter(touched_at__gt=automation.published_at - days)
        rows = rows.order_by("touched_at", "pk")
        for row in _not_met(rows, automation, subject)[:MOST]:
            slot = f"idle:{subject}:{row.pk}:{row.touched_at:%Y%m%d%H%M%S}"
            yield row.origin, Occurrence(slot, row.pk, at)

    return find


def _not_met(rows: Any, automation: Automation | None, subject: str) -> Any:
    """Without those whom the rule met since they were last touched, so that a tick finds the next ones."""
    if automation is None:
        return rows
    met = AutomationRun.objects.filter(
        automation=automation, subject_kind=subject, subject_id=OuterRef("pk"),
        at__gt=OuterRef("touched_at"),
    )  # fmt: skip
    return rows.exclude(Exists(met))


def _offer_ending(automation: Automation | None, params: Mapping[str, Any], at: datetime) -> _Found:
    ahead = at + timedelta(days=int(params["days"]))
    rows = OfferGrant.objects.filter(
        lead__deleted_at=None, lead__merged_into=None, lead__isnull=False,
        offer__is_archived=False, offer__ends_at__gt=at, offer__ends_at__lte=ahead,
    ).exclude(origin=Origin.IMPORT)  # fmt: skip
    if params.get("offer"):
        rows = rows.filter(offer=params["offer"])
    if automation is not None:
        slot = Concat(Value("offer:"), Cast("pk", CharField()))
        met = AutomationRun.objects.filter(automation=automation, slot=OuterRef("slot"))
        rows = rows.annotate(slot=slot).exclude(Exists(met))
    for grant in rows.order_by("offer__ends_at", "pk")[:MOST]:
        yield grant.origin, Occurrence(f"offer:{grant.pk}", grant.lead_id or 0, at)


_FINDERS: Mapping[str, Callable[[Automation | None, Mapping[str, Any], datetime], _Found]] = {
    "lead_idle": _idle("lead"),
    "deal_idle": _idle("deal"),
    "offer_ending": _offer_ending,
}


def forget(*, at: datetime | None = None) -> int:
    """Drop from the logs, after 30 days, that a condition was not met; what was done stays. How many."""
    before = (at or clock.now()) - KEPT
    rows = AutomationRun.objects.filter(state=AutomationRun.State.PASSED, at__lt=before)
    return rows.delete()[0]
