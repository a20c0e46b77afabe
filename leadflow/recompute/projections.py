"""The projections: what each must equal, and how it is set right.

Leads whose facts are still on their way (an event not handed on yet) or whose score is of an older
version (a change-over is at work) are left out: they are late, not wrong.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isclose
from typing import Any

from django.db import transaction
from django.db.models import F, Min, OuterRef, Q, QuerySet, Subquery

from leadflow.events.models import Event
from leadflow.insights import rollups
from leadflow.models import Activity, EngagementSum, Lead, LeadCycle, LeadScore
from leadflow.models.stages import ORDER, STAMP, furthest
from leadflow.services.activities import refresh_next_steps
from pipeline.models import Deal, Pipeline
from pipeline.services import totals
from qualification import rules
from qualification.services import models, scoring

SLICE = 1_000


@dataclass(frozen=True)
class Difference:
    """One thing that is kept and does not equal what the facts say."""

    projection: str
    subject: str  # "lead 12"
    kept: Any
    facts: Any
    pk: int

    def __str__(self) -> str:
        return f"{self.projection}, {self.subject}: kept {self.kept}, facts say {self.facts}"


@dataclass(frozen=True)
class Projection:
    """Something kept for speed: how to find where it is wrong, and how to set those right."""

    name: str
    find: Callable[[], Iterable[Difference]]
    repair: Callable[[set[int]], object]


def _settled() -> QuerySet[Lead]:
    late = Event.objects.filter(dispatched_at=None, lead_id__isnull=False).values("lead_id")
    return Lead.objects.living().exclude(pk__in=late)


def _scored() -> Iterator[list[int]]:
    """The leads whose score the live version made, in slices."""
    version = models.live()
    if version is None:
        return
    rows = _settled().filter(score__version=version.pk).order_by("pk")
    ids = list(rows.values_list("pk", flat=True))
    for start in range(0, len(ids), SLICE):
        yield ids[start : start + SLICE]


# --- Running sums of behaviour --------------------------------------------------------------------


def _wrong_sums() -> Iterator[Difference]:
    version = models.live()
    for ids in _scored():
        assert version is not None  # noqa: S101 - `_scored` yields nothing without one
        right = scoring.sums_from_facts(models.compiled(version).model, ids)
        kept = _kept_sums(ids)
        for pk in ids:
            if not _same(kept.get(pk, {}), right.get(pk, {})):
                yield Difference(
                    "engagement sums", f"lead {pk}", kept.get(pk, {}), right.get(pk, {}), pk
                )


def _kept_sums(ids: list[int]) -> dict[int, dict[rules.Key, float]]:
    found: dict[int, dict[rules.Key, float]] = {}
    for row in EngagementSum.objects.filter(lead__in=ids):
        found.setdefault(row.lead_id, {})[(row.group, row.half_life_days)] = row.total
    return found


def _same(one: Mapping[rules.Key, float], other: Mapping[rules.Key, float]) -> bool:
    return one.keys() == other.keys() and all(
        isclose(one[key], other[key], rel_tol=1e-9) for key in one
    )


# --- BANT on the score ----------------------------------------------------------------------------


def _wrong_bant() -> Iterator[Difference]:
    for ids in _scored():
        answers = scoring.bant_of(ids)
        for pk, kept in LeadScore.objects.filter(lead__in=ids).values_list("lead_id", "bant"):
            right = rules.bant_score(answers.get(pk, {}))
            if not isclose(kept, right, abs_tol=1e-6):
                yield Difference("BANT score", f"lead {pk}", kept, right, pk)


# --- The next step --------------------------------------------------------------------------------


def _wrong_steps() -> Iterator[Difference]:
    due = (
        Activity.objects.filter(lead=OuterRef("pk"), done_at=None)
        .order_by()
        .values("lead")
        .annotate(first=Min("due_at"))
        .values("first")
    )
    nothing_kept, nothing_due = Q(next_step_at=None), Q(due=None)
    rows = (
        Lead.objects.living()
        .annotate(due=Subquery(due))
        .filter(
            (nothing_kept & ~nothing_due)
            | (~nothing_kept & nothing_due)
            | (~nothing_kept & ~nothing_due & ~Q(next_step_at=F("due")))
        )
    )
    for pk, kept, first in rows.values_list("pk", "next_step_at", "due"):
        yield Difference("next step", f"lead {pk}", kept, first, pk)


def _repair_steps(ids: set[int]) -> None:
    refresh_next_steps(ids)


# --- Stages ---------------------------------------------------------------------------------------


def _unstamped() -> Iterator[tuple[Lead, LeadCycle]]:
    """Leads who stand in a stage that their newest cycle says was never reached."""
    latest = LeadCycle.objects.order_by("lead_id", "-number").distinct("lead_id")
    missing = Q()
    for stage, column in STAMP.items():
        missing |= Q(lead__stage=stage, **{f"{column}__isnull": True})
    rows = LeadCycle.objects.filter(pk__in=latest.values("pk"), lead__in=Lead.objects.living())
    rows = rows.filter(missing)
    for cycle in rows.select_related("lead").order_by("lead_id"):
        yield cycle.lead, cycle


def _wrong_stamps() -> Iterator[Difference]:
    for lead, _cycle in _unstamped():
        yield Difference("stage stamps", f"lead {lead.pk}", f"no {lead.stage}", lead.stage, lead.pk)


def _repair_stamps(ids: set[int]) -> None:
    for lead, cycle in _unstamped():
        if lead.pk in ids:
            column = STAMP[lead.stage]
            LeadCycle.objects.filter(pk=cycle.pk).update(**{column: lead.stage_since})


def _wrong_furthest() -> Iterator[Difference]:
    rows = Lead.objects.living().exclude(stage=F("furthest_stage"))
    for pk, stage, kept in rows.values_list("pk", "stage", "furthest_stage"):
        if ORDER[stage] > ORDER[kept]:
            yield Difference("furthest stage", f"lead {pk}", kept, stage, pk)


def _repair_furthest(ids: set[int]) -> None:
    for lead in Lead.objects.filter(pk__in=ids).only("pk", "stage", "furthest_stage"):
        right = furthest(lead.furthest_stage, lead.stage)
        Lead.objects.filter(pk=lead.pk).update(furthest_stage=right)


# --- Column totals of the board -------------------------------------------------------------------


def _wrong_totals() -> Iterator[Difference]:
    """Counted anew and taken back: the board keeps the only code that counts."""
    for pipeline in Pipeline.objects.order_by("pk"):
        with transaction.atomic():
            wrong = totals.rebuild(pipeline)
            transaction.set_rollback(True)
        if wrong:
            yield Difference(
                "board totals", f"pipeline {pipeline.pk}", f"{wrong} wrong", "0 wrong", pipeline.pk
            )


def _repair_totals(ids: set[int]) -> None:
    for pipeline in Pipeline.objects.filter(pk__in=ids).order_by("pk"):
        totals.rebuild(pipeline)


# --- The numbers ----------------------------------------------------------------------------------


def _wrong_leads() -> Iterator[Difference]:
    late = Event.objects.filter(dispatched_at=None, lead_id__isnull=False).values("lead_id")
    ids = Lead.objects.exclude(pk__in=late).order_by("pk").values_list("pk", flat=True)
    yield from _wrong_counts("lead", list(ids), rollups.wrong_leads)


def _wrong_deals() -> Iterator[Difference]:
    late = Event.objects.filter(dispatched_at=None, subject_type="pipeline.deal")
    ids = Deal.objects.exclude(pk__in=late.values("subject_id")).order_by("pk")
    yield from _wrong_counts("deal", list(ids.values_list("pk", flat=True)), rollups.wrong_deals)


def _wrong_counts(
    noun: str, ids: list[int], wrong: Callable[[list[int]], Iterator[rollups.Wrong]]
) -> Iterator[Difference]:
    for start in range(0, len(ids), SLICE):
        for one in wrong(ids[start : start + SLICE]):
            subject = f"{noun} {one.subject}"
            yield Difference(f"counted {noun}s", subject, one.kept, one.right, one.subject)


def _wrong_days() -> Iterator[Difference]:
    if wrong := rollups.wrong_sums():
        yield Difference("daily sums", "every day", f"{wrong} wrong", "0 wrong", 0)


PROJECTIONS = [
    Projection("engagement sums", _wrong_sums, scoring.rescore),
    Projection("BANT score", _wrong_bant, scoring.rescore),
    Projection("next step", _wrong_steps, _repair_steps),
    Projection("stage stamps", _wrong_stamps, _repair_stamps),
    Projection("furthest stage", _wrong_furthest, _repair_furthest),
    Projection("board totals", _wrong_totals, _repair_totals),
    Projection("counted leads", _wrong_leads, lambda ids: rollups.take_in(leads=ids)),
    Projection("counted deals", _wrong_deals, lambda ids: rollups.take_in(deals=ids)),
    Projection("daily sums", _wrong_days, lambda _ids: rollups.refold()),
]


def find() -> list[Difference]:
    """Everything that differs."""
    return [found for projection in PROJECTIONS for found in projection.find()]


@transaction.atomic
def repair(found: Iterable[Difference]) -> None:
    """Set right what `find` found."""
    wrong = list(found)
    for projection in PROJECTIONS:
        if ids := {one.pk for one in wrong if one.projection == projection.name}:
            projection.repair(ids)
