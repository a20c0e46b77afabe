"""Letting people into sequences, and taking them out: the only writer beside `advancing`.

Form, segment, hand and API ask the same questions. Whoever takes somebody out stops her waiting mails
in the same transaction.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record_many
from leadflow.kit import clock
from leadflow.mail import holding
from leadflow.mail import services as mail
from leadflow.mail.models import Delivery
from leadflow.models import Lead, Origin
from leadflow.people.models import User
from leadflow.rulesets import selectors as rulesets
from leadflow.rulesets.models import RuleVersion
from nurturing import rules
from nurturing.models import UNDER_WAY, Enrolment, Reason, Refusal, Sequence, StepDone
from nurturing.services import admitting, documents
from nurturing.services.eligibility import Verdict, barred_from, goal_met, judge

State = Enrolment.State
# so long after somebody entered, her goal is counted whether she is still inside or not
WATCHED = timedelta(days=90)
# How an enrolment ends for each reason; everything else is an exit.
_ENDS = {
    Reason.DONE: State.FINISHED,
    Reason.GOAL: State.GOAL_MET,
    Reason.ERROR: State.FAILED,
    Reason.NOT_DELIVERED: State.FAILED,
    **dict.fromkeys(
        (
            Reason.ERASED,
            Reason.BLOCKED,
            Reason.COMPLAINT,
            Reason.HARD_BOUNCE,
            Reason.UNSUBSCRIBED,
            Reason.UNSUBSCRIBED_PURPOSE,
            Reason.NO_ADDRESS,
            Reason.NO_CONSENT,
            Reason.NEVER_LIST,
            Reason.COMPETITOR,
            Reason.STAFF,
            Reason.GONE,
        ),
        State.SUPPRESSED,
    ),
}


@dataclass(frozen=True)
class Entered:
    """Who entered, and the verdict about everybody."""

    enrolments: list[Enrolment] = field(default_factory=list)
    verdict: Verdict = field(default_factory=lambda: Verdict({}, {}))
    held_back: list[Enrolment] = field(default_factory=list)
    waiting: frozenset[int] = frozenset()  # leads who could enter, and wait for a yes


@transaction.atomic
def enrol_many(
    *,
    sequence: Sequence,
    lead_ids: Collection[int],
    by: User | None,
    cause: str = "manual",
    at: datetime | None = None,
    origin: str = Origin.LIVE,
    is_approved: bool = False,
) -> Entered:
    """Let leads in who may enter; the others are written down with the reason. More than may enter by
    themselves wait for a yes, unless somebody gave it. Raises Conflict where the sequence does not run.
    Records `enrolment.started`."""
    at = at or clock.now()
    version = running_version(sequence)
    is_free = is_approved or cause == admitting.PUBLISHING
    if not is_free:
        admitting.one_at_a_time(sequence)
    _lock(lead_ids)
    verdict = judge(sequence, version, lead_ids, at, cause)
    waiting: set[int] = set() if is_free else admitting.over(sequence, version, verdict, at)
    first = rules.first(version.document["steps"])
    rows = [
        Enrolment(
            lead_id=lead_id, sequence=sequence, version=version, run_no=run_no, step=first,
            due_at=at, cause=cause, by=by, enrolled_at=at, origin=origin,
        )
        for lead_id, run_no in sorted(verdict.runs.items())
        if lead_id not in waiting
    ]  # fmt: skip
    for row in rows:
        if row.lead_id in verdict.held:
            row.state, row.step, row.due_at = State.HELD_BACK, "", None
    Enrolment.objects.bulk_create(rows)
    made = [row for row in rows if row.lead_id not in verdict.held]
    admitting.no_longer_wait(sequence, [row.lead_id for row in rows])
    _note_refusals(sequence, verdict, waiting, cause, at)
    if waiting:
        admitting.ask(sequence, version, by=by, at=at, origin=origin)
    tell(Kind.ENROLMENT_STARTED, made, by, at, cause)
    held = [row for row in rows if row.lead_id in verdict.held]
    return Entered(made, verdict, held, frozenset(waiting))


def running_version(sequence: Sequence) -> RuleVersion:
    """The version that people enter by. Raises Conflict where the sequence does not run."""
    version = rulesets.current(sequence.rule_set)
    if not sequence.is_running or version is None:
        raise Conflict(_("This sequence does not run. Publish or resume it first."))
    return version


def _lock(lead_ids: Iterable[int]) -> None:
    """One at a time per lead, in id order: two triggers at once cannot both let her in."""
    list(
        Lead.objects.select_for_update(of=("self",))
        .filter(pk__in=set(lead_ids))
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def _note_refusals(
    sequence: Sequence, verdict: Verdict, waiting: Collection[int], cause: str, at: datetime
) -> None:
    reasons = {**verdict.refused, **dict.fromkeys(waiting, Reason.AWAITS)}
    rows = [
        Refusal(sequence=sequence, lead_id=pk, reason=reason, cause=cause, at=at)
        for pk, reason in sorted(reasons.items())
    ]
    Refusal.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["sequence", "lead"],
        update_fields=["reason", "cause", "at"],
    )
    if Reason.CIRCLE in verdict.refused.values():
        Sequence.objects.filter(pk=sequence.pk, alert="").update(
            alert=_(
                "People enter this sequence again and again within a day. Look at its trigger."
            ),
            alert_at=at,
        )


@transaction.atomic
def stop_many(
    *,
    enrolments: Iterable[Enrolment],
    reason: Reason,
    by: User | None,
    detail: str = "",
    at: datetime | None = None,
) -> int:
    """Take these walks to their end and stop their waiting mails; how many were under way.

    Records `enrolment.finished` for the end and the goal, `enrolment.stopped` for all else.
    """
    at = at or clock.now()
    ids = [one.pk for one in enrolments]
    rows = list(
        Enrolment.objects.select_for_update(of=("self",))
        .under_way()
        .filter(pk__in=ids)
        .select_related("sequence")
        .order_by("pk")
    )
    return end(rows, reason, by=by, at=at, detail=detail)


def end(
    rows: list[Enrolment],
    reason: Reason,
    *,
    by: User | None,
    at: datetime,
    detail: str = "",
    keeps_mails: bool = False,
) -> int:
    """End locked walks; for this package's services, inside their transaction. `keeps_mails` where what
    was written so far still leaves: they came to the end by themselves."""
    paused = [row.key_start for row in rows if row.state == State.PAUSED]
    values = {
        "state": _ENDS.get(reason, State.EXITED), "reason": reason, "detail": detail[:300],
        "ended_at": at, "due_at": None, "step": "", "deferred_since": None, "deferred_by": "",
        "waits_for": None,
    }  # fmt: skip
    if reason == Reason.GOAL:
        values["goal_at"] = at
    Enrolment.objects.filter(pk__in=[row.pk for row in rows]).update(**values)
    for row in rows:
        for name, value in values.items():
            setattr(row, name, value)
    if reason != Reason.DONE and not keeps_mails:
        mail.cancel(keys=_mail_keys(rows), reason=str(reason.label))
    if paused:
        holding.release(names=paused)
    good = reason in (Reason.DONE, Reason.GOAL)
    kind = Kind.ENROLMENT_FINISHED if good else Kind.ENROLMENT_STOPPED
    tell(kind, rows, by, at, str(reason.label))
    return len(rows)


def _mail_keys(rows: list[Enrolment]) -> list[str]:
    """The names in the ledger of all mails that these walks may have written."""
    versions = RuleVersion.objects.in_bulk({row.version_id for row in rows})
    mails = {
        pk: [str(s["id"]) for s in rules.all_steps(version.document["steps"]) if s["type"] == "email"]
        for pk, version in versions.items()
    }  # fmt: skip
    return [row.key(step) for row in rows for step in mails[row.version_id]]


def tell(kind: Kind, rows: list[Enrolment], by: User | None, at: datetime, reason: str) -> None:
    """Record the same fact of each of these walks; for this package's services."""
    for origin in sorted({row.origin for row in rows}):
        some = [row for row in rows if row.origin == origin]
        record_many(
            kind,
            [row.lead_id for row in some],
            by=by,
            subjects=some,
            data=[
                {
                    "enrolment": row.pk,
                    "sequence": row.sequence_id,
                    "name": row.sequence.name,
                    "reason": reason,
                }
                for row in some
            ],
            at=at,
            origin=origin,
        )


