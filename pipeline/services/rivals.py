"""Competitors in deals: who is in the race, who is out, and to whom a deal was lost."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock, text
from leadflow.models import Origin
from leadflow.people.models import User
from pipeline.models import Competitor, Deal, DealCompetitor

State = DealCompetitor.State


def short(name: str) -> str:
    """A name as it is kept: one line, no longer than the list takes."""
    return text.one_line(name)[:120]


def named(names: Sequence[str]) -> dict[str, Competitor]:
    """The competitors of these names, by name in small letters; who is new joins the list."""
    wanted = {name.lower(): name for name in map(short, names) if name}
    found = _known(wanted)
    new = [Competitor(name=name) for small, name in wanted.items() if small not in found]
    if new:  # a colleague may add the same at this moment: hers is taken then
        Competitor.objects.bulk_create(new, ignore_conflicts=True)
        found = _known(wanted)
    return found


def _known(wanted: Mapping[str, str]) -> dict[str, Competitor]:
    rows = Competitor.objects.annotate(small=Lower("name"))
    rows = rows.filter(Q(small__in=list(wanted)) | Q(name__in=list(wanted.values())))
    return {row.name.lower(): row for row in rows}


@transaction.atomic
def note(
    *,
    deal: Deal,
    competitor: Competitor,
    state: str = State.RUNNING,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> DealCompetitor:
    """Say that a competitor takes part in a deal, or where they stand now. The same again is fine.

    Records `competitor.noted`. Raises Invalid for a state that cannot be: who won a deal is said by
    losing it.
    """
    if state not in (State.RUNNING, State.OUT):
        raise Invalid(_("Choose where they stand."), {"state": [_("Choose one of the list.")]})
    at = at or clock.now()
    rows = DealCompetitor.objects.select_for_update()
    fresh = {"state": state, "by": by, "at": at, "origin": origin}
    row, is_new = rows.get_or_create(deal=deal, competitor=competitor, defaults=fresh)
    was = None if is_new else row.state
    if was == state:
        return row
    if was == State.WON:
        raise Invalid(_("The deal was lost to them. Open it again first."))
    if not is_new:
        row.state, row.by, row.at = state, by, at
        row.save(update_fields=["state", "by", "at"])
    _record(row, was, state, by, at)
    return row


@transaction.atomic
def drop(
    *, deal: Deal, competitor: Competitor, by: User | None, at: datetime | None = None
) -> bool:
    """Say that a competitor never took part; whether anybody had said so. Not of the one who won it."""
    rows = DealCompetitor.objects.select_for_update().filter(deal=deal, competitor=competitor)
    row = rows.exclude(state=State.WON).first()
    if row is None:
        return False
    was = row.state
    row.delete()
    _record(row, was, None, by, at or clock.now())
    return True


def _record(
    row: DealCompetitor, was: str | None, now: str | None, by: User | None, at: datetime
) -> None:
    record(
        Kind.COMPETITOR_NOTED,
        lead_id=row.deal.lead_id,
        by=by,
        subject=row.deal,
        data={
            "deal": row.deal_id,
            "title": row.deal.name,
            "competitor": row.competitor_id,
            "name": row.competitor.name,
            "from": was,
            "to": now,
        },
        at=at,
        origin=row.origin,
    )


@transaction.atomic
def lost_to(deals: Sequence[Deal], *, by: User | None, at: datetime) -> None:
    """Put whom these deals were lost to on them; `deal.lost` says so, nothing more is recorded."""
    lost = [(deal, short(deal.competitor).lower()) for deal in deals if deal.competitor]
    if not lost:
        return
    known = named([deal.competitor for deal, _small in lost])
    rows = [
        DealCompetitor(
            deal=deal, competitor=known[small], state=State.WON, by=by,
            at=deal.lost_at or at, origin=deal.origin,
        )
        for deal, small in lost
        if small in known
    ]  # fmt: skip
    DealCompetitor.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["deal", "competitor"],
        update_fields=["state", "by", "at"],
    )


def race_again(deal: Deal) -> None:
    """The deal is open again: whoever had won it is in the race once more."""
    DealCompetitor.objects.filter(deal=deal, state=State.WON).update(state=State.RUNNING)
