"""Pipelines and their stages, deals and what hangs on them."""

from pipeline.models.competitor import Competitor, DealCompetitor
from pipeline.models.conversion import Conversion
from pipeline.models.deal import Deal, DealLine
from pipeline.models.gate import Ask, DealTick, StageCheck
from pipeline.models.negotiation import Concession, DealOffer, DiscountLimit, Given
from pipeline.models.objection import Objection, ObjectionAnswer, ObjectionKind
from pipeline.models.order import Order, Subscription
from pipeline.models.person import DealPerson
from pipeline.models.pipeline import (
    BoardRevision,
    ForecastCategory,
    LostReason,
    Pipeline,
    PipelineStage,
    StageKind,
    StageTotal,
)
from pipeline.models.product import Billing, Product
from pipeline.models.quote import Quote, QuoteAnswer, QuoteCounter, QuoteVersion
from pipeline.models.share import Share
from pipeline.models.split import DealSplit

__all__ = [
    "Ask",
    "Billing",
    "BoardRevision",
    "Competitor",
    "Concession",
    "Conversion",
    "Deal",
    "DealCompetitor",
    "DealLine",
    "DealOffer",
    "DealPerson",
    "DealSplit",
    "DealTick",
    "DiscountLimit",
    "ForecastCategory",
    "Given",
    "LostReason",
    "Objection",
    "ObjectionAnswer",
    "ObjectionKind",
    "Order",
    "Pipeline",
    "PipelineStage",
    "Product",
    "Quote",
    "QuoteAnswer",
    "QuoteCounter",
    "QuoteVersion",
    "Share",
    "StageCheck",
    "StageKind",
    "StageTotal",
    "Subscription",
]
