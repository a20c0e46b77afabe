"""Which variants a document has, and which of them a person sees."""

from collections.abc import Iterable
from dataclasses import dataclass

from leadflow.experiments.models import Experiment, Variant
from leadflow.kit import stats


@dataclass(frozen=True, slots=True)
class Arm:
    """One variant as it is shared out."""

    pk: int
    key: str
    weight: int
    version: int


@dataclass(frozen=True, slots=True)
class Trial:
    """An experiment that was started: nothing of it changes but that it stops."""

    pk: int
    salt: str
    is_running: bool
    arms: tuple[Arm, ...]

    def share_out(self, person: str) -> Arm:
        """The arm of a person: always the same for the same key."""
        weights = {arm.key: arm.weight for arm in self.arms}
        chosen = stats.shared_out(self.salt, person, weights)
        return next(arm for arm in self.arms if arm.key == chosen)

    def arm(self, pk: int | None) -> Arm | None:
        """The arm of that number, where it is one of these."""
        return next((arm for arm in self.arms if arm.pk == pk), None)


def latest(kind: str, subject_id: int) -> Trial | None:
    """The experiment that runs on a document, else the one that was stopped last; one query.

    A stopped one is needed still: pages that were opened before its end are sent after it.
    """
    rows = Variant.objects.filter(experiment__kind=kind, experiment__subject_id=subject_id)
    rows = rows.exclude(experiment__state=Experiment.State.DRAFT).select_related("experiment")
    found = list(rows.defer("draft").order_by("-experiment_id", "key")[:MOST])
    return _trial([row for row in found if row.experiment_id == found[0].experiment_id])


MOST = 5  # variants of one experiment


def _trial(rows: Iterable[Variant]) -> Trial | None:
    rows = list(rows)
    if not rows:
        return None
    of = rows[0].experiment
    arms = tuple(Arm(row.pk, row.key, row.weight, row.version or 0) for row in rows)
    return Trial(of.pk, of.salt, of.is_running, arms)


def open_on(kind: str, subject_id: int) -> Experiment | None:
    """The one that is being made or runs, if any."""
    rows = Experiment.objects.exclude(state=Experiment.State.STOPPED)
    return rows.filter(kind=kind, subject_id=subject_id).first()


def is_running_on(kind: str, subject_id: int) -> bool:
    """Whether visitors of a document are shared out at this moment."""
    rows = Experiment.objects.filter(state=Experiment.State.RUNNING)
    return rows.filter(kind=kind, subject_id=subject_id).exists()
