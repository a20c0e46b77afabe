"""What the screens of automations ask."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from leadflow.models import Lead
from leadflow.people.models import User
from leadflow.rulesets.models import RuleVersion
from leadflow.services.records import kind_of
from nurturing.models import Automation, AutomationRun

LATELY = timedelta(days=30)
_DID = (AutomationRun.State.DONE, AutomationRun.State.PARTLY)


@dataclass(frozen=True)
class Figures:
    """What an automation did lately."""

    runs: int = 0
    last_at: datetime | None = None


def figures(ids: Collection[int], at: datetime) -> dict[int, Figures]:
    """Runs of the last 30 days in which something was done, and the last of all, by automation."""
    rows = AutomationRun.objects.filter(automation__in=ids, state__in=_DID).order_by()
    told = rows.values("automation").annotate(
        runs=Count("pk", filter=Q(at__gt=at - LATELY)), last=Max("at")
    )
    return {row["automation"]: Figures(row["runs"], row["last"]) for row in told}


def documents(rows: Sequence[Automation]) -> dict[int, Mapping[str, Any]]:
    """What each of them says, by rule set: the version that decides, else the newest."""
    versions = RuleVersion.objects.filter(rule_set__in=[row.rule_set_id for row in rows])
    found: dict[int, Mapping[str, Any]] = {}
    for version in versions.order_by("rule_set", "number"):
        live = found.get(version.rule_set_id)
        if live is None or version.state == RuleVersion.State.PUBLISHED:
            found[version.rule_set_id] = version.document
    return found


def runs(automation: Automation, user: User, *, state: str = "") -> QuerySet[AutomationRun]:
    """The log of an automation as far as the user may see what it was about: what happened last first,
    whenever it was written down."""
    leads = Lead.objects.visible_to(user).values("pk")
    seen = Q(lead__in=leads) | Q(lead=None, subject_kind="company")
    if automation.runs.filter(lead=None, subject_kind="deal").exists():
        deals = _seen("deal", user).values("pk")
        seen |= Q(lead=None, subject_kind="deal", subject_id__in=deals)
    rows = automation.runs.filter(seen)
    if state in AutomationRun.State.values:
        rows = rows.filter(state=state)
    return rows.select_related("lead", "version").order_by("-at", "-id")


def subjects(rows: Sequence[AutomationRun], user: User) -> dict[int, Any]:
    """What each of these runs was about, by the id of the run, as far as the user may see it."""
    found: dict[int, Any] = {}
    for kind in {row.subject_kind for row in rows}:
        some = [row for row in rows if row.subject_kind == kind]
        known = _seen(kind, user).in_bulk({row.subject_id for row in some})
        found |= {row.pk: known[row.subject_id] for row in some if row.subject_id in known}
    return found


def _seen(kind: str, user: User) -> Any:
    """The records of a kind that the user may see, another stage's included."""
    rows: Any = kind_of(kind).rows()
    return rows.visible_to(user)


def visible(records: Sequence[Any], user: User) -> set[int]:
    """The ids of those of these records, of one kind, that the user may see."""
    if not records:
        return set()
    rows = type(records[0])._default_manager.visible_to(user)
    return set(rows.filter(pk__in=[one.pk for one in records]).values_list("pk", flat=True))