def leave(
    *,
    lead_ids: Collection[int],
    reason: Reason,
    exit_by: str = "",
    trigger: str = "",
    at: datetime | None = None,
) -> int:
    """Take leads out of every sequence (of one trigger, where given) whose version leaves by
    `exit_by`; without it, out of all."""
    rows = Enrolment.objects.under_way().filter(lead__in=lead_ids)
    if trigger:
        rows = rows.filter(sequence__trigger=trigger)
    if exit_by:
        rows = rows.filter(**{f"version__document__exits__{exit_by}": True})
    found = list(rows.only("pk"))
    return stop_many(enrolments=found, reason=reason, by=None, at=at) if found else 0


def leave_met_goals(*, lead_ids: Collection[int], at: datetime | None = None) -> int:
    """Take out those whose goal has become true; how many. Of those who are out of it, or were held back,
    only the moment is kept: the effect of a sequence is what happens to all who entered."""
    at = at or clock.now()
    watched = Q(state__in=UNDER_WAY) | Q(enrolled_at__gt=at - WATCHED)
    rows = Enrolment.objects.filter(watched, lead__in=lead_ids, goal_at=None)
    by_version: dict[int, list[Enrolment]] = {}
    for row in rows.order_by("pk"):
        by_version.setdefault(row.version_id, []).append(row)
    versions = RuleVersion.objects.in_bulk(by_version)
    done = 0
    for pk, some in by_version.items():
        met = goal_met(versions[pk], [row.lead_id for row in some], at)
        winners = [row for row in some if row.lead_id in met]
        inside = [row for row in winners if row.is_under_way]
        Enrolment.objects.filter(pk__in=[row.pk for row in winners]).update(goal_at=at)
        done += stop_many(enrolments=inside, reason=Reason.GOAL, by=None, at=at) if inside else 0
    return done


