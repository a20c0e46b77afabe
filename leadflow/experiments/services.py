"""What happens to an experiment: made, arranged, started, stopped. What its variants show is its owner's.

The package whose document is varied gives the document's content at the making, freezes versions at the
start, and shows the winner at the stop, each in the caller's transaction.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.experiments.models import Experiment, Variant
from leadflow.experiments.selectors import MOST, open_on
from leadflow.kit.clock import now
from leadflow.models import Origin
from leadflow.people.models import User

KEYS = "abcde"


@transaction.atomic
def begin(
    *,
    kind: str,
    subject_id: int,
    content: Mapping[str, Any],
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Experiment:
    """An experiment on a document: A is what is live, B a copy of it to be changed.

    Raises Conflict where one is open already.
    """
    if open_on(kind, subject_id):
        raise Conflict(_("There is an A/B test already. Stop or discard it first."))
    at = at or now()
    made = Experiment.objects.create(
        kind=kind, subject_id=subject_id, created_at=at, created_by=by, origin=origin
    )
    for key in KEYS[:2]:
        _variant(made, key, content, by, at)
    return made


def _variant(
    experiment: Experiment, key: str, content: Mapping[str, Any], by: User | None, at: datetime
) -> Variant:
    draft = dict(content)
    return Variant.objects.create(
        experiment=experiment, key=key, draft=draft, draft_saved_at=at, draft_saved_by=by
    )


@transaction.atomic
def add_variant(*, experiment: Experiment, by: User | None, at: datetime | None = None) -> Variant:
    """One more copy of A. Raises Conflict for a sixth, or where it was started."""
    locked = locked_draft(experiment)
    rows = list(locked.variants.all())
    if len(rows) >= MOST:
        raise Conflict(_("An A/B test has at most five variants."))
    free = next(key for key in KEYS if key not in {row.key for row in rows})
    return _variant(locked, free, rows[0].draft, by, at or now())


@transaction.atomic
def remove_variant(*, variant: Variant, by: User | None) -> None:
    """Leave a variant out again; A and one other stay. Raises Conflict."""
    del by
    locked = locked_draft(variant.experiment)
    if variant.is_control or locked.variants.count() <= 2:
        raise Conflict(_("A and one other variant stay. Discard the A/B test instead."))
    locked.variants.filter(pk=variant.pk).delete()


@transaction.atomic
def arrange(
    *,
    experiment: Experiment,
    goal: str,
    goal_days: int,
    look_days: int,
    variants: Mapping[str, tuple[int, str]],
    by: User | None,
) -> Experiment:
    """Set the goal, the day of decision, and each variant's share and what is different about it."""
    del by
    locked = locked_draft(experiment)
    locked.goal, locked.goal_days, locked.look_days = goal, goal_days, look_days
    locked.save(update_fields=["goal", "goal_days", "look_days"])
    rows = list(locked.variants.filter(key__in=variants))
    for row in rows:
        row.weight, row.label = variants[row.key]
    Variant.objects.bulk_update(rows, ["weight", "label"])
    return locked


def start(
    *, experiment: Experiment, versions: Mapping[str, int], by: User | None, at: datetime
) -> None:
    """Share visitors out from now on; `versions` says what each variant shows. `experiment` is locked."""
    rows = list(experiment.variants.all())
    for row in rows:
        row.version = versions[row.key]
    Variant.objects.bulk_update(rows, ["version"])
    experiment.state = Experiment.State.RUNNING
    experiment.started_at, experiment.started_by = at, by
    experiment.save(update_fields=["state", "started_at", "started_by"])


def stop(
    *, experiment: Experiment, winner: Variant | None, by: User | None, at: datetime
) -> Experiment:
    """Share nobody out any more. Raises Conflict where it does not run."""
    locked = Experiment.objects.select_for_update().get(pk=experiment.pk)
    if not locked.is_running:
        raise Conflict(_("This A/B test does not run."))
    locked.state, locked.winner = Experiment.State.STOPPED, winner
    locked.stopped_at, locked.stopped_by = at, by
    locked.save(update_fields=["state", "winner", "stopped_at", "stopped_by"])
    return locked


@transaction.atomic
def discard(*, experiment: Experiment, by: User | None) -> None:
    """Throw away one that was never started, with its copies."""
    del by
    locked_draft(experiment).delete()


def locked_draft(experiment: Experiment) -> Experiment:
    """The row, held until the transaction ends. Raises Conflict where it was started meanwhile."""
    locked = Experiment.objects.select_for_update().filter(pk=experiment.pk).first()
    if locked is None or not locked.is_draft:
        raise Conflict(_("This A/B test was started or discarded. Reload the page."))
    return locked
