"""A small trade history, made by the product's own services at given times."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from leadflow.insights import rollups
from leadflow.insights.asking import Ask, everything
from leadflow.insights.figures import Figures
from leadflow.kit.periods import Period
from leadflow.models import Lead
from pipeline.models import PipelineStage, StageKind
from pipeline.services import deals, pipelines

Q2 = Period(date(2026, 4, 1), date(2026, 7, 1))
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)


def asked(user=None, period=Q2, at=NOW, **narrow):
    """The figures of a question, after everything was counted."""
    rollups.rebuild()
    return Figures(Ask(user or everything(), period, at, **narrow))


def days(count, hours=0):
    """So long after the first of April 2026, noon."""
    return datetime(2026, 4, 1, 12, tzinfo=UTC) + timedelta(days=count, hours=hours)


def stage_of(kind, name=None):
    """A stage of the standard pipeline."""
    rows = PipelineStage.objects.filter(pipeline=pipelines.ensure_default(), kind=kind)
    return rows.filter(name=name).get() if name else rows.order_by("position").first()


def bring(kind=StageKind.OPEN, *, opened, closed=None, amount=1000, owner=None, **fields):
    """A deal with its dates, as an import brings it."""
    opening = deals.Opening(
        name=fields.pop("name", "A deal"),
        stage=stage_of(kind),
        amount=None if amount is None else Decimal(amount),
        opened_at=opened,
        is_dated=opened is not None or closed is not None,
        closed_at=closed,
        owner=owner,
        **fields,
    )
    return deals.open_many([opening], by=None, at=NOW, origin="import")[0].deal


def again(lead):
    """The person as she stands by now."""
    return lead and Lead.objects.get(pk=lead.pk)
