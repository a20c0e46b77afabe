"""Reacting: what happened meets the rules that wait for it, and their steps are done, set-based.

Each rule meets an occurrence once (a unique row of its log). A rule does not react again on the same day
to what it led to itself, nor behind a long chain of causes; whoever looks finds an alert.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Sequence as Batch
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from leadflow.conditions import sql
from leadflow.conditions.zone import here
from leadflow.errors import Conflict, Invalid
from leadflow.events.models import Event
from leadflow.models import Lead, Origin
from leadflow.rulesets.models import RuleVersion
from leadflow.services.records import RecordKind, kind_of
from nurturing.models import Automation, AutomationRun, Reason, Refusal, Sequence
from nurturing.rules import reacting
from nurturing.services import acts, enrolment
from nurturing.services.automations import documents
from nurturing.services.automations.triggers import is_real, keys_for

State = AutomationRun.State
BY_AUTOMATION = "automation:"  # the cause of whom a rule brings to a sequence, before its number
CONFIRMED_WITHIN = timedelta(days=7)  # a link to confirm holds that long


@dataclass
class Occurrence:
    """Something that a rule meets: which record, when, and the fact that told of it, if one did."""

    slot: str
    record_id: int
    at: datetime
    event: Event | None = None
    reason: str = ""  # why nothing is done
    done: list[dict[str, str]] = field(default_factory=list)

    @property
    def hops(self) -> int:
        """How many facts led to it."""
        return self.event.hops if self.event else 0


Waiting = list[tuple[Automation, RuleVersion]]


def waiting_for(kind: str) -> Waiting:
    """The running rules that a kind of fact may set off, with the version that decides."""
    return running(keys_for(kind))


def react(events: Batch[Event], waiting: Waiting) -> int:
    """Let the rules meet these facts, which are of one kind and origin; how many they met."""
    met = 0
    for automation, version in waiting:
        found = occurrences(version.document, events)
        met += meet(automation, version, found, origin=events[0].origin)
    return met


def occurrences(document: Mapping[str, Any], events: Iterable[Event]) -> list["Occurrence"]:
    """Those of the facts that a rule waits for, as occurrences of its kind of record."""
    trigger, params = documents.trigger_of(document), document["trigger"]
    fitting = [one for one in events if is_real(one) and trigger.fits(one, params)]
    return [one for one in (_occurrence(event, trigger.subject) for event in fitting) if one]


def running(keys: Collection[str]) -> Waiting:
    """The running rules of these triggers with the version that decides, by two queries at most."""
    rows = list(Automation.objects.running().filter(trigger__in=keys).order_by("pk"))
    if not rows:
        return []
    live = RuleVersion.objects.filter(
        rule_set__in=[row.rule_set_id for row in rows], state=RuleVersion.State.PUBLISHED
    )
    versions = {version.rule_set_id: version for version in live}
    return [(row, versions[row.rule_set_id]) for row in rows if row.rule_set_id in versions]


def _occurrence(event: Event, subject: str) -> Occurrence | None:
    record_id = event.lead_id
    if subject != "lead":
        record_id = event.subject_id if event.subject_type == kind_of(subject).model else None
    if record_id is None:
        return None
    return Occurrence(f"event:{event.pk}", record_id, event.occurred_at, event)


@transaction.atomic
def meet(
    automation: Automation,
    version: RuleVersion,
    occurrences: Iterable[Occurrence],
    *,
    origin: str = Origin.LIVE,
) -> int:
    """Let one rule meet these occurrences; how many it met for the first time."""
    Automation.objects.select_for_update(of=("self",)).get(pk=automation.pk)  # one at a time
    fresh = _not_met(automation, list(occurrences))
    if not fresh:
        return 0
    kind = kind_of(documents.trigger_of(version.document).subject)
    wanted = {one.record_id for one in fresh}
    records = {row.pk: row for row in kind.rows().filter(pk__in=wanted)}
    passing, why_none = _passing(kind, version, records, max(one.at for one in fresh))
    guard = _Guard(automation, kind.key, fresh)
    runs = [
        _run(automation, version, kind, one, records.get(one.record_id), origin) for one in fresh
    ]
    for run, one in zip(runs, fresh, strict=True):
        run.state, run.reason = _verdict(one, records, passing, why_none, guard)
    AutomationRun.objects.bulk_create(runs)
    going = [(run, records[run.subject_id], one) for run, one in zip(runs, fresh, strict=True)
             if run.state == State.DONE]  # fmt: skip
    if going:
        _act(automation, version, kind, going, origin)
    guard.warn()
    return len(fresh)


def _not_met(automation: Automation, occurrences: list[Occurrence]) -> list[Occurrence]:
    slots = {one.slot: one for one in occurrences}
    known = AutomationRun.objects.filter(automation=automation, slot__in=slots)
    for slot in known.values_list("slot", flat=True):
        del slots[slot]
    return list(slots.values())


def _run(
    automation: Automation,
    version: RuleVersion,
    kind: RecordKind,
    one: Occurrence,
    record: Any,
    origin: str,
) -> AutomationRun:
    return AutomationRun(
        automation=automation, version=version, slot=one.slot, subject_kind=kind.key,
        subject_id=one.record_id, lead=person_of(record), at=one.at, origin=origin,
        event_id=one.event.pk if one.event else None,
    )  # fmt: skip


def person_of(record: Any) -> Lead | None:
    """The person whom a record is about."""
    return record if isinstance(record, Lead) else getattr(record, "lead", None)


def _passing(
    kind: RecordKind, version: RuleVersion, records: Mapping[int, Any], at: datetime
) -> tuple[set[int], str]:
    """Those for whom the condition holds, by one query, and why it holds for none where it cannot be
    asked."""
    try:
        rule = documents.rule_of(version.document, check_values=False)
    except Invalid as error:
        return set(), error.message
    if not rule.items:
        return set(records), ""
    where = sql.where(rule, at=here(at), lead=kind.lead)
    rows = kind.rows().filter(pk__in=records).filter(where).order_by()
    return set(rows.values_list("pk", flat=True)), ""


def _verdict(
    one: Occurrence,
    records: Mapping[int, Any],
    passing: Collection[int],
    why_none: str,
    guard: "_Guard",
) -> tuple[str, str]:
    if one.record_id not in records:
        return State.SKIPPED, _("It is no longer here.")
    if why_none:
        return State.FAILED, why_none[:300]
    if one.record_id not in passing:
        return State.PASSED, ""
    reason = guard.reason(one)
    return (State.SKIPPED, reason) if reason else (State.DONE, "")


# --- Circles ----------------------------------------------------------------------------------------


class _Guard:
    """Sees when a rule runs in a circle: with itself, with another, or by way of a sequence."""

    def __init__(self, automation: Automation, kind: str, fresh: Batch[Occurrence]) -> None:
        self.automation = automation
        since = min(one.at for one in fresh) - reacting.DAY
        rows = AutomationRun.objects.filter(
            automation=automation, subject_kind=kind, at__gt=since,
            subject_id__in={one.record_id for one in fresh}, state__in=[State.DONE, State.PARTLY],
        )  # fmt: skip
        self.reactions: dict[int, list[datetime]] = {}
        for record_id, at in rows.values_list("subject_id", "at"):
            self.reactions.setdefault(record_id, []).append(at)
        self.own = _led_to(automation, [one.event for one in fresh if one.event])
        self.alert, self.at = "", fresh[-1].at

    def reason(self, one: Occurrence) -> str:
        """Why the rule must not react to this; empty where it may, which is then remembered."""
        before = self.reactions.setdefault(one.record_id, [])
        is_own = one.event is not None and one.event.pk in self.own
        if one.hops >= reacting.MOST_HOPS:
            return self._stop(_("Too many facts led to one another before this one."))
        if reacting.comes_back(is_own, before, one.at):
            return self._stop(_("The rule led to this itself, for the same record today."))
        if reacting.too_often(before, one.at):
            words = _("The rule reacted to this record %(n)s times within a day.")
            return self._stop(words % {"n": reacting.MOST_A_DAY})
        before.append(one.at)
        return ""

    def _stop(self, reason: str) -> str:
        self.alert = reason
        return reason

    def warn(self) -> None:
        """Leave an alert where something was stopped."""
        if self.alert:
            words = _("This automation seems to run in a circle. %(why)s") % {"why": self.alert}
            rows = Automation.objects.filter(pk=self.automation.pk, alert="")
            rows.update(alert=words[:300], alert_at=self.at)


def _led_to(automation: Automation, events: Batch[Event]) -> set[int]:
    """Those of the facts to which the rule itself led, by whatever chain of causes."""
    caused = {event.pk: event.cause_id for event in events if event.cause_id}
    if not caused:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_CHAIN, [list(caused), list(caused.values()), automation.pk])
        return {row[0] for row in cursor.fetchall()}


_CHAIN = """
WITH RECURSIVE chain (fact, cause, depth) AS (
    SELECT fact, cause, 1 FROM unnest(%s::bigint[], %s::bigint[]) AS given (fact, cause)
    UNION ALL
    SELECT chain.fact, e.cause_id, depth + 1 FROM chain JOIN events_event e ON e.id = chain.cause
    WHERE e.cause_id IS NOT NULL AND depth < 10
)
SELECT DISTINCT chain.fact FROM chain
JOIN nurturing_automationrun r ON r.event_id = chain.cause AND r.automation_id = %s
WHERE r.state IN ('done', 'partly')
"""


# --- Doing ------------------------------------------------------------------------------------------

_Going = Batch[tuple[AutomationRun, Any, Occurrence]]


def _act(
    automation: Automation, version: RuleVersion, kind: RecordKind, going: _Going, origin: str
) -> None:
    """Do the steps one after another, each for all; write down what was done and what was not."""
    at = max(one.at for _run, _record, one in going)
    cause = _("From the automation “%s”.") % automation.name
    for step in version.document["steps"]:
        subjects = [_subject(run, step, kind, record, automation) for run, record, _one in going]
        if step["type"] == documents.ENROL:
            told = _enrol(step, subjects, automation, at, origin)
        else:
            told = acts.perform(step, subjects, cause=cause, by=None, at=at, origin=origin)
        for (_run, _record, one), how in zip(going, told, strict=True):
            one.done.append({"id": step["id"], "type": step["type"], "reason": how.reason})
    for run, _record, one in going:
        run.steps = one.done
        reasons = [how["reason"] for how in one.done if how["reason"]]
        if reasons:
            run.state = State.SKIPPED if len(reasons) == len(one.done) else State.PARTLY
            run.reason = reasons[0][:300]
    AutomationRun.objects.bulk_update(
        [run for run, _record, _one in going], ["state", "reason", "steps"], batch_size=1_000
    )


def _subject(
    run: AutomationRun, step: acts.Step, kind: RecordKind, record: Any, automation: Automation
) -> acts.Subject:
    lead = person_of(record)
    company = record if kind.key == "company" else getattr(record, "company", None)
    ref = kind.ref_of(record)
    return acts.Subject(
        key=f"automation:{run.pk}:{step['id']}",
        lead=lead,
        company=company,
        ref=ref,
        title=str(record) if ref else "",
        url=record.get_absolute_url(),
        owner=record.owner,
        fallback=automation.owner,
    )


def enrol_confirmed(lead_ids: Collection[int], *, at: datetime, origin: str) -> None:
    """They agreed by now: whom an automation that still runs brought to a sequence lately enters."""
    lately = Refusal.objects.filter(
        lead__in=lead_ids, reason=Reason.NO_CONSENT, at__gt=at - CONFIRMED_WITHIN,
        cause__startswith=BY_AUTOMATION, sequence__state=Sequence.State.RUNNING,
    )  # fmt: skip
    numbers = Automation.objects.running().values_list("pk", flat=True)
    still = {f"{BY_AUTOMATION}{pk}" for pk in numbers}
    wanted: dict[tuple[int, str], list[int]] = defaultdict(list)
    for row in lately:
        if row.cause in still:
            wanted[row.sequence_id, row.cause].append(row.lead_id)
    sequences = Sequence.objects.in_bulk({pk for pk, _cause in wanted})
    for (pk, cause), ids in sorted(wanted.items()):
        enrolment.enrol_many(
            sequence=sequences[pk], lead_ids=ids, by=None, cause=cause, at=at, origin=origin
        )


def _enrol(
    step: acts.Step,
    subjects: Batch[acts.Subject],
    automation: Automation,
    at: datetime,
    origin: str,
) -> list[acts.Done]:
    """Let their people into a sequence, by the questions that it asks everybody."""
    people = {one.lead.pk for one in subjects if one.lead}
    sequence = Sequence.objects.filter(pk=step.get("sequence") or 0).first()
    if sequence is None:
        return [acts.Done(one.key, _("The sequence is gone.")) for one in subjects]
    try:
        entered = enrolment.enrol_many(
            sequence=sequence, lead_ids=people, by=None, cause=f"{BY_AUTOMATION}{automation.pk}",
            at=at, origin=origin,
        )  # fmt: skip
    except Conflict as error:
        return [acts.Done(one.key, error.message) for one in subjects]
    refused = {**entered.verdict.refused, **dict.fromkeys(entered.waiting, Reason.AWAITS)}
    none = _("This step needs a person, and there is none.")
    return [
        acts.Done(one.key, str(refused[one.lead.pk].label) if one.lead.pk in refused else "")
        if one.lead
        else acts.Done(one.key, none)
        for one in subjects
    ]
