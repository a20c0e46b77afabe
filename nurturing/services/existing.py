"""Letting in, with a publishing, those who match already: a few at once, many by a run.

Publishing is not retroactive by itself; this is done only where the publisher asks for it.
"""

from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.errors import Conflict
from leadflow.kit import clock
from leadflow.people.models import User
from leadflow.rulesets.models import RuleVersion
from leadflow.runs import registry
from leadflow.runs import services as runs
from leadflow.runs.models import Run
from leadflow.runs.working import Work
from nurturing.models import Sequence
from nurturing.services import admitting, approving, enrolment, forecast
from nurturing.services.eligibility import judge

KIND = "sequence-enrol"
AT_ONCE = 500
CAUSE = admitting.PUBLISHING


def wanted(
    sequence: Sequence, version: RuleVersion, *, by: User, at: datetime | None = None
) -> approving.Asked:
    """What letting them in would mean, counted exactly. Raises Conflict where so many match that they have
    to be counted in the background first."""
    at = at or clock.now()
    run = forecast.counted(sequence, version)
    if run is not None and run.state == Run.State.DONE:
        told: forecast.Forecast | None = forecast.forecast_of(run)
    else:
        told = forecast.forecast(sequence, version, user=by, at=at)
    if told is not None and told.is_sample:
        raise Conflict(_("Count them all first: so many need approval by their exact number."))
    return approving.of_sequence(sequence, version, told.entering if told else 0)


def let_in(
    sequence: Sequence,
    version: RuleVersion,
    *,
    by: User | None,
    at: datetime | None = None,
    most: int | None = None,
) -> int | Run:
    """Let those in who match by now, as far as she may, at most so many: how many entered, or the run
    that does it."""
    at = at or clock.now()
    found = forecast.existing(version.document, at, user=by)
    if found is None:
        return 0
    ids = list(found.order_by("pk").values_list("pk", flat=True)[: AT_ONCE + 1])
    if len(ids) <= AT_ONCE:
        ids = _at_most(sequence, version, ids, most, at)
        done = enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=by, cause=CAUSE, at=at)
        return len(done.enrolments)
    args = {"sequence": sequence.pk, "version": version.pk, "at": at.isoformat(), "most": most}
    return runs.start(KIND, args, by=by, key=f"{KIND}:{sequence.pk}", at=at)


def _at_most(
    sequence: Sequence, version: RuleVersion, ids: list[int], most: int | None, at: datetime
) -> list[int]:
    """The same people, where no more than so many of them would enter; else the first so many who would."""
    if most is None or len(ids) <= most:
        return ids
    enters = sorted(judge(sequence, version, ids, at).runs)
    return ids if len(enters) <= most else enters[:most]


def work(work: Work) -> dict[str, Any]:
    """The run: some hundreds at a time, each chunk in one commit with where it ends."""
    version = RuleVersion.objects.get(pk=work.args["version"])
    at = parse_datetime(work.args["at"]) or clock.now()
    found = forecast.existing(version.document, at, user=work.asker)
    if found is None:
        return {"entered": 0}
    work.expect(work.progress + found.filter(pk__gt=work.checkpoint.get("after", 0)).count())
    while True:
        after, entered = work.checkpoint.get("after", 0), work.checkpoint.get("entered", 0)
        ids = list(found.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
        if not ids:
            return {"sequence": work.args["sequence"], "entered": entered}
        with work.chunk() as chunk:
            sequence, most = Sequence.objects.get(pk=work.args["sequence"]), work.args.get("most")
            left = None if most is None else most - entered
            last, ids = ids[-1], _at_most(sequence, version, ids, left, clock.now())
            done = enrolment.enrol_many(
                sequence=sequence, lead_ids=ids, by=work.asker, cause=CAUSE, at=clock.now()
            )
            entered += len(done.enrolments)
            chunk.by, chunk.checkpoint = len(ids), {"after": last, "entered": entered}


def install() -> None:
    """Make the kind of run known; called once by apps.py."""
    registry.register(
        registry.RunKind(
            KIND,
            lazy("Letting people into a sequence"),
            work,
            result_url=lambda args: f"/sequences/{args['sequence']}/people/",
        )
    )
