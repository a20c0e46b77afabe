"""Who may not be written to or enter a sequence, and why: one order of reasons, the first that holds is the answer."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadflow.conditions import fields, sql
from leadflow.conditions.language import parse
from leadflow.conditions.zone import here
from leadflow.errors import Invalid
from leadflow.kit import clock, emails
from leadflow.mail.models import COUNTED, UNFINISHED, Delivery
from leadflow.models import Consent, Disposition, Lead, Suppression
from leadflow.models.expressions import Among
from leadflow.people.models import User
from leadflow.rulesets.models import RuleVersion
from leadflow.segments.models import SegmentMember
from leadflow.services import addresses, consent
from nurturing import rules
from nurturing.models import UNDER_WAY, Enrolment, MailPolicy, Reason, Sequence
from nurturing.services import documents

PURPOSE = "marketing"  # where nobody says another
_ON_THE_LEDGER = (*COUNTED, *UNFINISHED, Delivery.State.UNCERTAIN)

_BY_SUPPRESSION = {
    Suppression.Reason.ERASED: Reason.ERASED,
    Suppression.Reason.BLOCKED: Reason.BLOCKED,
    Suppression.Reason.COMPLAINT: Reason.COMPLAINT,
    Suppression.Reason.HARD_BOUNCE: Reason.HARD_BOUNCE,
    Suppression.Reason.UNSUBSCRIBED: Reason.UNSUBSCRIBED,
}
_RANK = {reason: place for place, reason in enumerate(Reason)}


@dataclass(slots=True, eq=False)
class Person:
    """What is read of a lead where thousands are judged at once: `address` is None where hers is none."""

    pk: int
    email: str
    deleted_at: datetime | None
    merged_into_id: int | None
    disposition: str
    time_zone: str
    country: str
    company_country: str | None
    address: emails.Email | None = None
    email_hash: str = ""

    @property
    def norm(self) -> str:
        """Her address as suppressions know it; empty for none."""
        return self.address.norm if self.address else ""


_OF_PERSON = (
    "pk", "email", "deleted_at", "merged_into", "disposition", "time_zone", "country",
    "company__country",
)  # fmt: skip


def people(lead_ids: Collection[int]) -> dict[int, Person]:
    """These leads, by their ids, each address read once."""
    rows = Lead.objects.filter(Among("pk", lead_ids)).values_list(*_OF_PERSON)
    found = {row[0]: Person(*row) for row in rows}
    for person in found.values():
        person.address = _parsed(person.email)
        if person.address:
            person.email_hash = addresses.address_hash(person.address.norm)
    return found


def _parsed(email: str) -> emails.Email | None:
    try:
        return emails.parse(email) if email else None
    except ValueError:
        return None


def barred(leads: Collection[Lead | Person], *, purpose: str = PURPOSE) -> dict[int, Reason]:
    """Leads that no marketing mail of that purpose may go to, each with the first reason."""
    norms = {lead.pk: _norm(lead) for lead in leads}
    suppressed = _suppressed(_hashes(leads, norms), purpose)
    agreed = consent.in_force({lead.pk for lead in leads}, channel="email", purpose=purpose)
    closed = _closed(norms)
    found: dict[int, Reason] = {}
    for lead in leads:
        norm = norms[lead.pk]
        reason = suppressed.get(norm) or _other(lead, norm, agreed.get(lead.pk, ""), closed)
        if reason:
            found[lead.pk] = reason
    return found


def barred_for_sales(leads: Collection[Lead | Person]) -> dict[int, Reason]:
    """Leads that no personal mail of a colleague may go to either, each with the first reason. What she
    agreed to for marketing is no question here; that she wants no mail at all is."""
    norms = {lead.pk: _norm(lead) for lead in leads}
    suppressed = _suppressed(_hashes(leads, norms), "")
    found: dict[int, Reason] = {}
    for lead in leads:
        reason = suppressed.get(norms[lead.pk]) or _out_of_reach(lead, norms[lead.pk])
        if reason is None and lead.disposition == Disposition.DISQUALIFIED:
            reason = Reason.DISQUALIFIED
        if reason:
            found[lead.pk] = reason
    return found


def barred_from(document: Mapping[str, Any], leads: Collection[Lead | Person]) -> dict[int, Reason]:
    """Leads that no mail of a sequence may go to: of its purpose, or from their owners, by its kind."""
    if documents.is_sales(document):
        return barred_for_sales(leads)
    return barred(leads, purpose=documents.purpose_of(document))


@dataclass(frozen=True)
class _Closed:
    """Whom the workspace writes no marketing mail to, whatever they agreed to."""

    listed: set[int]
    competitors: frozenset[str]
    staff: set[str]

    def reason(self, lead: Lead | Person, norm: str) -> Reason | None:
        """The first of its reasons."""
        if lead.pk in self.listed:
            return Reason.NEVER_LIST
        if self.competitors and norm.rpartition("@")[2] in self.competitors:
            return Reason.COMPETITOR
        return Reason.STAFF if norm in self.staff else None


def _closed(norms: Mapping[int, str]) -> _Closed:
    policy = MailPolicy.current()
    never = list(policy.never.values_list("pk", flat=True))
    staff = User.objects.filter(Among("email", set(norms.values()))).values_list("email", flat=True)
    return _Closed(
        members_of(never, norms), policy.competitor_domains, {str(email) for email in staff}
    )


def members_of(segment_ids: Collection[int], lead_ids: Collection[int]) -> set[int]:
    """Those of the leads who are in one of these segments now."""
    if not segment_ids:
        return set()
    inside = SegmentMember.objects.current().filter(segment__in=segment_ids)
    rows = inside.filter(Among("lead", lead_ids))
    return set(rows.values_list("lead_id", flat=True))


def kept_out(
    version: RuleVersion, lead_ids: Collection[int], against: Mapping[int, Reason]
) -> dict[int, Reason]:
    """`against` with those added whom the sequence itself keeps out, each with the first reason."""
    found = dict(against)
    for pk in members_of(documents.kept_out_by(version.document), lead_ids):
        found[pk] = min(found.get(pk, Reason.KEPT_OUT), Reason.KEPT_OUT, key=_RANK.__getitem__)
    return found


def norm_of(email: str) -> str:
    """The address as suppressions know it; empty for none, and for what is no address."""
    address = _parsed(email)
    return address.norm if address else ""


def _norm(lead: Lead | Person) -> str:
    return lead.norm if isinstance(lead, Person) else norm_of(lead.email)


def _out_of_reach(lead: Lead | Person, norm: str) -> Reason | None:
    if lead.deleted_at or lead.merged_into_id:
        return Reason.GONE
    return None if norm else Reason.NO_ADDRESS


def _other(lead: Lead | Person, norm: str, state: str, closed: _Closed) -> Reason | None:
    if reason := _out_of_reach(lead, norm):
        return reason
    if state == Consent.State.WITHDRAWN:
        return Reason.UNSUBSCRIBED_PURPOSE
    if state != Consent.State.GIVEN:
        return Reason.NO_CONSENT
    if reason := closed.reason(lead, norm):
        return reason
    return Reason.DISQUALIFIED if lead.disposition == Disposition.DISQUALIFIED else None


def _hashes(leads: Collection[Lead | Person], norms: Mapping[int, str]) -> dict[str, str]:
    """The address of each by what the suppression list keeps of it."""
    return {
        lead.email_hash if isinstance(lead, Person) else addresses.address_hash(norm): norm
        for lead in leads
        if (norm := norms[lead.pk])
    }


def _suppressed(hashes: Mapping[str, str], purpose: str) -> dict[str, Reason]:
    """The weightiest suppression in force for each of these addresses."""
    rows = Suppression.objects.filter(
        Among("email_hash", hashes), lifted_at=None, purpose__in=["", purpose]
    )
    found: dict[str, Reason] = {}
    for email_hash, given, of in rows.values_list("email_hash", "reason", "purpose"):
        norm, reason = hashes[email_hash], _BY_SUPPRESSION[Suppression.Reason(given)]
        if of and reason == Reason.UNSUBSCRIBED:
            reason = Reason.UNSUBSCRIBED_PURPOSE
        if norm not in found or _RANK[reason] < _RANK[found[norm]]:
            found[norm] = reason
    return found


def sent_lately(lead_ids: Collection[int], at: datetime) -> dict[int, list[datetime]]:
    """When each lead got, or is about to get, her marketing mails of the last week (business time)."""
    rows = Delivery.objects.filter(
        Among("lead", lead_ids),
        kind=Delivery.Kind.MARKETING,
        due_at__gt=at - rules.WEEK,
        state__in=_ON_THE_LEDGER,
    )
    found: dict[int, list[datetime]] = defaultdict(list)
    for lead_id, due_at in rows.values_list("lead_id", "due_at"):
        found[lead_id].append(due_at)
    return found


def bouncing(lead_ids: Collection[int], at: datetime) -> dict[int, datetime]:
    """Until when marketing mail to these leads rests, because it kept coming back lately. An address that
    does not exist is none of them: it is suppressed."""
    since = clock.to_real(at) - rules.BOUNCE_SPAN
    rows = Delivery.objects.filter(
        Among("lead", lead_ids), state=Delivery.State.BOUNCED, settled_at__gt=since
    )
    found: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for lead_id, settled_at, tries in rows.values_list("lead_id", "settled_at", "attempts"):
        if settled_at is not None:
            found[lead_id].append((clock.to_business(settled_at), tries))
    rests = {pk: rules.bounces_until(bounced, at) for pk, bounced in found.items()}
    return {pk: until for pk, until in rests.items() if until is not None}


def caps() -> rules.Caps:
    """How many marketing mails anybody gets at most, by the settings."""
    policy = MailPolicy.current()
    return ((rules.DAY, policy.per_day), (rules.WEEK, policy.per_week))


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
    rows = Lead.objects.filter(Among("pk", lead_ids)).filter(sql.where(tree, at=here(at)))
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
    held: frozenset[int] = frozenset()  # of those in `runs`, the ones who are held back to compare

    def counts(self) -> list[tuple[str, int]]:
        """(reason in words, how many), the weightiest reason first."""
        tally: dict[Reason, int] = defaultdict(int)
        for reason in self.refused.values():
            tally[reason] += 1
        told = [(str(r.label), tally[r]) for r in sorted(tally, key=_RANK.__getitem__)]
        held = [(str(Enrolment.State.HELD_BACK.label), len(self.held))] if self.held else []
        return [*told, *held]


def judge(
    sequence: Sequence,
    version: RuleVersion,
    lead_ids: Collection[int],
    at: datetime,
    cause: str = "",
) -> Verdict:
    """Whom the sequence would take in now. The same question for every way in; `cause` is the trigger
    that brings them."""
    leads = list(Lead.objects.filter(pk__in=set(lead_ids)).order_by("pk"))
    against = barred_from(version.document, leads)
    refused = kept_out(version, [lead.pk for lead in leads], against)
    met = goal_met(version, [lead.pk for lead in leads], at)
    past = _past(sequence, [lead.pk for lead in leads])
    busy = _in_one_that_goes_first(sequence, [lead.pk for lead in leads])
    runs: dict[int, int] = {}
    for lead in leads:
        if lead.pk in refused:
            continue
        reason = Reason.GOAL if lead.pk in met else _again(version, past.get(lead.pk), at, cause)
        if reason is None and lead.pk in busy:
            reason = Reason.GOES_FIRST
        if reason is None:
            runs[lead.pk] = past[lead.pk].last_run + 1 if lead.pk in past else 1
        else:
            refused[lead.pk] = reason
    percent = documents.holdout_of(version.document)
    held = frozenset(pk for pk in runs if rules.is_held_back(sequence.pk, pk, percent))
    return Verdict(runs, refused, held)


def _past(sequence: Sequence, lead_ids: Collection[int]) -> dict[int, _Past]:
    walks: dict[int, list[Enrolment]] = defaultdict(list)
    for walk in Enrolment.objects.filter(sequence=sequence, lead__in=lead_ids).order_by("run_no"):
        walks[walk.lead_id].append(walk)
    return {
        lead_id: _Past(
            [walk.enrolled_at for walk in of],
            max((one for walk in of if (one := _over_at(walk))), default=None),
            any(walk.state in UNDER_WAY for walk in of),
            of[-1].run_no,
        )
        for lead_id, of in walks.items()
    }


def _over_at(walk: Enrolment) -> datetime | None:
    """Who was held back was in it at no time but that."""
    return walk.enrolled_at if walk.state == Enrolment.State.HELD_BACK else walk.ended_at


def _again(version: RuleVersion, past: _Past | None, at: datetime, cause: str) -> Reason | None:
    if past is None:
        return None
    if past.is_in_it:
        return Reason.IN_IT
    if not rules.may_enter_again(version.document["again"], past.ended_at, at, cause):
        return Reason.WAS_IN_IT
    return Reason.CIRCLE if rules.runs_in_circle(past.starts, at) else None


def _in_one_that_goes_first(sequence: Sequence, lead_ids: Collection[int]) -> set[int]:
    rows = Enrolment.objects.under_way().filter(
        lead__in=lead_ids,
        sequence__priority__gt=sequence.priority,
        sequence__state=Sequence.State.RUNNING,
    )
    return set(rows.values_list("lead_id", flat=True))
