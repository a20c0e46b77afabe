"""What keeps boards fast while nobody looks, and what proves that their totals are right."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from leadflow.history import changes
from leadflow.models import Activity, Note
from leadflow.models.erasing import erasing
from pipeline.models import Deal, Pipeline
from pipeline.services import papers, totals
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


def empty_trash(before: datetime) -> int:
    """Drop the deals that were put in the trash before, with what hangs on them alone."""
    ids = list(Deal.objects.filter(deleted_at__lt=before).values_list("pk", flat=True)[:500])
    with transaction.atomic():
        papers.forget(ids, papers.notes_of_trashed(ids))
        theirs = Q(subject_ref__in=[f"deal:{pk}" for pk in ids], lead=None)
        Activity.objects.filter(theirs).delete()
        Note.objects.filter(theirs).delete()
        changes.forget(Deal, ids)
        with erasing():  # what customers answered to quotes goes with the deal
            Deal.objects.filter(pk__in=ids).delete()
    return len(ids)
