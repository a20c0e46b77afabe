"""Who may not be written to or enter a sequence, and why: one order of reasons, the first that holds is the answer."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from leadflow.conditions import fields, sql
from leadflow.conditions.language import parse
from leadflow.conditions.zone import here
from leadflow.errors import Invalid
from leadflow.kit.emails import normalise
from leadflow.mail.models import COUNTED, UNFINISHED, Delivery
from leadflow.models import Consent, Disposition, Lead, Suppression
from leadflow.people.models import User
from leadflow.rulesets.models import RuleVersion
from leadflow.services import addresses, consent
from nurturing import rules
from nurturing.models import UNDER_WAY, Enrolment, Reason, Sequence

PURPOSE = "marketing"
_ON_THE_LEDGER = (*COUNTED, *UNFINISHED, Delivery.State.UNCERTAIN)

_BY_SUPPRESSION = {
    Suppression.Reason.ERASED: Reason.ERASED,
    Suppression.Reason.BLOCKED: Reason.BLOCKED,
    Suppression.Reason.COMPLAINT: Reason.COMPLAINT,
    Suppression.Reason.HARD_BOUNCE: Reason.HARD_BOUNCE,
    Suppression.Reason.UNSUBSCRIBED: Reason.UNSUBSCRIBED,
}
_RANK = {reason: place for place, reason in enumerate(Reason)}


def barred(leads: Collection[Lead], *, purpose: str = PURPOSE) -> dict[int, Reason]:
    """Leads that no marketing mail of that purpose may go to, each with the first reason."""
    norms = {lead.pk: norm_of(lead.email) for lead in leads}
    suppressed = _suppressed({norm for norm in norms.values() if norm}, purpose)
    agreed = consent.in_force({lead.pk for lead in leads}, channel="email", purpose=purpose)
    staff = set(User.objects.filter(email__in=norms.values()).values_list("email", flat=True))
    found: dict[int, Reason] = {}
    for lead in leads:
        norm = norms[lead.pk]
        reason = suppressed.get(norm) or _other(lead, norm, agreed.get(lead.pk, ""), staff)
        if reason:
            found[lead.pk] = reason
    return found


def norm_of(email: str) -> str:
    """The address as suppressions know it; empty for none, and for what is no address."""
    try:
        return normalise(email) if email else ""
    except ValueError:
        return ""


def _other(lead: Lead, norm: str, state: str, staff: Collection[str | None]) -> Reason | None:
    if lead.deleted_at or lead.merged_into_id:
        return Reason.GONE
    if not norm:
        return Reason.NO_ADDRESS
    if state == Consent.State.WITHDRAWN:
        return Reason.UNSUBSCRIBED
    if state != Consent.State.GIVEN:
        return Reason.NO_CONSENT
    if norm in staff:
        return Reason.STAFF
    return Reason.DISQUALIFIED if lead.disposition == Disposition.DISQUALIFIED else None


def _suppressed(norms: Collection[str], purpose: str) -> dict[str, Reason]:
    """The weightiest suppression in force for each of these addresses."""
    hashes = {addresses.address_hash(norm): norm for norm in norms}
    rows = Suppression.objects.filter(
        email_hash__in=hashes, lifted_at=None, purpose__in=["", purpose]
    )
    found: dict[str, Reason] = {}
    for email_hash, given in rows.values_list("email_hash", "reason"):
        norm, reason = hashes[email_hash], _BY_SUPPRESSION[Suppression.Reason(given)]
        if norm not in found or _RANK[reason] < _RANK[found[norm]]:
            found[norm] = reason
    return found


def sent_lately(lead_ids: Collection[int], at: datetime) -> dict[int, list[datetime]]:
    """When each lead got, or is about to get, her marketing mails of the last week (business time)."""
    rows = Delivery.objects.filter(
        lead__in=lead_ids,
        kind=Delivery.Kind.MARKETING,
        due_at__gt=at - rules.WEEK,
        state__in=_ON_THE_LEDGER,
    )
    found: dict[int, list[datetime]] = defaultdict(list)
    for lead_id, due_at in rows.values_list("lead_id", "due_at"):
        found[lead_id].append(due_at)
    return found


def goal_met(version: RuleVersion, lead_ids: Collection[int], at: datetime) -> set[int]:
    """Those of the leads for whom the version's goal is true; none where it has no goal, or where
    the goal asks about something that is gone."""
    goal = version.document.get("goal") or {"all": []}
    if not any(goal.values()) or not lead_ids:
        return set()
    try:
        tree = parse(goal, fields.catalogue("lead"), check_values=False)
    except Invalid:
        return set()
    rows = Lead.objects.filter(pk__in=lead_ids).filter(sql.where(tree, at=here(at)))
    return set(rows.values_list("pk", flat=True))


@dataclass(frozen=True)
class _Past:
    """What a lead has done in this sequence so far."""

    starts: list[datetime]
    ended_at: datetime | None
    is_in_it: bool
    last_run: int


@dataclass(frozen=True)
class Verdict:
    """Who may enter, by lead id with the number of her next run, and why the others may not."""

    runs: Mapping[int, int]
    refused: Mapping[int, Reason]

    def counts(self) -> list[tuple[str, int]]:
        """(reason in words, how many), the weightiest reason first."""
        tally: dict[Reason, int] = defaultdict(int)
        for reason in self.refused.values():
            tally[reason] += 1
        return [(str(r.label), tally[r]) for r in sorted(tally, key=_RANK.__getitem__)]


def judge(
    sequence: Sequence, version: RuleVersion, lead_ids: Collection[int], at: datetime
) -> Verdict:
    """Whom the sequence would take in now. The same question for every way in."""
    leads = list(Lead.objects.filter(pk__in=set(lead_ids)).order_by("pk"))
    refused = barred(leads)
    met = goal_met(version, [lead.pk for lead in leads], at)
    past = _past(sequence, [lead.pk for lead in leads])
    busy = _in_one_that_goes_first(sequence, [lead.pk for lead in leads])
    runs: dict[int, int] = {}
    for lead in leads:
        if lead.pk in refused:
            continue
        reason = Reason.GOAL if lead.pk in met else _again(version, past.get(lead.pk), at)
        if reason is None and lead.pk in busy:
            reason = Reason.GOES_FIRST
        if reason is None:
            runs[lead.pk] = past[lead.pk].last_run + 1 if lead.pk in past else 1
        else:
            refused[lead.pk] = reason
    return Verdict(runs, refused)


def _past(sequence: Sequence, lead_ids: Collection[int]) -> dict[int, _Past]:
    walks: dict[int, list[Enrolment]] = defaultdict(list)
    for walk in Enrolment.objects.filter(sequence=sequence, lead__in=lead_ids).order_by("run_no"):
        walks[walk.lead_id].append(walk)
    return {
        lead_id: _Past(
            [walk.enrolled_at for walk in of],
            max((walk.ended_at for walk in of if walk.ended_at), default=None),
            any(walk.state in UNDER_WAY for walk in of),
            of[-1].run_no,
        )
        for lead_id, of in walks.items()
    }


def _again(version: RuleVersion, past: _Past | None, at: datetime) -> Reason | None:
    if past is None:
        return None
    if past.is_in_it:
        return Reason.IN_IT
    if not rules.may_enter_again(version.document["again"], past.ended_at, at):
        return Reason.WAS_IN_IT
    return Reason.CIRCLE if rules.runs_in_circle(past.starts, at) else None


def _in_one_that_goes_first(sequence: Sequence, lead_ids: Collection[int]) -> set[int]:
    rows = Enrolment.objects.under_way().filter(
        lead__in=lead_ids,
        sequence__priority__gt=sequence.priority,
        sequence__state=Sequence.State.RUNNING,
    )
    return set(rows.values_list("lead_id", flat=True))
