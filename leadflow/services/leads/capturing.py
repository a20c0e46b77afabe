"""One person, one lead: find her by identity, else make her; fill blanks, never overwrite."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.history import changes
from leadflow.kit import clock, emails
from leadflow.models import (
    Campaign,
    Company,
    Lead,
    LeadCycle,
    LeadIdentity,
    LeadScore,
    LeadStage,
    Origin,
    Source,
)
from leadflow.models.stages import ORDER, STAMP
from leadflow.people.models import User
from leadflow.services import companies
from leadflow.services.leads import fields as lead_fields
from leadflow.services.leads.lifecycle import advance_many


@dataclass(frozen=True)
class Outcome:
    """What became of somebody's details: whose lead, made now or known, what was taken.

    `proposed` holds values that contradict what was known; they are shown, not written.
    """

    lead: Lead
    created: bool
    filled: dict[str, Any] = field(default_factory=dict)
    proposed: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Arrival:
    """The circumstances of a capture, carried through its steps."""

    values: dict[str, Any]
    external: tuple[str, str] | None
    company_name: str
    stage: str
    origin: str
    via: str
    by: User | None
    at: datetime


@transaction.atomic
def create_or_merge(
    *,
    email: str = "",
    phone: str = "",
    external: tuple[str, str] | None = None,
    fields: Mapping[str, Any] | None = None,
    company: Company | None = None,
    company_name: str = "",
    source: Source | None = None,
    campaign: Campaign | None = None,
    stage: str = LeadStage.LEAD,
    origin: str = Origin.LIVE,
    via: str = "",
    by: User | None = None,
    at: datetime | None = None,
) -> Outcome:
    """Take in a person: the lead that has this external id or e-mail, else a new one.

    A known lead gets her blanks filled and nothing overwritten. `via` says by what ("form:12",
    "hand", "api"). Records `lead.captured`. Raises Invalid for values that cannot be taken.
    """
    values = {**(fields or {})}
    extras = {
        "email": email,
        "phone": phone,
        "company": company,
        "source": source,
        "campaign": campaign,
    }
    values |= {key: value for key, value in extras.items() if value}
    arrival = _Arrival(
        lead_fields.cleaned(values),
        external,
        company_name,
        stage,
        origin,
        via,
        by,
        at or clock.now(),
    )
    known = _find(arrival)
    outcome = _fill_blanks(known, arrival) if known else _create(arrival)
    if not outcome.created and ORDER[outcome.lead.stage] < ORDER[arrival.stage]:
        advance_many(
            lead_ids=[outcome.lead.pk], to=arrival.stage, by=by, reason="captured", at=arrival.at,
            origin=origin,
        )  # fmt: skip
        outcome.lead.refresh_from_db()
    record(
        Kind.LEAD_CAPTURED,
        lead_id=outcome.lead.pk,
        by=by,
        data={"created": outcome.created, "via": via, "proposed": sorted(outcome.proposed)},
        at=arrival.at,
        origin=origin,
    )
    return outcome


def identities_of(arrival: _Arrival) -> list[tuple[str, str, str]]:
    """(kind, value, normalised value) of what identifies the person, the strongest first."""
    found: list[tuple[str, str, str]] = []
    if arrival.external:
        value = f"{arrival.external[0]}:{arrival.external[1]}"
        found.append((LeadIdentity.Kind.EXTERNAL, value, value))
    if email := arrival.values.get("email"):
        found.append((LeadIdentity.Kind.EMAIL, email, emails.normalise(email)))
    if phone := arrival.values.get("phone"):
        found.append((LeadIdentity.Kind.PHONE, phone, phone))
    return found


def _find(arrival: _Arrival) -> Lead | None:
    for kind, _value, norm in identities_of(arrival):
        if kind == LeadIdentity.Kind.PHONE:
            continue  # a shared phone only suggests
        lead_id = (
            LeadIdentity.objects.filter(kind=kind, value_norm=norm)
            .values_list("lead_id", flat=True)
            .first()
        )
        if lead_id:
            return Lead.objects.select_for_update(of=("self",)).get(pk=lead_id)
    return None


def _create(arrival: _Arrival) -> Outcome:
    """Insert; who loses a race for the same identity takes the winner's lead instead."""
    try:
        with transaction.atomic():
            return Outcome(_insert(arrival), created=True, filled=arrival.values)
    except IntegrityError:
        winner = _find(arrival)
        if winner is None:
            raise
        return _fill_blanks(winner, arrival)


