"""The queue of one person, put together from its sources."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from django.utils.translation import gettext as _

from leadflow.desk import reaching
from leadflow.desk.queue.rows import Group, Row
from leadflow.desk.queue.sources import SOURCES
from leadflow.kit import clock
from leadflow.kit.remembering import remembering
from leadflow.models import Activity
from leadflow.people.models import User
from leadflow.services import nudges
from pipeline import selectors as pipeline


@dataclass(frozen=True)
class Queue:
    """The rows in their order."""

    rows: list[Row]
    at: datetime
    away: Sequence[tuple[Row, datetime]] = ()  # put off, and until when

    @property
    def count(self) -> int:
        return len(self.rows)

    @property
    def groups(self) -> list[tuple[str, list[Row]]]:
        """Heading and rows of each part that has any."""
        names = {
            Group.NOW: _("Now"),
            Group.LATE: _("Late"),
            Group.TODAY: _("Today"),
            Group.IDLE: _("No next step"),
        }
        return [(names[key], list(rows)) for key, rows in groupby(self.rows, lambda r: r.group)]

    @property
    def revision(self) -> str:
        """Changes when what the page shows changes; a browser that knows it is answered with nothing."""
        shown = "\n".join(
            f"{r.key}|{r.act}|{r.reason}|{r.why}|{r.due_at}|{r.worth}|{r.reach}" for r in self.rows
        )
        return hashlib.sha256(shown.encode()).hexdigest()[:16]


@remembering()
def build(user: User, *, at: datetime | None = None) -> Queue:
    """What is to be done now, by whom we ask, most urgent first. A handful of queries."""
    at = at or clock.now()
    until = nudges.put_off_until(user, at)
    found = _once_a_lead(row for source in SOURCES for row in source(user, at))
    rows = [row for row in found if row.key not in until]
    away = [(row, until[row.key]) for row in found if row.key in until]
    worth = pipeline.worth_of_leads(user, {row.lead.pk for row in rows if row.lead})
    reach = reaching.of_leads(user, (row.lead for row in rows if row.lead), at)
    priced = [
        replace(row, worth=worth.get(row.lead.pk), reach=reach[row.lead.pk]) if row.lead else row
        for row in rows
    ]
    return Queue(sorted(priced, key=lambda row: row.order), at, away)


def find(user: User, key: str, *, at: datetime | None = None) -> Row | None:
    """One row of the queue; None where it is done, put off, or somebody else's."""
    return next((row for row in build(user, at=at).rows if row.key == key), None)


def _once_a_lead(rows: Iterable[Row]) -> list[Row]:
    """Each to-do stays; other rows stand for a lead once, and a planned touch takes her clock over."""
    kept: dict[str, Row] = {}
    claimed: dict[int, str] = {}
    for row in rows:
        lead = row.lead.pk if row.lead else None
        holder = kept.get(claimed.get(lead, "")) if lead else None
        if row.activity:
            if holder and holder.key.startswith("clock:") and _is_touch(row):
                del kept[holder.key]
                row = _on_the_clock(row, holder)
            kept[row.key] = row
        elif holder:
            continue
        else:
            kept[row.key] = row
        if lead:
            claimed.setdefault(lead, row.key)
    return list(kept.values())


def _is_touch(row: Row) -> bool:
    return bool(row.activity and row.activity.kind != Activity.Kind.TODO)


def _on_the_clock(step: Row, running: Row) -> Row:
    """The planned call or mail, with the urgency of the clock that it will stop."""
    return replace(
        step, group=min(step.group, running.group), reason=running.reason, tone=running.tone,
        icon=running.icon, due_at=running.due_at,
    )  # fmt: skip
