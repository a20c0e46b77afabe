"""Nobody is kept longer than promised: idle leads after the policy's months, the trash after 30 days.

The policy runs dry first. Setting its months erases nobody; an admin looks at whom it would take and
confirms, and only then does the night erase. Other months need another look.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadflow.conditions.zone import here
from leadflow.errors import Conflict
from leadflow.kit import clock
from leadflow.models import Customer, Lead, Organisation
from leadflow.people.models import User
from leadflow.runs import registry, services
from leadflow.runs.models import Run
from leadflow.runs.working import Work
from leadflow.services import organisation, privacy

KIND = "retention"
CHUNK = 100
IN_TRASH = timedelta(days=30)

_trash_bins: list[Callable[[datetime], int]] = []


def idle(at: datetime) -> QuerySet[Lead]:
    """Leads without any sign of life for the policy's months before `at`; none without a policy.

    A customer, a lead with a step ahead and one who opened or clicked since are not idle.
    """
    months = Organisation.current().retention_months
    if not months:
        return Lead.objects.none()
    before = _months_before(at, months)
    return (
        Lead.objects.filter(created_at__lt=before)
        .exclude(last_activity_at__gte=before)
        .exclude(next_step_at__gte=at)
        .remembered()
        .exclude(pk__in=Customer.objects.filter(lead__isnull=False).values("lead"))
        .exclude(engagements__occurred_at__gte=before)
        .order_by("pk")
    )


def dry_run(at: datetime | None = None, *, after: int = 0, limit: int = 1_001) -> list[int]:
    """The ids of the leads that the policy would erase now, by id, at most `limit` of those idle."""
    rows = idle(at or clock.now()).filter(pk__gt=after)
    ids = list(rows.values_list("pk", flat=True)[:limit])
    spared = privacy.kept(ids)
    return [pk for pk in ids if pk not in spared]


def confirm(*, by: User | None, at: datetime | None = None) -> Organisation:
    """The dry run was looked at: from now on each night erases. Conflict without a policy."""
    if not Organisation.current().retention_months:
        raise Conflict(_("Say first for how many months idle leads are kept."))
    return organisation.change(by=by, retention_confirmed_at=at or clock.now())


def pause(*, by: User | None) -> Organisation:
    """Erase nobody until somebody confirms again."""
    return organisation.change(by=by, retention_confirmed_at=None)


def begin_once_a_night(at: datetime) -> Run | None:
    """Begin the night's run where the policy is confirmed and today's has not begun."""
    current = Organisation.current()
    if not current.retention_months or current.retention_confirmed_at is None:
        return None
    return services.start_nightly(KIND, local=here(at), args={"at": at.isoformat()}, at=at)


def work(work: Work) -> Mapping[str, Any]:
    """Erase chunk by chunk those whom the dry run of the run's moment names and who are idle still.

    Pausing the policy stops a run under way.
    """
    at = datetime.fromisoformat(str(work.args["at"]))
    erased, last = int(work.checkpoint.get("erased", 0)), int(work.checkpoint.get("last", 0))
    while Organisation.current().retention_confirmed_at:
        ids = list(idle(at).filter(pk__gt=last).values_list("pk", flat=True)[:CHUNK])
        if not ids:
            break
        with work.chunk() as chunk:
            going = set(ids) - privacy.kept(ids)
            erased += privacy.erase_many(lead_ids=going, by=None)
            last = ids[-1]
            chunk.by, chunk.checkpoint = len(going), {"last": last, "erased": erased}
    return {"erased": erased}


def register_trash(empty: Callable[[datetime], int]) -> None:
    """Let a package's trash be emptied: `empty(before)` drops what was put there before, returns how many."""
    _trash_bins.append(empty)


def empty_trash(at: datetime | None = None) -> int:
    """Drop for good what has been in the trash for 30 days; returns how many records."""
    before = (at or clock.now()) - IN_TRASH
    return _empty_leads(before) + sum(empty(before) for empty in _trash_bins)


def _empty_leads(before: datetime) -> int:
    """Who was thrown away leaves an anonymous row behind; her address stays free. An open deal keeps
    its person: it has to be closed or thrown away as well."""
    rows = Lead.objects.filter(deleted_at__lt=before, merged_into=None).order_by("pk")
    thrown = rows.remembered().values_list("pk", flat=True)
    ids = list(thrown[: 10 * CHUNK])
    going = sorted(set(ids) - privacy.kept(ids))[:CHUNK]
    return privacy.erase_many(lead_ids=going, by=None, suppressing=False) if going else 0


def install() -> None:
    """Make the run known; called once by apps.py."""
    registry.register(
        registry.RunKind(KIND, gettext_lazy("Erase idle leads"), work, result_url=_result_url)
    )


def _result_url(_result: Mapping[str, Any]) -> str:
    return "/settings/privacy/retention/"


def _months_before(at: datetime, months: int) -> datetime:
    index = at.year * 12 + at.month - 1 - months
    return at.replace(year=index // 12, month=index % 12 + 1, day=min(at.day, 28))