def wake(*, activity_ids: Collection[int], at: datetime) -> int:
    """Let those go on who wait for these to-dos or calls; how many."""
    rows = Enrolment.objects.moving().filter(waits_for__in=activity_ids, due_at__gt=at)
    return rows.update(due_at=at)


@transaction.atomic
def follow_merge(*, survivor_id: int, merged_id: int, at: datetime) -> None:
    """The merged row's walks are the survivor's; where she walks the same sequence already, hers stay."""
    under_way = Enrolment.objects.under_way()
    for row in under_way.filter(lead=merged_id).order_by("pk"):
        if Enrolment.objects.filter(lead=survivor_id, sequence=row.sequence_id).exists():
            stop_many(enrolments=[row], reason=Reason.MERGED, by=None, at=at)
        else:
            Enrolment.objects.filter(pk=row.pk).update(lead=survivor_id, run_no=1)


def leave_barred(
    *, lead_ids: Collection[int], otherwise: Reason, at: datetime, purpose: str | None = None
) -> int:
    """Take leads out of every sequence whose mail may not reach them now, each by the weightiest reason
    against it. `otherwise` ends what it concerns in any case: mail of that `purpose`, of all purposes
    where empty, every walk where there is none. What she still wants goes on."""
    rows = list(Enrolment.objects.under_way().filter(lead__in=lead_ids).order_by("pk"))
    versions = RuleVersion.objects.in_bulk({row.version_id for row in rows})
    leads = Lead.objects.in_bulk({row.lead_id for row in rows})
    by_version: dict[int, list[Enrolment]] = defaultdict(list)
    for row in rows:
        by_version[row.version_id].append(row)
    by_reason: dict[Reason, list[Enrolment]] = defaultdict(list)
    for pk, some in by_version.items():
        document = versions[pk].document
        against = barred_from(document, [leads[row.lead_id] for row in some])
        concerned = otherwise if _concerns(purpose, document) else None
        for row in some:
            if reason := against.get(row.lead_id, concerned):
                by_reason[reason].append(row)
    return sum(
        stop_many(enrolments=some, reason=why, by=None, at=at) for why, some in by_reason.items()
    )


def _concerns(purpose: str | None, document: Mapping[str, Any]) -> bool:
    """Whether stopping mail of that purpose stops this sequence; of marketing alone never a sales one."""
    if purpose is None or purpose == "":
        return True
    return not documents.is_sales(document) and purpose == documents.purpose_of(document)


def fail_by_delivery(*, delivery_id: int, detail: str, at: datetime | None = None) -> int:
    """End the walk whose mail could not be sent, if the mail was one of a sequence. One that came back
    ends nothing: the next may arrive. An address that does not exist is suppressed, which does."""
    if Delivery.objects.filter(pk=delivery_id, state=Delivery.State.BOUNCED).exists():
        return 0
    done = StepDone.objects.filter(delivery=delivery_id).values("enrolment")
    rows = list(Enrolment.objects.under_way().filter(pk__in=done).only("pk"))
    reason = Reason.NOT_DELIVERED
    return stop_many(enrolments=rows, reason=reason, by=None, detail=detail, at=at) if rows else 0
