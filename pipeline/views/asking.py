"""What the pages of deals can be asked: filters, the rule, and the views that they share.

List, board, forecast and chart read one URL alike, so a saved view of one is a view of all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, Value
from django.db.models.functions import Concat
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.kit import text
from leadflow.kit.periods import Period
from leadflow.models import Source
from leadflow.people.models import User
from leadflow.web import rules, saved_views
from leadflow.web.filters import Applied, Choices, Filter, FilterSet, Named, choices_of
from leadflow.web.htmx import HtmxHttpRequest
from pipeline import selectors
from pipeline.models import Deal, DealSplit, StageKind
from pipeline.selectors import rivals

VIEWS = "pipeline.deals"  # the key under which people save views of deals

STATUS = Filter("status", lazy("Status"), "status__in", lambda: StageKind.choices, icon="flag")
PIPELINE = Filter("pipeline", lazy("Pipeline"), "pipeline__in", icon="layout-kanban")
STAGE = Filter("stage", lazy("Stage"), "stage__in", icon="columns")
OWNER = Filter("owner", lazy("Owner"), "owner__in", icon="user")


def _credited(values: list[str]) -> Q:
    """Those who have a share of the revenue, and the owner of what nobody shares."""
    shares = DealSplit.objects.filter(kind=DealSplit.Kind.REVENUE)
    ids = [int(value) for value in values]
    alone = ~Q(pk__in=shares.values("deal"))
    mine = Q(pk__in=shares.filter(user__in=ids).values("deal"))
    return mine | Q(alone, owner__in=ids)


CREDIT = Filter("credit", lazy("Credit"), build=_credited, icon="arrows-split")


def _against(values: list[str]) -> Q:
    return rivals.with_rival([int(value) for value in values])


def _lost_to(values: list[str]) -> Q:
    return rivals.with_rival([int(value) for value in values], won=True)


def _counted(values: list[str]) -> Q:
    return rivals.COUNTED if values[0] == "yes" else ~rivals.COUNTED


AGAINST = Filter("competitor", lazy("Competitor"), build=_against, icon="flag")
LOST_TO = Filter("lost_to", lazy("Lost to"), build=_lost_to, icon="flag")
COUNTED = Filter(
    "counts", lazy("Counts in the win rate"), build=_counted, many=False, icon="percentage",
    choices=lambda: [("yes", lazy("Yes")), ("no", lazy("No"))],
)  # fmt: skip
KIND = Filter("kind", lazy("Kind"), "kind__in", lambda: Deal.Kind.choices, icon="briefcase")
SOURCE = Filter("source", lazy("Source"), "lead__source__in", icon="target")
REASON = Filter("reason", lazy("Lost because"), "lost_reason__in", icon="circle-x")


def _in_months(field: str) -> Callable[[list[str]], Q]:
    """Between the ends of months on the clock that is active; days have no clock."""
    is_day = field == "expected_close_on"

    def condition(values: list[str]) -> Q:
        found = Q()
        for first in filter(None, map(month_told, values)):
            window = Period(
                first, (first + timedelta(days=32)).replace(day=1), get_current_timezone()
            )
            start, end = (window.start_on, window.end_on) if is_day else (window.start, window.end)
            found |= Q(**{f"{field}__gte": start, f"{field}__lt": end})
        return found

    return condition


def month_told(told: str) -> date | None:
    """The first day of a month that is written as 2026-11."""
    try:
        return date.fromisoformat(f"{told}-01")
    except ValueError:
        return None


def _month(key: str, label: Any, field: str) -> Filter:
    return Filter(key, label, build=_in_months(field), takes=month_told, icon="calendar")


MONTHS = [
    _month("opened_in", lazy("Opened in"), "opened_at"),
    _month("closes_in", lazy("Closes in"), "expected_close_on"),
    _month("won_in", lazy("Won in"), "won_at"),
    _month("lost_in", lazy("Lost in"), "lost_at"),
]


def _words(values: list[str]) -> Q:
    found = Q()
    for word in text.search_text(" ".join(values)).split()[:6]:
        found &= Q(search_text__contains=word)
    return found


WORDS = Filter("q", lazy("Words"), build=_words, icon="search")


def list_filters(user: User) -> FilterSet:
    """The questions of the list; owners are those whom she may know of. Their choices are one query."""

    def together() -> dict[str, Choices]:
        return choices_of(
            pipeline=Named(selectors.pipelines(), order=("position", "pk")),
            stage=Named(
                selectors.stages(),
                label=Concat("pipeline__name", Value(", "), "name"),
                order=("pipeline__position", "pipeline_id", "position"),
            ),
            owner=Named(selectors.possible_owners(user, "deal.view")),
            credit=Named(selectors.possible_owners(user, "deal.view")),
            reason=Named(selectors.lost_reasons(), order=("position", "name")),
            competitor=Named(rivals.competitors()),
            lost_to=Named(rivals.competitors()),
            source=Named(Source.objects.all()),
        )

    asked = [STATUS, PIPELINE, STAGE, OWNER, CREDIT, SOURCE, KIND, REASON, AGAINST, LOST_TO]
    asked += [COUNTED, *MONTHS, WORDS]
    return FilterSet(asked, together)


def open_filters(user: User) -> FilterSet:
    """The questions of a page of the open deals of one pipeline: board, forecast, chart."""

    def together() -> dict[str, Choices]:
        return choices_of(owner=Named(selectors.possible_owners(user, "deal.view")))

    return FilterSet([OWNER, KIND, WORDS], together)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What the URL leaves of the open deals. `owner` is set where nothing else narrows them, since
    sums by owner are kept; `where` else."""

    applied: Applied
    rule: rules.Asked
    owner: int | None
    where: Q | None

    @property
    def is_narrow(self) -> bool:
        """Whether anything is left out."""
        return bool(self.owner or self.where)


def narrowed(request: HtmxHttpRequest) -> Narrowed:
    """The filters and the rule of a page of open deals."""
    applied = open_filters(request.user).read(request)
    rule = rules.asked(request, "deal")
    only_owner = len(applied.chips) == 1 and applied.chips[0].filter is OWNER and rule.where is None
    if only_owner and len(applied.chips[0].values) == 1:
        return Narrowed(applied, rule, int(applied.chips[0].values[0]), None)
    return Narrowed(applied, rule, None, rules.both(applied.condition, rule.where))


def standard_tabs(user: User) -> list[tuple[Any, str]]:
    """The tabs that everybody has before any saved view of the list: label and query."""
    return [
        (_("All deals"), ""),
        (_("My open deals"), f"status=open&owner={user.pk}"),
        (_("Won"), "status=won&sort=-won"),
    ]


def open_tabs(user: User) -> list[tuple[Any, str]]:
    """The same for a page of open deals."""
    return [(_("All open deals"), ""), (_("My open deals"), f"owner={user.pk}")]


def views_of(request: HtmxHttpRequest, named: Sequence[tuple[Any, str]]) -> dict[str, Any]:
    """What templates/web/view_menu.html and view_tabs.html show."""
    return {
        "tabs": saved_views.fixed(request, named),
        "views": saved_views.tabs(request, request.user, VIEWS),
    }
