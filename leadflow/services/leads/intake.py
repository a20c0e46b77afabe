"""Many people from a file at once: known by id or e-mail, the rest made, in sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.events.kinds import Kind
from leadflow.events.log import record_many
from leadflow.kit import emails
from leadflow.models import (
    Company,
    Lead,
    LeadCycle,
    LeadIdentity,
    LeadScore,
    LeadStage,
    Origin,
)
from leadflow.models.stages import STAMP
from leadflow.people.access import reaches
from leadflow.people.models import User
from leadflow.services import companies
from leadflow.services.leads import fields as lead_fields
from leadflow.services.leads.editing import update
from leadflow.services.leads.ownership import assign_many

BLANK: tuple[Any, ...] = (None, "", {}, [])
_Key = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A person as a file brings her."""

    values: Mapping[str, Any] = field(default_factory=dict)  # e-mail, phone and source among them
    company_name: str = ""
    external: tuple[str, str] | None = None
    owner: User | None = None
    stage: str = LeadStage.LEAD
    at: datetime


@dataclass(frozen=True)
class Taken:
    """The lead of an arrival: created, updated, unchanged, skipped or failed, and why."""

    lead_id: int | None
    state: str
    reason: str = ""


@transaction.atomic
def take_in_many(
    arrivals: Sequence[Arrival],
    *,
    by: User | None,
    via: str,
    origin: str = Origin.IMPORT,
    existing: str = "fill",
    create: bool = True,
) -> list[Taken]:
    """Take people in, in order; no two of them may be the same person.

    Records `lead.captured` for each new one, at her own time. Raises Invalid for values that cannot
    be taken. A known person is changed as `existing` says: fill her blanks, overwrite, or skip.
    """
    cleaned = [lead_fields.cleaned(one.values) for one in arrivals]
    keys = [_keys(one, values) for one, values in zip(arrivals, cleaned, strict=True)]
    known = _known([key for some in keys for key in some])
    found = [next((known[key] for key in some if key in known), None) for some in keys]
    fresh = [n for n, lead in enumerate(found) if lead is None and create]
    made = _make([arrivals[n] for n in fresh], [cleaned[n] for n in fresh], origin)
    _identify(made, [keys[n] for n in fresh], [cleaned[n] for n in fresh])
    _tell(made, by, via, origin)
    _give(made, [arrivals[n] for n in fresh], by, origin)
    by_place = dict(zip(fresh, made, strict=True))
    return [
        _taken(by_place.get(n), found[n], cleaned[n], existing, by, one.at, origin)
        for n, one in enumerate(arrivals)
    ]


def _taken(
    made: Lead | None,
    known: Lead | None,
    values: Mapping[str, Any],
    existing: str,
    by: User | None,
    at: datetime,
    origin: str,
) -> Taken:
    if made:
        return Taken(made.pk, "created")
    if known is None:
        return Taken(None, "skipped", _("Nobody here is known by this."))
    if known.deleted_at:
        return Taken(known.pk, "skipped", _("This person is in the trash."))
    if by and not reaches(by, "lead.edit", known):
        return Taken(None, "failed", _("This person belongs to another team."))
    if existing == "skip":
        return Taken(known.pk, "skipped", _("This person is known already."))
    return _changed(known, values, existing == "fill", by, at, origin)


def _changed(
    lead: Lead, values: Mapping[str, Any], fill: bool, by: User | None, at: datetime, origin: str
) -> Taken:
    new = {}
    for key, value in values.items():
        was = lead_fields.current(lead, key)
        if value in BLANK or was == lead_fields.comparable(value):
            continue
        if was in BLANK or not fill:
            new[key] = value
    if not new:
        return Taken(lead.pk, "unchanged")
    update(lead, values=new, by=by, at=at, origin=origin)
    return Taken(lead.pk, "updated")


def _keys(one: Arrival, values: Mapping[str, Any]) -> list[_Key]:
    found: list[_Key] = []
    if one.external:
        found.append((LeadIdentity.Kind.EXTERNAL, f"{one.external[0]}:{one.external[1]}"))
    if email := values.get("email"):
        found.append((LeadIdentity.Kind.EMAIL, emails.normalise(email)))
    return found


