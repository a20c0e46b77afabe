"""The hot list: the best leads that nobody worked yet, whoever has them, with the reason on each."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from distribution import selectors as distribution
from leadflow.desk import reaching
from leadflow.desk.queue.building import Queue
from leadflow.desk.queue.rows import Group, Row, beside
from leadflow.handover.models import Handover
from leadflow.kit import clock
from leadflow.models import Engagement, Lead, LeadCycle, LeadStage
from leadflow.people.access import allowed, reaches, within
from leadflow.people.models import User
from leadflow.services import nudges
from leadflow.timeline.doings import did
from leadflow.web.templatetags.formats import when
from pipeline import selectors as pipeline
from qualification import selectors as qualification

MOST = 50  # nobody calls more in a day
PREFIX = "hot:"
FRESH, LONG = timedelta(hours=1), timedelta(days=1)
RECENT = timedelta(days=90)
LIKELY = 2  # who has not qualified yet stands here only with priority 1 or 2


class HotList(Queue):
    """The queue of the hot list; its parts are priorities."""

    @property
    def groups(self) -> list[tuple[str, list[Row]]]:
        """By priority, the best first."""
        names = {
            1: _("Call these first"),
            2: _("Then these"),
            3: _("When there is time"),
            4: _("Little is known of these"),
        }
        return [(names[key], list(rows)) for key, rows in groupby(self.rows, _priority)]


def unworked(user: User) -> QuerySet[Lead]:
    """Open leads in her reach whom nobody reached out to since they qualified, the best first.

    Who has a next step is in somebody's hands and stands in that person's day.
    """
    newest = LeadCycle.objects.filter(lead=OuterRef("pk")).order_by("-number")
    worth = Q(stage__in=[LeadStage.MQL, LeadStage.SAL]) | Q(
        stage=LeadStage.LEAD, score__priority__lte=LIKELY
    )
    rows = Lead.objects.visible_to(user).filter(within(user, "activity.add")).active().filter(worth)
    rows = rows.annotate(qualified_at=Subquery(newest.values("mql_at")[:1]))
    untouched = Q(last_activity_at=None) | Q(last_activity_at__lt=F("qualified_at"))
    return (
        rows.filter(untouched, next_step_at=None)
        .select_related("company", "score", "owner")
        .order_by("score__priority", "-score__engagement", "pk")
    )


def build(user: User, *, at: datetime | None = None) -> HotList:
    """The best of them but those whom she has put off. As many queries for one as for fifty."""
    at = at or clock.now()
    return HotList(_rows(user, unworked(user), at), at)


def find(user: User, key: str, *, at: datetime | None = None) -> Row | None:
    """One row of the list; None where somebody has worked her meanwhile."""
    number = key.removeprefix(PREFIX)
    wanted = unworked(user).filter(pk=int(number)) if number.isdecimal() else Lead.objects.none()
    return next(iter(_rows(user, wanted, at or clock.now())), None)


class _Known(NamedTuple):
    """What is read of all the leads of the list at once."""

    did: Mapping[int, Engagement]
    offered: Mapping[int, Handover]
    worth: Mapping[int, Decimal]
    reach: Mapping[int, reaching.Reach]


def _rows(user: User, leads: QuerySet[Lead], at: datetime) -> list[Row]:
    away = {
        int(key.removeprefix(PREFIX))
        for key in nudges.put_off_until(user, at)
        if key.startswith(PREFIX)
    }
    found = list(leads.exclude(pk__in=away)[:MOST])
    if not found:
        return []
    ids = [lead.pk for lead in found]
    known = _Known(
        _last_done(ids, at),
        {one.lead_id: one for one in distribution.waiting_for(user).filter(lead__in=ids)},
        pipeline.worth_of_leads(user, set(ids)),
        reaching.of_leads(user, found, at),
    )
    return [_row(user, lead, known, at) for lead in found]


def _last_done(lead_ids: list[int], at: datetime) -> dict[int, Engagement]:
    """The last thing that each of them did herself."""
    rows = Engagement.objects.filter(lead__in=lead_ids, occurred_at__gte=at - RECENT)
    rows = rows.exclude(actor_class=Engagement.Actor.MACHINE)
    return {one.lead_id: one for one in rows.order_by("lead", "-occurred_at").distinct("lead")}


def _row(user: User, lead: Lead, known: _Known, at: datetime) -> Row:
    since = getattr(lead, "qualified_at", None) or lead.assigned_at or lead.created_at
    handover = known.offered.get(lead.pk)
    reason, tone, icon = _waiting(since, at)
    return Row(
        key=f"{PREFIX}{lead.pk}",
        group=Group.NOW,
        reason=reason,
        tone=tone,
        icon=icon,
        title=lead.name,
        beside=beside(lead),
        why=" · ".join(_why(user, lead, known.did.get(lead.pk))),
        act=_act(user, lead, handover),
        lead=lead,
        handover=handover,
        worth=known.worth.get(lead.pk),
        reach=known.reach[lead.pk],
    )


def _waiting(since: datetime, at: datetime) -> tuple[str, str, str]:
    """For how long she has waited, with its colour and sign."""
    span = max(at - since, timedelta())
    if span < FRESH:
        return _("New, %(n)d min ago") % {"n": span // timedelta(minutes=1)}, "accent", "bolt"
    if span < 2 * LONG:
        words = _("Waits %(n)d h") % {"n": span // timedelta(hours=1)}
    else:
        words = _("Waits %(n)d d") % {"n": span // LONG}
    return words, "warn" if span > LONG else "line", "clock"


def _why(user: User, lead: Lead, last: Engagement | None) -> Iterable[str]:
    yield qualification.in_words(lead)
    if last:
        yield f"{did(last.kind, last.label)}, {when(last.occurred_at)}"
    if lead.owner is None:
        yield _("nobody has them yet")
    elif lead.owner != user:
        yield _("with %(who)s, not reached out yet") % {"who": lead.owner.name}


def _act(user: User, lead: Lead, handover: Handover | None) -> str:
    if handover:
        return "accept"
    if may_claim(user, lead):
        return "claim"
    return "call" if lead.phone and allowed(user, "lead.contact_fields") else "work"


def may_claim(user: User, lead: Lead) -> bool:
    """Whether nobody has her and she may take her."""
    return lead.owner_id is None and reaches(user, "lead.assign", lead)


def _priority(row: Row) -> int:
    score = getattr(row.lead, "score", None)
    return score.priority if score else 4
