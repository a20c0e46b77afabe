"""Scoring everybody, as a run: after a publishing, and once a day as the safety net."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from leadflow.conditions.zone import here
from leadflow.kit import clock
from leadflow.models import Lead
from leadflow.people.models import User
from leadflow.rulesets.models import RuleVersion
from leadflow.runs import registry, services
from leadflow.runs.models import Run
from leadflow.runs.working import Work
from leadflow.segments import services as segments
from qualification.services import buying, scoring

CHUNK = 500


def begin(version: RuleVersion, *, offer: bool, enrol: bool, by: User | None) -> Run:
    """Score everybody by a version that was just published. Without `offer` its own crossings are
    written down and offered to nobody, without `enrol` they start no sequence."""
    args = {"version": version.pk, "offer": offer, "enrol": enrol}
    return services.start(scoring.CHANGEOVER, args, by=by)


def sweep_once_a_day(at: datetime) -> Run | None:
    """Begin the day's sweep, unless today's has begun already or the night is not over midnight."""
    return services.start_nightly(scoring.CHANGEOVER, local=here(at))


def running() -> Run | None:
    """The change-over that is at work, if any is."""
    return Run.objects.filter(kind=scoring.CHANGEOVER, finished_at=None).order_by("-pk").first()


def work(work: Work) -> Mapping[str, Any]:
    """Chunk by chunk by id, so that a run that was killed goes on where it stood."""
    work.expect(Lead.objects.living().count())
    changed = int(work.checkpoint.get("changed", 0))
    publishing_buyers = buying.PUBLISHED in work.args
    while ids := scoring.slice_after(int(work.checkpoint.get("last", 0)), CHUNK):
        with work.chunk() as chunk:
            if not publishing_buyers:
                changed += scoring.rescore(ids, quiet=True)
            changed += buying.settle(ids, by_publishing=publishing_buyers)
            chunk.by, chunk.checkpoint = len(ids), {"last": ids[-1], "changed": changed}
    if "version" in work.args:
        with work.chunk() as chunk:
            # a score may cross the line of a segment without a fact of its own: a change of cell
            quiet = not work.args.get("enrol")
            segments.refresh_reading("score.", at=clock.now(), by_publishing=quiet)
            chunk.by = 0
    return {"changed": changed}


def install() -> None:
    """Make the run known; called once by apps.py."""
    registry.register(
        registry.RunKind(
            scoring.CHANGEOVER, _("Score everybody"), work, result_url=lambda _result: "/scoring/"
        )
    )
