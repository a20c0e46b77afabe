"""One person, one lead: find her by identity, else make her; fill blanks, overwrite what the settings let."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

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
    Organisation,
    Origin,
    Source,
)
from leadflow.models.stages import ORDER, STAMP
from leadflow.models.together import Together
from leadflow.people.models import User
from leadflow.services import companies
from leadflow.services.leads import fields as lead_fields
from leadflow.services.leads.lifecycle import advance_many
from leadflow.services.leads.taking import Taking, never, newest

HAND = "hand"  # a colleague typed it


@dataclass(frozen=True)
class Outcome:
    """What became of somebody's details: whose lead, made now or known, what was taken.

    `proposed` holds values that contradict what was known; they are shown, not written. `replaced` holds
    those that were written all the same, where the organisation lets the newest win.
    """

    lead: Lead
    created: bool
    filled: dict[str, Any] = field(default_factory=dict)
    proposed: dict[str, Any] = field(default_factory=dict)
    replaced: dict[str, Any] = field(default_factory=dict)


Identity = tuple[str, str, str]

_KNOWN = (
    f"SELECT {', '.join(f'lead.{field.column}' for field in Lead._meta.concrete_fields)} "  # noqa: S608
    "FROM leadflow_leadidentity identity JOIN leadflow_lead lead ON lead.id = identity.lead_id "
    "WHERE identity.kind = %s AND identity.value_norm = %s FOR UPDATE OF lead"
)


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
    taking: Taking


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
    together: Together | None = None,
    taking: Taking | None = None,
) -> Outcome:
    """Take in a person: the lead that has this external id or e-mail, else a new one.

    A known lead gets her blanks filled; nothing is overwritten but fields for which `taking`, the
    organisation's choice unless it is given, lets the newest win. `via` says by what ("form:12", "hand",
    "api"); what comes by hand is not from outside. Records `lead.captured`. Raises Invalid for values that cannot be taken.

    With `together` the new rows wait for its `insert`. That raises IntegrityError where somebody made
    a lead of the same identity meanwhile: roll back and call again, and she is known.
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
    if taking is None:
        taking = {} if via == HAND else Organisation.current().taking
    barred = never(taking, "lead", values)
    arrival = _Arrival(
        lead_fields.cleaned({key: value for key, value in values.items() if key not in barred}),
        external,
        company_name,
        stage,
        origin,
        via,
        by,
        at or clock.now(),
        taking,
    )
    if together is not None:
        return _take_in(arrival, together)
    try:
        return _at_once(arrival)
    except IntegrityError:  # who loses a race for an identity takes the winner's lead instead
        return _at_once(arrival)


@transaction.atomic
def _at_once(arrival: _Arrival) -> Outcome:
    together = Together()
    outcome = _take_in(arrival, together)
    together.insert()
    return outcome


def _take_in(arrival: _Arrival, together: Together) -> Outcome:
    known, by_identity = _find(arrival)
    if known is None:
        outcome = _make(arrival, together)
    else:
        outcome = _fill_blanks(known, by_identity, arrival, together)
        _advance(known, arrival)
    record(
        Kind.LEAD_CAPTURED,
        lead_id=outcome.lead.pk,
        by=arrival.by,
        data=_said(outcome, arrival),
        at=arrival.at,
        origin=arrival.origin,
        together=together,
    )  # fmt: skip
    return outcome


def _said(outcome: Outcome, arrival: _Arrival) -> dict[str, Any]:
    data = {"created": outcome.created, "via": arrival.via, "proposed": sorted(outcome.proposed)}
    return data | ({"replaced": sorted(outcome.replaced)} if outcome.replaced else {})


def _advance(lead: Lead, arrival: _Arrival) -> None:
    """A subscriber who asks for more becomes a lead; nobody goes back."""
    if ORDER[lead.stage] < ORDER[arrival.stage]:
        advance_many(
            lead_ids=[lead.pk], to=arrival.stage, by=arrival.by, reason="captured", at=arrival.at,
            origin=arrival.origin,
        )  # fmt: skip
        lead.refresh_from_db()


