"""Pipelines, their stages and the reasons for losing: what an admin keeps."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.people.models import User
from pipeline import rules
from pipeline.models import (
    BoardRevision,
    Deal,
    ForecastCategory,
    LostReason,
    Pipeline,
    PipelineStage,
    StageKind,
)
from pipeline.services.deals import gating
from pipeline.services.deals.locking import raise_boards

_C = ForecastCategory
# name, kind, probability, planned days, quiet days, forecast category
STANDARD: Sequence[tuple[str, str, int, int | None, int | None, str]] = (
    ("Qualified", StageKind.OPEN, 20, 14, 10, _C.PIPELINE),
    ("Discovery", StageKind.OPEN, 40, 14, 10, _C.PIPELINE),
    ("Proposal", StageKind.OPEN, 60, 14, 7, _C.BEST),
    ("Negotiation", StageKind.OPEN, 80, 14, 7, _C.COMMIT),
    ("Contract", StageKind.OPEN, 90, 7, 5, _C.COMMIT),
    ("Won", StageKind.WON, 100, None, None, _C.CLOSED),
    ("Lost", StageKind.LOST, 0, None, None, _C.OMITTED),
)
# name, asks which competitor, counts in the win rate
REASONS: Sequence[tuple[str, bool, bool]] = (
    ("Price", False, True),
    ("Competitor", True, True),
    ("No decision", False, True),
    ("Timing", False, True),
    ("Missing feature", False, True),
    ("No budget", False, True),
    ("Lost contact", False, True),
    ("Bad fit", False, True),
    ("Legal", False, True),
    ("Duplicate", False, False),
    ("Bad data", False, False),
)


@transaction.atomic
def ensure_default() -> Pipeline:
    """The first pipeline; on an empty installation it is made, with the usual stages and reasons."""
    found = Pipeline.objects.in_use().first()
    if found:
        return found
    if not LostReason.objects.exists():
        LostReason.objects.bulk_create(
            LostReason(name=name, asks_competitor=asks, counts=counts, position=position)
            for position, (name, asks, counts) in enumerate(REASONS)
        )
    return create(name="Sales", by=None)


@transaction.atomic
def create(*, name: str, by: User | None) -> Pipeline:
    """Make a pipeline with the usual stages, which the admin then changes."""
    last = Pipeline.objects.aggregate(last=Max("position"))["last"]
    pipeline = Pipeline(
        name=name.strip(), position=0 if last is None else last + 1, created_at=clock.now()
    )
    _save(pipeline)
    BoardRevision.objects.create(pipeline=pipeline)
    PipelineStage.objects.bulk_create(
        PipelineStage(
            pipeline=pipeline, name=stage, kind=kind, probability=probability, position=position,
            expected_days=planned, rot_days=quiet, category=category,
        )
        for position, (stage, kind, probability, planned, quiet, category) in enumerate(STANDARD)
    )  # fmt: skip
    _record(f"pipeline:{pipeline.pk}", None, pipeline.name, by)
    return pipeline


@transaction.atomic
def change(pipeline: Pipeline, *, values: Mapping[str, Any], by: User | None) -> Pipeline:
    """Rename a pipeline, or choose where its probabilities come from."""
    raise_boards([pipeline.pk])
    was = pipeline.name
    for key, value in values.items():
        setattr(pipeline, key, value)
    _save(pipeline)
    _record(f"pipeline:{pipeline.pk}", was, pipeline.name, by)
    return pipeline


@transaction.atomic
def archive(pipeline: Pipeline, *, by: User | None) -> None:
    """Put a pipeline away; its closed deals stay. Raises Conflict while deals are open in it, or
    where it is the last."""
    raise_boards([pipeline.pk])
    count = Deal.objects.living().open().filter(pipeline=pipeline).count()
    if count:
        raise Conflict(
            _("%(count)s open deals stand in it. Move or close them first.") % {"count": count}
        )
    if Pipeline.objects.in_use().count() == 1:
        raise Conflict(_("This is the last pipeline. Make another first."))
    pipeline.archived_at = clock.now()
    pipeline.save(update_fields=["archived_at"])
    _record(f"pipeline:{pipeline.pk}", pipeline.name, None, by)


@transaction.atomic
def add_stage(pipeline: Pipeline, *, values: Mapping[str, Any], by: User | None) -> PipelineStage:
    """Add a stage: an open one after the last open one, another at the end."""
    raise_boards([pipeline.pk])
    kind = values.get("kind", StageKind.OPEN)
    stages = list(pipeline.stages.all())
    before = [s for s in stages if s.kind == StageKind.OPEN] if kind == StageKind.OPEN else stages
    own, checklist = _apart(values)
    stage = PipelineStage(pipeline=pipeline, **{**own, "probability": _probability(values)})
    _save(stage)
    gating.set_checklist(stage, lines=checklist)
    rest = [s for s in stages if s not in before]
    _number([*before, stage, *rest])
    _record(f"stage:{stage.pk}", None, stage.name, by)
    return stage


@transaction.atomic
def change_stage(
    stage: PipelineStage, *, values: Mapping[str, Any], by: User | None
) -> PipelineStage:
    """Change name, probability, planned days, what it asks. Its kind stays: deals stand in it for
    what it means. `checklist` is a list of lines; without it the lines stay."""
    if values.get("kind", stage.kind) != stage.kind:
        raise Conflict(_("A stage keeps its kind. Add another stage and move the deals there."))
    raise_boards([stage.pipeline_id])
    was = stage.name
    own, checklist = _apart(values)
    for key, value in {**own, "kind": stage.kind}.items():
        setattr(stage, key, value)
    stage.probability = _probability({"kind": stage.kind, "probability": stage.probability})
    if stage.historical is not None:  # it leans on the stage's own
        stage.historical = rules.shrunk(stage.decided_won, stage.decided, stage.probability)
    _save(stage)
    gating.set_checklist(stage, lines=checklist)
    _record(f"stage:{stage.pk}", was, stage.name, by)
    return stage


def _apart(values: Mapping[str, Any]) -> tuple[dict[str, Any], Sequence[str] | None]:
    """The stage's own fields, and the lines of its checklist where they were given."""
    own = {key: value for key, value in values.items() if key != "checklist"}
    return own, values.get("checklist")


