"""What the screens of distribution show."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, OuterRef, Prefetch, Q, QuerySet, Subquery

from distribution.models import Assignment, Pool, PoolMember, ResponseClock
from leadflow.handover.models import Handover
from leadflow.models import Lead
from leadflow.people.models import User


def waiting_for(user: User) -> QuerySet[Handover]:
    """Hand-overs that wait for this person: of leads she owns, the most urgent first."""
    return _shown(Handover.objects.visible_to(user).open().filter(lead__owner=user))


def open_for(user: User) -> QuerySet[Handover]:
    """Every open hand-over that she may decide about."""
    return _shown(Handover.objects.visible_to(user).open())


def decided_for(user: User) -> QuerySet[Handover]:
    """Those that were answered, newest first."""
    rows = Handover.objects.visible_to(user).exclude(state=Handover.State.OFFERED)
    return rows.select_related(
        "lead__company", "lead__owner", "lead__score", "decided_by"
    ).order_by("-decided_at", "-pk")


def _shown(rows: QuerySet[Handover]) -> QuerySet[Handover]:
    newest = Assignment.objects.filter(lead=OuterRef("lead")).order_by("-at", "-pk")
    return (
        rows.select_related("lead__company", "lead__owner", "lead__score", "lead__source")
        .annotate(routed=Subquery(newest.values("reason")[:1]))
        .order_by("due_at", "pk")
    )


@dataclass(frozen=True)
class OfLead:
    """What a lead's page says about hand-over and routing."""

    handover: Handover | None
    assignment: Assignment | None
    clock: ResponseClock | None


def of_lead(lead: Lead) -> OfLead:
    """The newest hand-over, routing decision and response clock of a lead."""
    return OfLead(
        Handover.objects.filter(lead=lead)
        .select_related("decided_by")
        .order_by("-offered_at")
        .first(),
        Assignment.objects.filter(lead=lead)
        .select_related("owner", "pool")
        .order_by("-at")
        .first(),
        ResponseClock.objects.filter(lead=lead).order_by("-started_at").first(),
    )


def running_clocks(user: User) -> QuerySet[ResponseClock]:
    """Clocks of leads that she owns and that still run, the most urgent first."""
    mine = Lead.objects.visible_to(user).active().filter(owner=user)
    rows = ResponseClock.objects.filter(touched_at=None, lead__in=mine)
    return rows.select_related("lead__company", "lead__score").order_by("due_at", "pk")


def missed_clocks(at: datetime) -> QuerySet[ResponseClock]:
    """Clocks that ran out before anybody reached out; who had left the funnel by then missed nothing."""
    late = Q(touched_at=None) | Q(touched_at__gt=F("due_at"))
    gone = Q(cycle__disqualified_at__lte=F("due_at")) | Q(cycle__recycled_at__lte=F("due_at"))
    return ResponseClock.objects.filter(late, due_at__lt=at).exclude(gone)


def first_touches(leads: Any) -> "QuerySet[Any, Any]":
    """(lead, when it first went to somebody, when she first reached out) of these; insights counts on it."""
    rows = ResponseClock.objects.filter(lead__in=leads).order_by("lead_id", "started_at", "pk")
    return rows.distinct("lead_id").values_list("lead_id", "started_at", "touched_at")


def fallback_queue(user: User) -> QuerySet[Lead]:
    """Leads that routing could give to nobody and that still have no owner."""
    unowned = Assignment.objects.filter(owner=None).values("lead")
    rows = Lead.objects.visible_to(user).active().filter(owner=None, pk__in=unowned)
    return rows.select_related("company", "score").order_by("-created_at")


def pools() -> QuerySet[Pool]:
    """Pools in use with their members."""
    members = PoolMember.objects.select_related("user").order_by("user__name")
    return (
        Pool.objects.filter(is_archived=False)
        .prefetch_related(Prefetch("members", queryset=members))
        .annotate(size=Count("members"))
        .order_by("name", "pk")  # a grouped statement forgets the order of its model
    )


def recent_decisions(user: User, limit: int = 20) -> QuerySet[Assignment]:
    """The newest decisions about leads that the user may see, for the page that explains them."""
    rows = Assignment.objects.filter(lead__in=Lead.objects.visible_to(user).values("pk"))
    return rows.select_related("lead", "owner", "pool").order_by("-at", "-pk")[:limit]


def shown_rules(document: dict[str, Any], sentences: dict[str, str]) -> list[dict[str, Any]]:
    """The rules of a policy as the page shows them: name, sentence, pool."""
    names = dict(Pool.objects.values_list("pk", "name"))
    return [
        {
            "name": rule["name"],
            "sentence": sentences.get(rule["name"], ""),
            "pool": names.get(rule["pool"], "?"),
        }
        for rule in document.get("rules", [])
    ]


def open_pools() -> list[Pool]:
    """The pools that leads can be sent to, by name."""
    return list(Pool.objects.filter(is_archived=False).order_by("name"))