def _insert(arrival: _Arrival) -> Lead:
    lead = Lead(
        stage=arrival.stage,
        furthest_stage=arrival.stage,
        stage_since=arrival.at,
        origin=arrival.origin,
        created_at=arrival.at,
        last_activity_at=None,
    )
    for key, value in arrival.values.items():
        lead_fields.put(lead, key, value)
    if arrival.values.get("source") and "direction" not in arrival.values:
        lead.direction = arrival.values["source"].direction
    if lead.company_id is None:
        lead.company = companies.of_person(
            email=lead.email, name=arrival.company_name, origin=arrival.origin, at=arrival.at
        )
    lead.search_text = lead_fields.search_text_of(lead)
    lead.save(force_insert=True)
    _add_identities(lead, arrival)
    LeadCycle.objects.create(
        lead=lead, source=lead.source, started_at=arrival.at, **{STAMP[arrival.stage]: arrival.at}
    )
    LeadScore.objects.create(lead=lead)
    return lead


def _add_identities(lead: Lead, arrival: _Arrival) -> None:
    LeadIdentity.objects.bulk_create(
        LeadIdentity(
            lead=lead,
            kind=kind,
            value=value,
            value_norm=norm,
            is_primary=True,
            created_at=arrival.at,
        )
        for kind, value, norm in identities_of(arrival)
    )


# a second address becomes an identity; where she came from the second time is a touchpoint
_NEVER_PROPOSED = frozenset({"email", "source", "campaign", "direction"})


def _fill_blanks(lead: Lead, arrival: _Arrival) -> Outcome:
    filled: dict[str, Any] = {}
    proposed: dict[str, Any] = {}
    for key, value in arrival.values.items():
        was = lead_fields.current(lead, key)
        new = lead_fields.comparable(value)
        if value in (None, "", {}, []) or was == new:
            continue
        if was in (None, "", {}, []):
            filled[key] = value
        elif key not in _NEVER_PROPOSED:
            proposed[key] = value
    _write_blanks(lead, filled, arrival)
    _remember_identities(lead, arrival, filled)
    return Outcome(lead, created=False, filled=filled, proposed=proposed)


def _write_blanks(lead: Lead, filled: dict[str, Any], arrival: _Arrival) -> None:
    if lead.company_id is None and "company" not in filled:
        company = companies.of_person(
            email=lead.email or filled.get("email", ""),
            name=arrival.company_name,
            origin=arrival.origin,
            at=arrival.at,
        )
        if company:
            filled["company"] = company
    if not filled:
        return
    before = {key: lead_fields.current(lead, key) for key in filled}
    for key, value in filled.items():
        lead_fields.put(lead, key, value)
    lead.search_text = lead_fields.search_text_of(lead)
    lead.version += 1
    lead.save()
    after = {key: lead_fields.comparable(value) for key, value in filled.items()}
    changes.record(lead, before, after, by=arrival.by, at=arrival.at, cause=arrival.via)


def _remember_identities(lead: Lead, arrival: _Arrival, filled: dict[str, Any]) -> None:
    """Keep a further address of a known person unless it is another's; a phone only if she had none."""
    for kind, value, norm in identities_of(arrival):
        if kind == LeadIdentity.Kind.PHONE and "phone" not in filled:
            continue
        known = LeadIdentity.objects.filter(kind=kind, value_norm=norm)
        if kind == LeadIdentity.Kind.PHONE:
            known = known.filter(lead=lead)
        if not known.exists():
            LeadIdentity.objects.create(
                lead=lead, kind=kind, value=value, value_norm=norm, created_at=arrival.at
            )


__all__ = ["Outcome", "create_or_merge"]