def _probability(values: Mapping[str, Any]) -> int:
    fixed = {StageKind.WON: 100, StageKind.LOST: 0}.get(values.get("kind", StageKind.OPEN))
    typed = values.get("probability", 50) if fixed is None else fixed
    if fixed is None and not 1 <= typed <= 99:
        raise Invalid(
            _("Look at the probability."), {"probability": [_("Enter a number from 1 to 99.")]}
        )
    return int(typed)


@transaction.atomic
def order_stages(pipeline: Pipeline, *, stage_ids: Sequence[int], by: User | None) -> None:
    """Put the stages in this order. Raises Invalid unless all are named once."""
    raise_boards([pipeline.pk])
    stages = {stage.pk: stage for stage in pipeline.stages.all()}
    if sorted(stages) != sorted(stage_ids):
        raise Invalid(_("The stages changed meanwhile. Look again."))
    _number([stages[pk] for pk in stage_ids])
    _record(f"pipeline:{pipeline.pk}", None, "order", by)


@transaction.atomic
def delete_stage(stage: PipelineStage, *, by: User | None) -> None:
    """Take a stage out. Raises Conflict where deals stand in it, or where the pipeline would lose its
    won stage, its last lost or its last open one."""
    raise_boards([stage.pipeline_id])
    if Deal.objects.filter(stage=stage).exists():
        raise Conflict(_("Deals stand in this stage. Move them first."))
    same = PipelineStage.objects.filter(pipeline=stage.pipeline_id, kind=stage.kind)
    if same.count() == 1:
        raise Conflict(_("Each pipeline keeps a stage of every kind: open, won and lost."))
    key, name = f"stage:{stage.pk}", stage.name
    stage.delete()
    _record(key, name, None, by)


def _number(stages: Sequence[PipelineStage]) -> None:
    for position, stage in enumerate(stages):
        stage.position = position
    PipelineStage.objects.bulk_update(stages, ["position"])


def _save(row: Pipeline | PipelineStage) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        raise Invalid(_("Some values cannot be taken."), error.message_dict) from error
    row.save()


def _record(name: str, was: str | None, to: str | None, by: User | None) -> None:
    record(Kind.SETTING_CHANGED, by=by, data={"name": name, "from": was, "to": to})
