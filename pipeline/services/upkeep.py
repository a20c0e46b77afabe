"""What keeps boards fast while nobody looks, and what proves that their totals are right."""

from django.db import transaction

from pipeline.models import Pipeline
from pipeline.services import totals
from pipeline.services.deals.locking import raise_boards
from pipeline.services.deals.placing import spread, tired_stages


def spread_tired() -> int:
    """Spread every column whose ranks have grown long; returns how many columns."""
    stages = tired_stages()
    for stage in stages:
        with transaction.atomic():
            raise_boards([stage.pipeline_id])
            spread(stage)
    return len(stages)


def recompute() -> int:
    """Count the totals of every board anew; returns how many rows were wrong."""
    return sum(totals.rebuild(pipeline) for pipeline in Pipeline.objects.all())
