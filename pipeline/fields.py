"""What rules about people may ask about their deals."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as lazy

from leadflow.conditions.fields import register
from leadflow.conditions.grammar import Field, Type
from leadflow.conditions.sql import Many
from pipeline.models import PipelineStage


def _stages() -> Iterable[tuple[int, str]]:
    rows = PipelineStage.objects.select_related("pipeline").order_by(
        "pipeline__position", "position"
    )
    return [(stage.pk, f"{stage.pipeline.name}: {stage.name}") for stage in rows]


DEAL_STAGE = Field(
    "deal.stage",
    lazy("Stage of her deals"),
    Type.REFERENCES,
    choices_from=_stages,
    sql=Many("pipeline.Deal", "lead", "stage", {"deleted_at": None}),
    group=lazy("Where she stands"),
)


def install() -> None:
    """Make the fields known to rules; called once by apps.py."""
    register(DEAL_STAGE)
