"""Letting in, with a publishing, those who match already: a few at once, many by a run.

Publishing is not retroactive by itself; this is done only where the publisher asks for it.
"""

from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as lazy

from leadflow.kit import clock
from leadflow.people.models import User
from leadflow.rulesets.models import RuleVersion
from leadflow.runs import registry
from leadflow.runs import services as runs
from leadflow.runs.models import Run
from leadflow.runs.working import Work
from nurturing.models import Sequence
from nurturing.services import enrolment, forecast

KIND = "sequence-enrol"
AT_ONCE = 500
CAUSE = "publishing"


def let_in(
    sequence: Sequence, version: RuleVersion, *, by: User, at: datetime | None = None
) -> int | Run:
    """Let those in who match by now, as far as she may: how many entered, or the run that does it."""
    at = at or clock.now()
    found = forecast.existing(version.document, at, user=by)
    if found is None:
        return 0
    ids = list(found.order_by("pk").values_list("pk", flat=True)[: AT_ONCE + 1])
    if len(ids) <= AT_ONCE:
        done = enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=by, cause=CAUSE, at=at)
        return len(done.enrolments)
    args = {"sequence": sequence.pk, "version": version.pk, "at": at.isoformat()}
    return runs.start(KIND, args, by=by, key=f"{KIND}:{sequence.pk}", at=at)


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
            sequence = Sequence.objects.get(pk=work.args["sequence"])
            done = enrolment.enrol_many(
                sequence=sequence, lead_ids=ids, by=work.asker, cause=CAUSE, at=clock.now()
            )
            entered += len(done.enrolments)
            chunk.by, chunk.checkpoint = len(ids), {"after": ids[-1], "entered": entered}


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
