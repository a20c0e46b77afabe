"""How the log is doing: what waits, for how long, what happened lately, what failed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Count, F

from leadflow.events import registry
from leadflow.events.kinds import Kind
from leadflow.events.models import Event, EventFailure
from leadflow.kit import clock

DAY = timedelta(hours=24)
MANY = 10_000


@dataclass(frozen=True)
class Health:
    """The relay at a glance. `lag` is the age of the oldest fact that nobody reacted to yet."""

    waiting: int
    lag: timedelta | None
    usual: timedelta | None
    failures: int

    @property
    def usual_seconds(self) -> float | None:
        """How long a fact usually waits for its reactions."""
        return self.usual.total_seconds() if self.usual is not None else None


def health(at: datetime | None = None) -> Health:
    """How far behind the relay is."""
    at = at or clock.now()
    pending = Event.objects.filter(dispatched_at=None)
    oldest = pending.order_by("id").values_list("recorded_at", flat=True).first()
    lately = Event.objects.exclude(dispatched_at=None).order_by("-id").values("pk")[:1_000]
    usual = Event.objects.filter(pk__in=lately).aggregate(
        wait=Avg(F("dispatched_at") - F("recorded_at"))
    )
    return Health(
        waiting=pending.order_by()[:MANY].count(),
        lag=at - oldest if oldest else None,
        usual=usual["wait"],
        failures=EventFailure.objects.filter(state=EventFailure.State.OPEN).count(),
    )


@dataclass(frozen=True)
class Reaction:
    """A handler in the flow, and how many of its failures are open."""

    name: str
    about: str
    is_history_safe: bool
    failures: int


@dataclass(frozen=True)
class Row:
    """A kind of event: who reacts, in order, and how often it happened in a day."""

    kind: str
    about: str
    reactions: Sequence[Reaction]
    count: int


def flow(at: datetime | None = None) -> list[Row]:
    """The table of reactions with its counts; reactions to everything come first, under `*`."""
    since = (at or clock.now()) - DAY
    counts = dict(
        Event.objects.filter(recorded_at__gt=since)
        .order_by()
        .values_list("kind")
        .annotate(n=Count("pk"))
    )
    failures = dict(
        EventFailure.objects.filter(state=EventFailure.State.OPEN)
        .order_by()
        .values_list("handler")
        .annotate(n=Count("pk"))
    )
    table = registry.reactions()
    rows = [Row(k, k.about, _reactions(table.get(k, []), failures), counts.get(k, 0)) for k in Kind]
    every = Row(
        registry.ALL, "", _reactions(table.get(registry.ALL, []), failures), sum(counts.values())
    )
    return [every, *rows]


def _reactions(handlers: Sequence[registry.Handler], failures: dict[str, int]) -> list[Reaction]:
    return [
        Reaction(
            name=short_name(registry.name_of(handler)),
            about=(handler.__doc__ or "").strip().split("\n")[0],
            is_history_safe=registry.is_history_safe(handler),
            failures=failures.get(registry.name_of(handler), 0),
        )
        for handler in handlers
    ]


def short_name(handler: str) -> str:
    """`qualification.score_new` for qualification.handlers.score_new."""
    return handler.removeprefix("leadflow.").replace(".handlers.", ".")


def open_failures(limit: int = 100) -> list[EventFailure]:
    """Failures that wait for somebody, latest first, with their events."""
    rows = EventFailure.objects.filter(state=EventFailure.State.OPEN).select_related("event")
    return list(rows.order_by("-last_at", "-id")[:limit])
