"""What is measured of leads and deals, and by which rules; `counting` says what each of them adds.

The relay keeps the measures up, `recompute` holds the kept rows against what is to be counted, and the
list behind a number is made of them.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q

from leadflow.insights.reaching import STAGES
from leadflow.models import LeadStage, Organisation
from leadflow.models.lead import ERASED
from leadflow.people.models import User
from pipeline.rules import MOST_SHARERS

HORIZONS = {LeadStage.MQL: 30, LeadStage.CUSTOMER: 90}  # days a lead has to get there
ACCEPTANCE = 7  # days sales has to accept an MQL
FAST = 300.0  # seconds within which a first touch counts as fast

# of leads, on the day somebody became one: the cohort, and what became of it
LEAD, MQL_IN_TIME, CUSTOMER_IN_TIME = "lead", "mql_in_time", "customer_in_time"
REACHED = {stage: f"reached_{stage}" for stage in STAGES[1:]}
IN_TIME = {LeadStage.MQL: MQL_IN_TIME, LeadStage.CUSTOMER: CUSTOMER_IN_TIME}
# on the day of the event
OFFERED, ANSWERED, ACCEPTED, BOUGHT = "offered", "answered", "accepted", "customer"
ASKED, TOUCHED, TOUCHED_FAST = "asked", "touched", "touched_fast"
# without a day
UNDATED_LEAD, STAFF = "undated_lead", "staff"
OF_LEADS = (
    LEAD, *REACHED.values(), *IN_TIME.values(), OFFERED, ANSWERED, ACCEPTED, BOUGHT, ASKED, TOUCHED,
    TOUCHED_FAST, UNDATED_LEAD, STAFF,
)  # fmt: skip

# of deals, on the day they were opened, won or lost
OPENED, OPENED_WON, WON, LOST = "opened", "opened_won", "won", "lost"
WON_NO_AMOUNT, WON_NO_RATE, WON_FREE = "won_no_amount", "won_no_rate", "won_free"
WON_NO_START, WON_BACKWARDS, WON_UNQUALIFIED = "won_no_start", "won_backwards", "won_unqualified"
CLOSED_NEW, NEW_NOBODY, NEW_LATE = "closed_new", "closed_new_nobody", "closed_new_late"
UNDATED_OPEN, UNDATED_WON, UNDATED_LOST = "undated_open", "undated_won", "undated_lost"
# revenue: one measure for each place among those who share a deal, the largest share first
CREDITED = "credit_"
CREDITS = tuple(f"{CREDITED}{place}" for place in range(1, MOST_SHARERS + 1))
OF_DEALS = (
    OPENED, OPENED_WON, WON, LOST, WON_NO_AMOUNT, WON_NO_RATE, WON_FREE, WON_NO_START, WON_BACKWARDS,
    WON_UNQUALIFIED, CLOSED_NEW, NEW_NOBODY, NEW_LATE, UNDATED_OPEN, UNDATED_WON, UNDATED_LOST, *CREDITS,
)  # fmt: skip

# How many durations of a measure lie in each step of a scale, by day: sums of the whole organisation
# alone, under the measure's name with this in front, the step as their detail, the seconds as amount.
TOOK = "took_"
# A step is a fifth longer than the one before: a year has a hundred of them, and few are in use.
STEP = "floor(ln(seconds + 1) * 6)"


class Mark(NamedTuple):
    """What one lead or deal adds to one measure: a row of `Counted` before it is written."""

    measure: str
    subject: int
    day: date | None
    source: int | None
    owner: int | None
    team: int | None
    detail: int | None = None
    amount: Decimal = Decimal(0)
    seconds: float | None = None


# the same columns of `Counted`
COLUMNS = (
    "measure", "subject_id", "day", "source_id", "owner_id", "team_id", "detail", "amount", "seconds",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rules:
    """What all counting depends on: another answer means counting everything anew."""

    zone: ZoneInfo
    from_subscriber: bool
    currency: str  # whose smallest unit is shared out

    @classmethod
    def current(cls) -> "Rules":
        return cls.of(Organisation.current())

    @classmethod
    def of(cls, organisation: Organisation) -> "Rules":
        """Those of a row that was read already."""
        zone = ZoneInfo(organisation.time_zone)
        return cls(zone, organisation.count_subscribers, organisation.base_currency)

    @property
    def name(self) -> str:
        """The same in words, with the number of this way of counting in front."""
        people = "subscribers" if self.from_subscriber else "leads"
        return f"2 {self.zone.key} {people} {self.currency}"


def counted_leads() -> Q:
    """Who counts: no merge losers, nobody in the trash. Erased people stay as anonymous rows."""
    kept = Q(deleted_at=None) | Q(public_id__startswith=ERASED)
    return Q(kept, merged_into=None)


def staff() -> Any:
    """The addresses of our own people, who are nobody's leads."""
    return User.objects.exclude(email=None).values("email")
