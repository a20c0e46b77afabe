"""Pipelines and their stages, deals and what hangs on them."""

from pipeline.models.conversion import Conversion
from pipeline.models.deal import Deal, DealLine
from pipeline.models.pipeline import (
    BoardRevision,
    ForecastCategory,
    LostReason,
    Pipeline,
    PipelineStage,
    StageKind,
    StageTotal,
)
from pipeline.models.product import Product

__all__ = [
    "BoardRevision",
    "Conversion",
    "Deal",
    "DealLine",
    "ForecastCategory",
    "LostReason",
    "Pipeline",
    "PipelineStage",
    "Product",
    "StageKind",
    "StageTotal",
]