def _known(keys: Sequence[_Key]) -> dict[_Key, Lead]:
    """Identity -> lead, the leads locked in order."""
    rows = LeadIdentity.objects.filter(
        kind__in=[LeadIdentity.Kind.EMAIL, LeadIdentity.Kind.EXTERNAL],
        value_norm__in={value for _kind, value in keys},
    )
    ids = {(row.kind, row.value_norm): row.lead_id for row in rows}
    leads = Lead.objects.select_for_update(of=("self",)).filter(pk__in=set(ids.values()))
    by_id = {lead.pk: lead for lead in leads.order_by("pk")}
    return {key: by_id[lead_id] for key, lead_id in ids.items() if lead_id in by_id}


def _make(
    arrivals: Sequence[Arrival], cleaned: Sequence[Mapping[str, Any]], origin: str
) -> list[Lead]:
    workplaces: dict[_Key, Company | None] = {}
    leads = [
        _new(one, values, workplaces, origin) for one, values in zip(arrivals, cleaned, strict=True)
    ]
    Lead.objects.bulk_create(leads, batch_size=1_000)
    LeadCycle.objects.bulk_create(
        LeadCycle(lead=lead, source=lead.source, started_at=lead.created_at,
                  **{STAMP[lead.stage]: lead.created_at})
        for lead in leads
    )  # fmt: skip
    LeadScore.objects.bulk_create(LeadScore(lead=lead) for lead in leads)
    return leads


def _new(
    one: Arrival,
    values: Mapping[str, Any],
    workplaces: dict[_Key, Company | None],
    origin: str,
) -> Lead:
    lead = Lead(
        stage=one.stage, furthest_stage=one.stage, stage_since=one.at, origin=origin,
        created_at=one.at, last_activity_at=None,
    )  # fmt: skip
    for key, value in values.items():
        lead_fields.put(lead, key, value)
    if values.get("source") and "direction" not in values:
        lead.direction = values["source"].direction
    if lead.company_id is None:
        lead.company = _workplace(lead.email, one, workplaces, origin)
    lead.search_text = lead_fields.search_text_of(lead)
    return lead


def _workplace(
    email: str, one: Arrival, workplaces: dict[_Key, Company | None], origin: str
) -> Company | None:
    key = (email.rpartition("@")[2].lower(), one.company_name.casefold())
    if key not in workplaces:
        workplaces[key] = companies.of_person(
            email=email, name=one.company_name, origin=origin, at=one.at
        )
    return workplaces[key]


def _identify(
    leads: Sequence[Lead], keys: Sequence[list[_Key]], cleaned: Sequence[Mapping[str, Any]]
) -> None:
    rows = []
    for lead, some, values in zip(leads, keys, cleaned, strict=True):
        shown: dict[str, str] = {LeadIdentity.Kind.EMAIL: lead.email}
        phone = [(LeadIdentity.Kind.PHONE, values["phone"])] if values.get("phone") else []
        rows += [
            LeadIdentity(lead=lead, kind=kind, value=shown.get(kind, value), value_norm=value,
                         is_primary=True, created_at=lead.created_at)
            for kind, value in [*some, *phone]
        ]  # fmt: skip
    LeadIdentity.objects.bulk_create(rows, batch_size=2_000)


def _tell(leads: Sequence[Lead], by: User | None, via: str, origin: str) -> None:
    """Each at her own time; those of one moment in one set."""
    moments: dict[datetime, list[int]] = {}
    for lead in leads:
        moments.setdefault(lead.created_at, []).append(lead.pk)
    data = {"created": True, "via": via}
    for at, ids in moments.items():
        record_many(Kind.LEAD_CAPTURED, ids, by=by, data=data, at=at, origin=origin)


def _give(leads: Sequence[Lead], arrivals: Sequence[Arrival], by: User | None, origin: str) -> None:
    owners = {lead.pk: one.owner for lead, one in zip(leads, arrivals, strict=True) if one.owner}
    if owners:
        at = max(one.at for one in arrivals)
        assign_many(owners=owners, by=by, reason="import", at=at, origin=origin)
