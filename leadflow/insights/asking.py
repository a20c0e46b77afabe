"""What somebody asks of the numbers: which days, whose records, as of when."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from leadflow.kit.clock import now
from leadflow.kit.periods import Calendar, Period
from leadflow.models import Lead, LeadStage, Organisation
from leadflow.people.access import Scope, scope_of, within
from leadflow.people.models import Role, User
from pipeline import selectors as pipeline

NOBODY = 0  # as an owner, a team or a source: those that have none


@dataclass(frozen=True, slots=True)
class Ask:
    """A window and a scope. Every number and the list behind it are made from the same one."""

    user: User
    period: Period
    at: datetime
    owner: int | None = None
    team: int | None = None
    source: int | None = None
    organisation: Organisation = field(default_factory=Organisation.current)

    @property
    def end(self) -> datetime:
        """Where the window ends for what needs time to pass: not in the future."""
        return max(min(self.period.end, self.at), self.period.start)

    @property
    def is_whole(self) -> bool:
        """Whether it looks at the whole organisation; spend can be told apart by source alone."""
        is_all = scope_of(self.user, "insights.view") == Scope.ALL
        return is_all and self.owner is None and self.team is None

    def leads(self) -> QuerySet[Lead]:
        """Living leads as they stand now, by who holds them now; none of our own staff."""
        staff = User.objects.exclude(email=None).values("email")
        rows = Lead.objects.visible_to(self.user, "insights.view").exclude(email__in=staff)
        return rows.filter(self.narrow())

    def open_leads(self) -> QuerySet[Lead]:
        """Those that somebody may work, from lead to SQL."""
        working = (LeadStage.LEAD, LeadStage.MQL, LeadStage.SAL, LeadStage.SQL)
        return self.leads().active().in_stage(*working)  # type: ignore[attr-defined,no-any-return]

    @property
    def unattended(self) -> Q:
        """Nobody owns her, or nothing is planned."""
        return Q(owner=None) | Q(next_step_at=None) | Q(next_step_at__lt=self.at)

    def deals(self) -> QuerySet[Any]:
        """Living deals as they stand now, by who holds them now."""
        rows = pipeline.deals_of(self.user).filter(self.scope())
        return rows.filter(self.narrow(source="lead__source"))

    def scope(self) -> Q:
        """Whose records the role opens."""
        return within(self.user, "insights.view")

    def narrow(self, *, source: str = "source") -> Q:
        """The owner, team and source that are asked for."""
        condition = Q()
        for path, wish in (("owner", self.owner), ("team", self.team), (source, self.source)):
            if wish is not None:
                condition &= Q(**{path: wish or None})
        return condition

    def over(self, period: Period) -> "Ask":
        """The same question of other days."""
        return replace(self, period=period)

    def of_source(self, source: int | None) -> "Ask":
        """The same question of one source; NOBODY for leads that came from none."""
        return replace(self, source=source)


def everything() -> User:
    """Who looks at the whole organisation where nobody is signed in: the command line."""
    return User(role=Role.ADMIN, is_active=True)


def calendar(organisation: Organisation) -> Calendar:
    """What the organisation means by a day, a week and a year."""
    return Calendar(
        ZoneInfo(organisation.time_zone),
        organisation.week_start - 1,
        organisation.fiscal_year_start,
    )


def ask(user: User, period: Period, **narrow: Any) -> Ask:
    """A question as of now."""
    return Ask(user, period, now(), **narrow)
