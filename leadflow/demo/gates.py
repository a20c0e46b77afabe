"""What the stages of the demo ask of a deal, and how many deals they hold; gone with the demo."""

from collections.abc import Mapping
from typing import Any

from leadflow.demo.telling import Story
from leadflow.people.models import User
from pipeline.models import PipelineStage, StageCheck
from pipeline.services import pipelines

_GATES: Mapping[str, Mapping[str, Any]] = {
    "Proposal": {
        "required": ["amount"],
        "checklist": ["Budget is confirmed", "The decider was at the table"],
    },
    "Negotiation": {
        "required": ["expected_close_on"],
        "checklist": ["The proposal was gone through together"],
        "wip_limit": 8,
    },
    "Contract": {"checklist": ["Legal has read it"], "wip_limit": 6},
    "Won": {"checklist": ["The contract is signed", "The day of building is agreed"]},
}
_NOTHING: Mapping[str, Any] = {"required": [], "checklist": [], "wip_limit": None}


def put_up(story: Story) -> None:
    """Let stages ask from now on; the deals that stand there came in before."""
    won = PipelineStage.objects.filter(pipeline=story.cast.stages[0].pipeline_id, kind="won")
    for stage in [*story.cast.stages, *won]:
        if stage.name in _GATES:
            _change(stage, _GATES[stage.name], story.cast.admin)


def take_down() -> None:
    """Let the stages ask nothing again, where they still ask what the demo asked."""
    told = {words for gate in _GATES.values() for words in gate["checklist"]}
    lines = StageCheck.objects.filter(stage__name__in=_GATES, words__in=told)
    for stage in PipelineStage.objects.filter(pk__in=lines.values("stage")):
        _change(stage, _NOTHING, None)
    lines.delete()


def _change(stage: PipelineStage, asked: Mapping[str, Any], by: User | None) -> None:
    kept = {"name": stage.name, "probability": stage.probability}
    pipelines.change_stage(stage, values={**kept, **asked}, by=by)
