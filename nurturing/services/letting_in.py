"""Letting those in who waited for a yes: by a run, some hundreds at a time, by the questions of everybody."""

from collections import defaultdict
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.approvals.models import Approval
from leadflow.errors import Conflict
from leadflow.kit import clock
from leadflow.models import Lead, Origin
from leadflow.people.models import User
from leadflow.runs import registry
from leadflow.runs import services as runs
from leadflow.runs.models import Run
from leadflow.runs.working import Work
from nurturing.models import Reason, Refusal, Sequence
from nurturing.services import admitting, approving, enrolment

AT_ONCE = 500


@transaction.atomic
def follow_decision(row: Approval, *, at: datetime) -> None:
    """Somebody decided about those who wait to enter a sequence, if that is what it is about."""
    pk = admitting.named_by(row.reference)
    sequence = Sequence.objects.filter(pk=pk).first() if pk else None
    if sequence is None or row.kind != Approval.Kind.SEND:
        return
    if row.state == Approval.State.REFUSED:
        admitting.refuse(sequence)
    elif row.state == Approval.State.APPROVED:
        start(sequence, most=int(row.amount), by=row.decided_by, at=at)


def start(sequence: Sequence, *, most: int, by: User | None, at: datetime) -> Run:
    """Let so many of those in who have waited longest. Raises Conflict where that is under way."""
    args = {"sequence": sequence.pk, "most": most}
    return runs.start(
        admitting.KIND, args, by=by, key=admitting.key_of(sequence), total=most, at=at
    )


@transaction.atomic
def ask_again(sequence: Sequence, *, by: User, at: datetime | None = None) -> Approval | Run:
    """Ask for the yes once more, or let them in where none is needed any more. Raises Conflict where nobody
    waits, or where it was asked for already."""
    at = at or clock.now()
    now = admitting.standing(sequence, at)
    if not now.people:
        raise Conflict(_("Nobody waits for approval."))
    if now.limit is None or approving.may_decide_alone(by):
        return start(sequence, most=now.people, by=by, at=at)
    if now.request is not None:
        raise Conflict(_("It was asked for already."))
    asked = admitting.ask(sequence, enrolment.running_version(sequence), by=by, at=at)
    if asked is None:
        raise Conflict(_("Nobody waits for approval."))
    return asked


def go_on(sequence_ids: Collection[int], *, at: datetime) -> None:
    """A yes that met a pause is carried out where the sequence runs by now."""
    for sequence in Sequence.objects.filter(pk__in=sequence_ids, state=Sequence.State.RUNNING):
        left = admitting.left_by_pause(sequence)
        if left:
            with suppress(Conflict):  # somebody's next yes lets them in by now
                start(sequence, most=left, by=None, at=at)


def work(work: Work) -> dict[str, Any]:
    """The run: whoever is judged waits no more, whether they enter or may not by now. A pause ends it:
    who is left enters once the sequence goes on."""
    pk = work.args["sequence"]
    while True:
        sequence = Sequence.objects.get(pk=pk)
        judged, entered = work.checkpoint.get("judged", 0), work.checkpoint.get("entered", 0)
        left = max(int(work.args["most"]) - judged, 0)
        rows = list(admitting.waiting(sequence).select_related("lead")[: min(AT_ONCE, left)])
        told = {"sequence": pk, "entered": entered}
        if not rows:
            return told
        if sequence.state == Sequence.State.PAUSED:
            return told | {admitting.LEFT: left}
        with work.chunk() as chunk:
            entered += _let_in(sequence, rows)
            chunk.by = len(rows)
            chunk.checkpoint = {"judged": judged + len(rows), "entered": entered}


def _let_in(sequence: Sequence, rows: list[Refusal]) -> int:
    by_cause: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in rows:
        by_cause[row.cause, _origin(row.lead)].append(row.lead_id)
    entered = 0
    for (cause, origin), ids in sorted(by_cause.items()):
        done = enrolment.enrol_many(
            sequence=sequence, lead_ids=ids, by=None, cause=cause, origin=origin, is_approved=True
        )
        entered += len(done.enrolments)
    # rows of people who are gone altogether are judged by nobody
    Refusal.objects.filter(pk__in=[row.pk for row in rows], reason=Reason.AWAITS).delete()
    return entered


def _origin(lead: Lead) -> str:
    return Origin.DEMO if lead.origin == Origin.DEMO else Origin.LIVE


def install() -> None:
    """Make the kind of run known; called once by apps.py."""
    registry.register(
        registry.RunKind(
            admitting.KIND,
            lazy("Letting people in after approval"),
            work,
            result_url=lambda args: f"/sequences/{args['sequence']}/people/",
        )
    )
