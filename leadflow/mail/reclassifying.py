"""Judging clicks and opens again, of a span of time, after the rules or the known networks changed.

What would change can be counted first. Facts follow the verdicts and scores follow the facts, as with a hit
that comes later (`leadflow.mail.engagement`). Many are judged by a run; whoever has a shell by a command.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.mail import engagement
from leadflow.mail.models import Delivery, Hit
from leadflow.models import Engagement
from leadflow.people.models import User
from leadflow.runs import registry
from leadflow.runs import services as runs
from leadflow.runs.models import Run
from leadflow.runs.working import Work

KIND = "reclassify"
CHUNK = 100
HOLDS = timedelta(days=1)  # so long a count stands for what judging again would do
SPANS = (7, 30, 90, 365)  # days that the page offers
_Actor = Engagement.Actor


@dataclass
class Turned:
    """How many hits of how many messages were looked at, and about how many it changed who did them."""

    messages: int = 0
    hits: int = 0
    changed: Counter[str] = field(default_factory=Counter)  # "human>machine": how many

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Turned":
        """From a checkpoint or a result."""
        changed = Counter(told.get("changed", {}))
        return cls(told.get("messages", 0), told.get("hits", 0), changed)

    def as_json(self) -> dict[str, Any]:
        """For a checkpoint, a result or a script."""
        return {
            "messages": self.messages,
            "hits": self.hits,
            "changed": dict(sorted(self.changed.items())),
        }

    @property
    def total(self) -> int:
        """About how many hits it changed."""
        return sum(self.changed.values())

    @property
    def lines(self) -> list[tuple[str, str, int]]:
        """(from, to, how many) in words, the most first."""
        names = {str(one): str(one.label) for one in _Actor}
        found = []
        for key, n in self.changed.most_common():
            before, _sign, after = key.partition(">")
            found.append((names.get(before, before), names.get(after, after), n))
        return found

    def take(self, delivery: Delivery, *, dry: bool) -> None:
        """Look at one message, or judge it anew."""
        self.messages += 1
        self.hits += Hit.objects.filter(delivery=delivery).count()
        if dry:
            judged = engagement.look_at(delivery)
            pairs = judged.turned if judged else []
        else:
            pairs = engagement.judge(delivery)
        self.changed.update(f"{before}>{after}" for before, after in pairs)


def standing(*, days: int = 30) -> dict[str, dict[str, int]]:
    """{clicks or opens: {who: how many}} of the last days."""
    since = clock.to_real(clock.now()) - timedelta(days=days)
    rows = Hit.objects.filter(at__gt=since).exclude(kind=Hit.Kind.TRAP).order_by()
    found: dict[str, dict[str, int]] = {}
    for kind, who, n in rows.values_list("kind", "verdict").annotate(n=Count("pk")):
        found.setdefault(kind, {})[who] = n
    return found


def reclassify(
    *, since: datetime | None = None, dry: bool = False, by: User | None = None
) -> Turned:
    """Judge again, here and now, every message that was opened or clicked since; with `dry` only count."""
    found, after = Turned(), 0
    while ids := _next(after, since):
        with transaction.atomic():
            _take(ids, found, dry=dry)
        after = ids[-1]
    if not dry:
        with transaction.atomic():
            _tell(found, since, by)
    return found


def _next(after: int, since: datetime | None) -> list[int]:
    """The next messages with hits since then, by their ids."""
    rows = Delivery.objects.filter(pk__gt=after, hits__isnull=False)
    if since is not None:
        rows = Delivery.objects.filter(pk__gt=after, hits__at__gt=since)
    return list(rows.order_by("pk").values_list("pk", flat=True).distinct()[:CHUNK])


def _take(ids: list[int], found: Turned, *, dry: bool) -> None:
    rows = Delivery.objects.filter(pk__in=ids).order_by("pk")
    for delivery in rows if dry else rows.select_for_update(of=("self",)):
        found.take(delivery, dry=dry)


def _tell(found: Turned, since: datetime | None, by: User | None) -> None:
    day = since.date().isoformat() if since else ""
    data = {"count": found.total, "hits": found.hits, "since": day}
    record(Kind.HITS_RECLASSIFIED, by=by, data=data)


# --- By a run, from the page ----------------------------------------------------------------------------


def count(*, days: int | None, by: User) -> Run:
    """Count what judging again would change. Raises Conflict where one is under way."""
    since = clock.to_real(clock.now()) - timedelta(days=days) if days else None
    args = {"since": since.isoformat() if since else None, "days": days, "dry": True}
    return runs.start(KIND, args, by=by, key=KIND)


def apply(*, run_id: int, by: User) -> Run:
    """Judge again what this run counted. Raises Invalid for what is no finished count, Conflict for one
    that is older than a day."""
    run = Run.objects.filter(kind=KIND, pk=run_id).first()
    if run is None or not run.args.get("dry") or run.state != Run.State.DONE:
        raise Invalid(_("See first what would change."))
    if run.finished_at is None or run.finished_at < clock.now() - HOLDS:
        raise Conflict(_("That was counted more than a day ago. Count it once more."))
    return runs.start(KIND, {**run.args, "dry": False}, by=by, key=KIND)


def newest() -> Run | None:
    """The run that was asked for last."""
    return Run.objects.filter(kind=KIND).exclude(state=Run.State.CANCELLED).order_by("-pk").first()


def work(work: Work) -> dict[str, Any]:
    """The run: some messages at a time, each chunk in one commit with where it ends."""
    told = work.args.get("since")
    since, dry = parse_datetime(told) if told else None, bool(work.args["dry"])
    rows = Hit.objects.filter(at__gt=since) if since else Hit.objects.all()
    work.expect(rows.values("delivery").distinct().count())
    while True:
        found = Turned.read(work.checkpoint.get("found", {}))
        ids = _next(work.checkpoint.get("after", 0), since)
        if not ids:
            break
        with work.chunk() as chunk:
            _take(ids, found, dry=dry)
            chunk.by = len(ids)
            chunk.checkpoint = {"after": ids[-1], "found": found.as_json()}
    if not dry:
        with transaction.atomic():
            _tell(found, since, work.asker)
    return found.as_json()


def install() -> None:
    """Make the kind of run known; called once by apps.py."""
    registry.register(
        registry.RunKind(
            KIND, lazy("Judging clicks and opens again"), work,
            result_url=lambda _args: "/settings/clicks/",
        )
    )  # fmt: skip
