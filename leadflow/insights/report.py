"""The KPIs as plain data, for the command line and for scripts."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Min
from django.utils.translation import gettext as _

from leadflow.insights.asking import NOBODY, Ask, ask, calendar, everything
from leadflow.insights.figures import Figures
from leadflow.insights.kpis import KPIS
from leadflow.insights.models import DailyFact
from leadflow.insights.reaching import STAGES
from leadflow.insights.state import owners_for
from leadflow.insights.values import Value
from leadflow.insights.wording import figure
from leadflow.kit.clock import now
from leadflow.kit.periods import Period, week
from leadflow.models import Organisation, Source

Group = tuple[str, Ask]


def known_days() -> Period:
    """From the first day on which anything happened to the last, today at the latest."""
    organisation = Organisation.current()
    zone = calendar(organisation).zone
    today = now().astimezone(zone).date()
    first = DailyFact.objects.filter(n__gt=0).aggregate(first=Min("day"))["first"] or today
    return Period(min(first, today), today + timedelta(days=1), zone)


def _by_source(base: Ask) -> Iterator[Group]:
    for pk, name in Source.objects.order_by("name").values_list("pk", "name"):
        yield name, base.of_source(pk)
    yield _("No source"), base.of_source(NOBODY)


def _by_owner(base: Ask) -> Iterator[Group]:
    for owner in owners_for(base.user):
        yield owner.name, replace(base, owner=owner.pk)
    yield _("Nobody"), replace(base, owner=NOBODY)


def _by_week(base: Ask) -> Iterator[Group]:
    first_day = calendar(base.organisation).first_day
    start = base.period.start_on
    while start < base.period.end_on:
        end = min(week(start, first_day)[1], base.period.end_on)
        yield start.isoformat(), base.over(Period(start, end, base.period.zone))
        start = end


GROUPS: dict[str, Callable[[Ask], Iterator[Group]]] = {
    "source": _by_source,
    "owner": _by_owner,
    "week": _by_week,
}


def of(period: Period, *, by: str = "") -> dict[str, Any]:
    """Every KPI of the whole organisation, and of each group where one is asked for."""
    base = ask(everything(), period)
    found = {
        "from": period.start_on.isoformat(),
        "to": period.last_on.isoformat(),
        "time_zone": str(period.zone),
        "currency": base.organisation.base_currency,
        **_numbers(Figures(base)),
    }
    if by:
        found["by"] = by
        found["groups"] = [
            {"name": name, **_numbers(Figures(one))} for name, one in GROUPS[by](base)
        ]
    return found


def _numbers(figures: Figures) -> dict[str, Any]:
    counts = figures.people.counts
    return {
        "kpis": {key: _plain(kpi.compute(figures)) for key, kpi in KPIS.items()},
        "funnel": {stage: counts[stage] for stage in STAGES},
    }


def _plain(value: Value) -> dict[str, Any]:
    found: dict[str, Any] = {"number": _number(value.number), "n": value.n}
    if value.denominator is not None:
        found |= {
            "numerator": _number(value.numerator), "denominator": _number(value.denominator)
        }  # fmt: skip
    if value.interval:
        found["interval"] = [round(edge, 6) for edge in value.interval]
    if value.maturity:
        found["mature"] = value.maturity.mature
    if value.why:
        found["why"] = str(value.why)
    found |= {one.key: _number(one.number) for one in value.facts}
    if value.left_out:
        found["left_out"] = {str(one.label): one.count for one in value.left_out}
    return found


def _number(number: Any) -> Any:
    """Whole numbers stay whole; everything else to six places."""
    if number is None or isinstance(number, int):
        return number
    exact = round(Decimal(number), 6)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def lines(found: dict[str, Any]) -> Iterator[str]:
    """The same for a reader."""
    yield f"{found['from']} – {found['to']} ({found['time_zone']})"
    yield from _table(found["kpis"], found["currency"])
    for group in found.get("groups", []):
        yield ""
        yield group["name"]
        yield from _table(group["kpis"], found["currency"])


def _table(kpis: dict[str, dict[str, Any]], currency: str) -> Iterator[str]:
    for key, value in kpis.items():
        words = figure(value["number"], KPIS[key].unit, currency)
        left = "; ".join(f"{n} {label}" for label, n in value.get("left_out", {}).items())
        tail = value.get("why", "") or (left and _("left out: %(rows)s") % {"rows": left})
        yield f"  {KPIS[key].label!s:<34} {words:>14}  {tail}".rstrip()
