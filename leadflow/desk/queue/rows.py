"""One row of my day: what to do, for whom, why now, and by when."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import IntEnum

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadflow.calendars.models import Booking
from leadflow.desk.reaching import Reach
from leadflow.handover.models import Handover
from leadflow.kit import clock
from leadflow.models import Activity, Lead, Nudge

# What is due within it, or was until a day ago, stands under "Now"; what is later than that under "Late".
SOON, STALE = timedelta(hours=2), timedelta(days=1)


class Group(IntEnum):
    """The parts of the queue, in their order."""

    NOW = 1
    LATE = 2
    TODAY = 3
    IDLE = 4


@dataclass(frozen=True, kw_only=True)
class Row:
    """`key` names the row for its doors and for putting it off: "activity:12", "clock:7".

    `worth` is what her open deals may bring, in the base currency. `act` says which button the row
    shows: call, mail, answer, accept, claim, done, work, plan, or close for a deal, whose page is `deal_url`.
    `deal` is the one that a plan is for, where it has no person. `reach` is how she likes to be reached,
    and what stands against it now.
    """

    key: str
    group: Group
    reason: str
    icon: str
    tone: str = ""
    title: str
    beside: str = ""
    why: str = ""
    act: str
    lead: Lead | None = None
    due_at: datetime | None = None
    activity: Activity | None = None
    handover: Handover | None = None
    nudge: Nudge | None = None
    worth: Decimal | None = None
    deal_url: str = ""
    deal: int | None = None
    reach: Reach = field(default_factory=Reach)

    @property
    def booking(self) -> Booking | None:
        """What a visitor booked, where the row is that meeting and it stands."""
        found: Booking | None = getattr(self.activity, "booking", None)
        return found if found and found.state == Booking.State.BOOKED else None

    @property
    def url(self) -> str:
        """The page of the person, else of the record; a plan of her own stands among her to-dos."""
        if self.lead:
            return self.lead.get_absolute_url()
        return self.deal_url or (reverse("desk:todos") if self.activity else "")

    @property
    def due_words(self) -> str:
        """The due time as a narrow column has room for it: 14:00, Fri, 11 May."""
        if self.due_at is None:
            return ""
        there, days = localtime(self.due_at), abs((self.due_at - clock.now()).days)
        if there.date() == localtime(clock.now()).date():
            return f"{there:%H:%M}"
        return date_format(there, "D") if days < 6 else date_format(there, "j M")

    @property
    def order(self) -> tuple[int, float, float, float, str]:
        """Group, then the time that is left, how warm she is and what it may bring; of what is late, the
        freshest first."""
        left = self.due_at.timestamp() if self.due_at else float("inf")
        left = -left if self.group == Group.LATE else left
        warmth = -_warmth(self.lead) if self.group == Group.IDLE else 0.0
        return (self.group, left, warmth, -float(self.worth or 0), self.key)


def _warmth(lead: Lead | None) -> float:
    score = getattr(lead, "score", None)
    return score.engagement if score else 0.0


def beside(lead: Lead) -> str:
    """Her job and company, as the row shows them behind her name."""
    parts = [lead.job_title, lead.company.name if lead.company else ""]
    return ", ".join(part for part in parts if part)


def left_until(due: datetime, at: datetime) -> str:
    """7 min left, 3 h left, late by 20 min: what a clock says."""
    span = abs(due - at)
    minutes = int(span.total_seconds() // 60)
    if not minutes:
        return _("Due now")
    amount = (
        ngettext("%(n)d min", "%(n)d min", minutes) % {"n": minutes}
        if minutes < 60
        else _("%(n)d h") % {"n": minutes // 60}
        if minutes < 48 * 60
        else _("%(n)d d") % {"n": minutes // 1440}
    )
    return (_("%(span)s left") if due > at else _("%(span)s late")) % {"span": amount}


def group_of(due: datetime | None, at: datetime) -> Group:
    """Where something stands that somebody waits for."""
    if due is None or due > at + SOON:
        return Group.TODAY
    return Group.NOW if due > at - STALE else Group.LATE