def identities_of(arrival: _Arrival) -> list[Identity]:
    """(kind, value, normalised value) of what identifies the person, the strongest first."""
    found: list[Identity] = []
    if arrival.external:
        value = f"{arrival.external[0]}:{arrival.external[1]}"
        found.append((LeadIdentity.Kind.EXTERNAL, value, value))
    if email := arrival.values.get("email"):
        found.append((LeadIdentity.Kind.EMAIL, email, emails.normalise(email)))
    if phone := arrival.values.get("phone"):
        found.append((LeadIdentity.Kind.PHONE, phone, phone))
    return found


def _find(arrival: _Arrival) -> tuple[Lead | None, Identity | None]:
    """The lead, locked, and the identity by which she was found."""
    for identity in identities_of(arrival):
        kind, _value, norm = identity
        if kind == LeadIdentity.Kind.PHONE:
            continue  # a shared phone only suggests
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN, [kind, norm])
            row = cursor.fetchone()
        if row:
            return _as_lead(row), identity
    return None, None


def _as_lead(row: tuple[Any, ...]) -> Lead:
    fields = Lead._meta.concrete_fields
    values = [
        field.from_db_value(value, None, connection) if hasattr(field, "from_db_value") else value
        for field, value in zip(fields, row, strict=True)
    ]
    return Lead.from_db(connection.alias, [field.attname for field in fields], values)


def _make(arrival: _Arrival, together: Together) -> Outcome:
    lead = Lead(
        pk=together.new_id(Lead),
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
    cycle = LeadCycle(
        lead=lead, source=lead.source, started_at=arrival.at, **{STAMP[arrival.stage]: arrival.at}
    )
    together.add([lead, cycle, LeadScore(lead=lead)])
    together.add(
        LeadIdentity(
            lead=lead, kind=kind, value=value, value_norm=norm, is_primary=True,
            created_at=arrival.at,
        )
        for kind, value, norm in identities_of(arrival)
    )  # fmt: skip
    return Outcome(lead, created=True, filled=arrival.values)


# a second address becomes an identity; where she came from the second time is a touchpoint
_NEVER_PROPOSED = frozenset({"email", "source", "campaign", "direction"})


def _fill_blanks(
    lead: Lead, by_identity: Identity | None, arrival: _Arrival, together: Together
) -> Outcome:
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
    replaced = newest(arrival.taking, lead, proposed, arrival.at)
    _write(lead, filled, replaced, arrival)
    new = [identity for identity in identities_of(arrival) if identity != by_identity]
    _remember_identities(lead, new, filled, arrival.at, together)
    still = {key: value for key, value in proposed.items() if key not in replaced}
    return Outcome(lead, created=False, filled=filled, proposed=still, replaced=replaced)


def _write(lead: Lead, filled: dict[str, Any], replaced: dict[str, Any], arrival: _Arrival) -> None:
    if lead.company_id is None and "company" not in filled:
        company = companies.of_person(
            email=lead.email or filled.get("email", ""),
            name=arrival.company_name,
            origin=arrival.origin,
            at=arrival.at,
        )
        if company:
            filled["company"] = company
    written = filled | replaced
    if not written:
        return
    before = {key: lead_fields.current(lead, key) for key in written}
    for key, value in written.items():
        lead_fields.put(lead, key, value)
    lead.search_text = lead_fields.search_text_of(lead)
    lead.version += 1
    lead.save()
    after = {key: lead_fields.comparable(value) for key, value in written.items()}
    changes.record(lead, before, after, by=arrival.by, at=arrival.at, cause=arrival.via)


def _remember_identities(
    lead: Lead, told: list[Identity], filled: dict[str, Any], at: datetime, together: Together
) -> None:
    """Keep a further address of a known person unless it is another's; a phone only if she had none."""
    for kind, value, norm in told:
        if kind == LeadIdentity.Kind.PHONE and "phone" not in filled:
            continue
        known = LeadIdentity.objects.filter(kind=kind, value_norm=norm)
        if kind == LeadIdentity.Kind.PHONE:
            known = known.filter(lead=lead)
        if not known.exists():
            row = LeadIdentity(lead=lead, kind=kind, value=value, value_norm=norm, created_at=at)
            together.add([row])


__all__ = ["Outcome", "create_or_merge"]
