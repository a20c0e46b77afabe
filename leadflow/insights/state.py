"""What the address of a dashboard says: range, comparison, whose records, which definition is open."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leadflow.insights.asking import Ask, calendar
from leadflow.insights.kpis import KPIS, Kpi
from leadflow.insights.wording import range_words
from leadflow.kit.clock import now
from leadflow.kit.periods import PRESETS, Calendar, Period, preset
from leadflow.people.access import Scope, scope_of, team_ids
from leadflow.people.models import Team, User
from leadflow.web.htmx import HtmxHttpRequest

RANGES: dict[str, str | Promise] = {
    "last_7_days": _("Last 7 days"),
    "last_30_days": _("Last 30 days"),
    "last_90_days": _("Last 90 days"),
    "this_month": _("This month"),
    "last_month": _("Last month"),
    "this_quarter": _("This quarter"),
    "last_quarter": _("Last quarter"),
    "this_year": _("This year"),
    "last_year": _("Last year"),
    "this_fiscal_year": _("This fiscal year"),
    "last_365_days": _("Last 365 days"),
}
COMPARES: dict[str, str | Promise] = {
    "previous": _("the period before"),
    "year": _("the same dates last year"),
    "none": _("nothing"),
}
USUAL = "last_90_days"
LONGEST = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a menu."""

    label: str | Promise
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class State:
    """The question, and how to change a part of it."""

    ask: Ask
    range: str
    compare: str
    kpi: Kpi | None
    params: QueryDict

    @property
    def before(self) -> Period | None:
        """The days that are compared with; they never overlap."""
        if self.compare == "none":
            return None
        period = self.ask.period
        if self.compare == "year" and period.days <= 366:
            return period.same_last_year()
        return period.previous()

    def url(self, **changes: Any) -> str:
        """The same address with a part changed; None drops it."""
        copy = self.params.copy()
        for key, value in changes.items():
            copy.pop(key, None)
            if value is not None:
                copy[key] = str(value)
        return f"?{copy.urlencode()}"

    @property
    def range_label(self) -> str:
        return str(RANGES.get(self.range, _("Range")))

    @property
    def range_words(self) -> str:
        return range_words(self.ask.period)

    @property
    def compare_words(self) -> str:
        return range_words(self.before) if self.before else ""

    @property
    def ranges(self) -> list[Choice]:
        return [
            Choice(label, self.url(range=key, **{"from": None, "to": None}), key == self.range)
            for key, label in RANGES.items()
        ]

    @property
    def compares(self) -> list[Choice]:
        return [
            Choice(label, self.url(compare=key), key == self.compare)
            for key, label in COMPARES.items()
        ]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """For the hidden inputs of the form that asks for other days."""
        skip = ("from", "to", "range")
        return [(k, v) for k, values in self.params.lists() if k not in skip for v in values]

    @property
    def scope(self) -> str:
        """The part of the address that a list behind a number needs."""
        keep = ("range", "from", "to", "owner", "team")
        copy = QueryDict(mutable=True)
        for key in keep:
            if key in self.params:
                copy[key] = str(self.params[key])
        return copy.urlencode()


def read(request: HtmxHttpRequest) -> State:
    """What the address asks; nonsense in it means the usual."""
    params, user = request.GET, request.user
    organisation = request.organisation
    period, name = period_of(params, calendar(organisation))
    compare = params.get("compare", "")
    return State(
        ask=Ask(
            user,
            period,
            now(),
            owner=_one_of(params.get("owner"), owners_for(user)),
            team=_one_of(params.get("team"), teams_for(user)),
            source=_number(params.get("source")),
            organisation=organisation,
        ),
        range=name,
        compare=compare if compare in COMPARES else "previous",
        kpi=KPIS.get(params.get("kpi", "")),
        params=params,
    )


def period_of(params: QueryDict, known: Calendar) -> tuple[Period, str]:
    """The days, and the name of the range ("custom" for typed ones)."""
    first, last = _day(params.get("from")), _day(params.get("to"))
    if first and last and first <= last and last - first < LONGEST:
        return Period(first, last + timedelta(days=1), known.zone), "custom"
    name = params.get("range", "")
    name = name if name in RANGES and name in PRESETS else USUAL
    return preset(name, now(), known), name


def owners_for(user: User) -> QuerySet[User]:
    """Whose numbers she may ask for alone."""
    scope = scope_of(user, "insights.view")
    people: QuerySet[User] = User.objects.can_own().order_by("name")
    if scope == Scope.ALL:
        return people
    if scope == Scope.TEAM:
        return people.filter(memberships__team__in=team_ids(user)).distinct()
    return people.none()


def teams_for(user: User) -> QuerySet[Team]:
    """Which teams she may ask for alone."""
    scope = scope_of(user, "insights.view")
    if scope == Scope.ALL:
        return Team.objects.order_by("name")
    if scope == Scope.TEAM:
        return Team.objects.filter(pk__in=team_ids(user)).order_by("name")
    return Team.objects.none()


def _one_of(wish: str | None, allowed: QuerySet[Any]) -> int | None:
    pk = _number(wish)
    return pk if pk is not None and allowed.filter(pk=pk).exists() else None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if 1990 <= day.year <= 2200 else None
