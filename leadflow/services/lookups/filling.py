"""Asking the adapters about people and companies, in sets, and writing their answers into blanks."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from leadflow.kit import clock
from leadflow.models import Company, Lead, Organisation, Origin, ProvidedValue
from leadflow.people.models import User
from leadflow.services import companies, leads
from leadflow.services.enrichment import BLANK
from leadflow.services.leads import fields as lead_fields
from leadflow.services.leads import taking
from leadflow.services.lookups.adapters import Adapter, Known, Value, installed

_State = ProvidedValue.State
CAUSE = "lookup"
MOST = 1_000  # people that are asked about together
Said = tuple[str, Value]  # the adapter's key, and what it says


@dataclass(frozen=True)
class Found:
    """How many people and companies got a value, and how many values those were."""

    leads: int = 0
    companies: int = 0
    values: int = 0

    def __add__(self, other: "Found") -> "Found":
        return Found(
            self.leads + other.leads,
            self.companies + other.companies,
            self.values + other.values,
        )


def look_up(
    *,
    lead_ids: Collection[int],
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Found:
    """Ask about these people and their companies; only blanks are filled, and what was taken out stays out.

    Asked again it changes nothing. Records `lead.changed` and `company.changed` where something was filled.
    """
    ids, found = sorted(set(lead_ids)), Found()
    for first in range(0, len(ids), MOST):
        found += _look_up(ids[first : first + MOST], by, at or clock.now(), origin)
    return found


@transaction.atomic
def look_up_companies(
    *,
    company_ids: Collection[int],
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Found:
    """Ask about companies alone."""
    rows = Company.objects.living().filter(pk__in=company_ids).order_by("pk")
    return _fill(_asked([Known(company=row) for row in rows]), by, at or clock.now(), origin)


@transaction.atomic
def _look_up(ids: Sequence[int], by: User | None, at: datetime, origin: str) -> Found:
    rows = Lead.objects.living().filter(pk__in=ids).select_related("company").order_by("pk")
    return _fill(_asked([Known(row, row.company) for row in rows]), by, at, origin)


@dataclass
class _Answers:
    """The surest answer to each field, by lead and by company, and what of it is a flag."""

    of_leads: dict[int, dict[str, Said]]
    of_companies: dict[int, dict[str, Said]]
    asked_leads: list[int]
    flags: Mapping[str, Adapter]


def _asked(known: Sequence[Known]) -> _Answers:
    asking = installed(Organisation.current().lookups_off) if known else {}
    flags = {flag: one for one in asking.values() for flag in one.flags}
    found = _Answers({}, {}, [one.lead.pk for one in known if one.lead], flags)
    for adapter in asking.values():
        for one, values in zip(known, adapter.answer(known), strict=True):
            for value in values:
                about = one.company if value.of_company else one.lead
                if about is not None:
                    rows = found.of_companies if value.of_company else found.of_leads
                    _keep_surest(rows.setdefault(about.pk, {}), (adapter.key, value))
    return found


def _keep_surest(rows: dict[str, Said], said: Said) -> None:
    before = rows.get(said[1].field)
    if before is None or before[1].confidence < said[1].confidence:
        rows[said[1].field] = said


def _fill(found: _Answers, by: User | None, at: datetime, origin: str) -> Found:
    when = _When(by, at, origin)
    filled = _fill_leads(found, when)
    return filled + _fill_companies(found, when)


@dataclass(frozen=True)
class _When:
    by: User | None
    at: datetime
    origin: str


def _fill_leads(found: _Answers, when: _When) -> Found:
    barred = _barred("lead", found.of_leads)
    known = _said_before("lead", found.asked_leads)
    wanted = {
        pk: {key: said for key, said in rows.items() if key not in barred}
        for pk, rows in found.of_leads.items()
    }
    flags, fields = _flags(found, known), _fields(found, wanted, known)
    locked = Lead.objects.select_for_update(of=("self",)).filter(pk__in=fields).order_by("pk")
    edits: list[tuple[Lead, dict[str, Any]]] = []
    for lead in locked:
        blank = {
            key: said
            for key, said in fields[lead.pk].items()
            if lead_fields.current(lead, key) in BLANK
        }
        fields[lead.pk] = blank
        if blank:
            edits.append((lead, {key: value.value for key, (_a, value) in blank.items()}))
    if edits:
        leads.update_many(edits, by=when.by, at=when.at, origin=when.origin, cause=CAUSE)
    told = {pk: {**fields.get(pk, {}), **flags.get(pk, {})} for pk in {*fields, *flags}}
    count = _remember("lead", told, known, when)
    return Found(leads=sum(map(bool, told.values())), values=count)


def _barred(about: str, said: Mapping[int, Mapping[str, Said]]) -> set[str]:
    """Fields of which the settings say: never from outside."""
    keys = {key for of in said.values() for key in of}
    return taking.never(Organisation.current().taking, about, keys)


def _fields(
    found: _Answers, wanted: Mapping[int, Mapping[str, Said]], known: Mapping[Any, ProvidedValue]
) -> dict[int, dict[str, Said]]:
    """What may be written: no flag, and nothing that somebody took out before."""
    rows = {
        pk: {
            key: said
            for key, said in of.items()
            if key not in found.flags and not _was_taken_out(known, pk, said)
        }
        for pk, of in wanted.items()
    }
    return {pk: of for pk, of in rows.items() if of}


def _flags(found: _Answers, known: Mapping[Any, ProvidedValue]) -> dict[int, dict[str, Said]]:
    """Flags that are new or another; what is no longer said goes."""
    gone = [
        row.pk
        for (pk, field, adapter), row in known.items()
        if field in found.flags
        and found.flags[field].key == adapter
        and field not in found.of_leads.get(pk, {})
    ]
    if gone:
        ProvidedValue.objects.filter(pk__in=gone).delete()
    new: dict[int, dict[str, Said]] = {}
    for pk, of in found.of_leads.items():
        for key in found.flags.keys() & of.keys():
            row = known.get((pk, key, of[key][0]))
            if row is None or row.value != of[key][1].value:
                new.setdefault(pk, {})[key] = of[key]
    return new


def _fill_companies(found: _Answers, when: _When) -> Found:
    barred = _barred("company", found.of_companies)
    known = _said_before("company", list(found.of_companies))
    told = {
        pk: {k: said for k, said in of.items() if not _was_taken_out(known, pk, said)}
        for pk, of in found.of_companies.items()
    }
    locked = Company.objects.living().select_for_update(of=("self",)).filter(pk__in=told)
    edits: list[tuple[Company, dict[str, Any]]] = []
    for company in locked.order_by("pk"):
        blank = {
            key: said
            for key, said in told[company.pk].items()
            if key not in barred and getattr(company, key) in BLANK
        }
        told[company.pk] = blank
        if blank:
            edits.append((company, {key: value.value for key, (_a, value) in blank.items()}))
    done = {company.pk: told[company.pk] for company, _values in edits}
    if edits:
        companies.update_many(edits, by=when.by, at=when.at, origin=when.origin, cause=CAUSE)
    return Found(companies=len(done), values=_remember("company", done, known, when))


def _said_before(about: str, ids: Collection[int]) -> dict[Any, ProvidedValue]:
    """What our adapters said before, by (id, field, adapter)."""
    if not ids:
        return {}
    rows = ProvidedValue.objects.filter(provider__in=list(installed()), **{f"{about}__in": ids})
    return {(getattr(row, f"{about}_id"), row.field, row.provider): row for row in rows}


def _was_taken_out(known: Mapping[Any, ProvidedValue], pk: int, said: Said) -> bool:
    adapter, value = said
    row = known.get((pk, value.field, adapter))
    plain = lead_fields.comparable(value.value)
    return row is not None and row.state == _State.DISMISSED and row.value == plain


def _remember(
    about: str,
    told: Mapping[int, Mapping[str, Said]],
    known: Mapping[Any, ProvidedValue],
    when: _When,
) -> int:
    """Keep where each value is from; the caller holds the locks of those that were filled."""
    rows = list(_rows(about, told, known, when))
    old = [row for row in rows if row.pk]
    ProvidedValue.objects.bulk_create(
        [row for row in rows if not row.pk], ignore_conflicts=True, batch_size=1_000
    )
    fields = ["value", "confidence", "basis", "state", "received_at", "origin"]
    ProvidedValue.objects.bulk_update(old, [*fields, "decided_by", "decided_at"], batch_size=500)
    return len(rows)


def _rows(
    about: str,
    told: Mapping[int, Mapping[str, Said]],
    known: Mapping[Any, ProvidedValue],
    when: _When,
) -> Iterable[ProvidedValue]:
    for pk, of in sorted(told.items()):
        for key, (adapter, value) in of.items():
            row = known.get((pk, key, adapter)) or ProvidedValue(
                **{f"{about}_id": pk}, field=key, provider=adapter
            )
            row.value, row.confidence = lead_fields.comparable(value.value), value.confidence
            row.basis, row.state, row.received_at = value.basis, _State.FILLED, when.at
            row.origin, row.decided_by, row.decided_at = when.origin, None, None
            yield row
