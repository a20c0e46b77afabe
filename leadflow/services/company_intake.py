"""Many companies from a file at once: found by id, domain or name, the rest made, in sets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.history import changes
from leadflow.kit import firms, text
from leadflow.models import Company, Origin
from leadflow.people.models import User
from leadflow.services.companies import domain_in, named
from leadflow.services.company_trash import IN_FILE, bring_back
from leadflow.services.leads.unmaking import in_use

BLANK: tuple[Any, ...] = (None, "")


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A company as a file brings it; `parent` is the name of the company that it belongs to."""

    name: str
    domain: str = ""
    external: tuple[str, str] | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    parent: str = ""

    @property
    def norm(self) -> str:
        """Its name as search compares it."""
        return text.search_text(text.one_line(self.name)[:200])[:200]

    @property
    def host(self) -> str:
        """Its domain, as companies keep it."""
        return domain_in(self.domain)


@dataclass(frozen=True)
class Taken:
    """The company of an arrival: created, updated, unchanged or skipped."""

    company: Company | None
    state: str
    undo: Mapping[str, Any] = field(default_factory=dict)  # fields as they `was` and are `now`


@transaction.atomic
def take_in_many(
    arrivals: Sequence[Arrival],
    *,
    by: User | None,
    at: datetime,
    origin: str = Origin.IMPORT,
    existing: str = "fill",
    create: bool = True,
) -> list[Taken]:
    """Take companies in, in order; no two of them may be the same one.

    `existing` says what happens to a known company: fill its blanks, overwrite, or skip it.
    """
    known = _known(arrivals)
    bring_back(known.values(), reason=IN_FILE, origin=origin, at=at, by=by)
    made = _make([a for a in arrivals if a.norm not in known], at, origin) if create else {}
    everyone = {**known, **made}
    parents = _parents(arrivals, everyone, at, origin)
    taken = []
    for one in arrivals:
        company = everyone.get(one.norm)
        if company is None or (one.norm in known and existing == "skip"):
            taken.append(Taken(company, "skipped"))
        elif one.norm in made:
            taken.append(Taken(company, "created"))
        else:
            undo = _change(company, _wanted(one, parents), existing, by, at, origin)
            taken.append(Taken(company, "updated" if undo else "unchanged", undo))
    _put_under_parents([a for a in arrivals if a.norm in made], made, parents)
    return taken


def _known(arrivals: Sequence[Arrival]) -> dict[str, Company]:
    """Normalised name of the arrival -> its company, by external id, else domain, else name."""
    externals = {a.external for a in arrivals if a.external}
    rows = Company.objects.filter(
        external_system__in={system for system, _id in externals},
        external_id__in={key for _system, key in externals},
    ).select_related("merged_into")
    by_id = {(c.external_system, c.external_id): c.merged_into or c for c in rows}
    at_hosts = Company.objects.filter(domain__in={a.host for a in arrivals} - {""})
    by_host = {c.domain: c.merged_into or c for c in at_hosts.select_related("merged_into")}
    by_name = named({a.norm: a.name for a in arrivals})
    found: dict[str, Company] = {}
    rows_by_key: dict[int, Company] = {}  # one object for a row, however many arrivals find it
    for one in arrivals:
        company = (
            (by_id.get(one.external) if one.external else None)
            or by_host.get(one.host)
            or _unless_elsewhere(by_name.get(one.norm), one.host)
        )
        if company:
            found[one.norm] = rows_by_key.setdefault(company.pk, company)
    return found


def _unless_elsewhere(company: Company | None, host: str) -> Company | None:
    """A namesake at another domain is another company."""
    return None if company and host and company.domain not in (None, host) else company


def _make(arrivals: Sequence[Arrival], at: datetime, origin: str) -> dict[str, Company]:
    rows = {one.norm: _new(one, at, origin) for one in arrivals}
    for company in rows.values():
        company.clean_fields(exclude=["parent", "owner", "team"])
    Company.objects.bulk_create(rows.values(), batch_size=1_000)
    return rows


def _new(one: Arrival, at: datetime, origin: str) -> Company:
    name = text.one_line(one.name)[:200]
    system, key = one.external or ("", "")
    return Company(
        name=name,
        domain=one.host or None,
        name_norm=one.norm,
        name_key=firms.key(name),
        search_text=text.search_text(name, one.host, one.values.get("city", "")),
        origin=origin,
        external_system=system,
        external_id=key,
        created_at=at,
        **{key: value for key, value in one.values.items() if value not in BLANK},
    )


def _parents(
    arrivals: Sequence[Arrival], everyone: Mapping[str, Company], at: datetime, origin: str
) -> dict[str, Company]:
    """Name -> parent company; one that nobody has heard of is made with its name alone."""
    wanted = {p.norm: p for p in (Arrival(name=a.parent) for a in arrivals if a.parent)}
    found = {norm: everyone[norm] for norm in wanted if norm in everyone}
    missing = [p for norm, p in wanted.items() if norm not in found]
    found |= _known(missing)
    return found | _make([p for p in missing if p.norm not in found], at, origin)


def _put_under_parents(
    arrivals: Sequence[Arrival], made: Mapping[str, Company], parents: Mapping[str, Company]
) -> None:
    rows = []
    for one in arrivals:
        parent = _parent_of(one, parents)
        if parent and parent.pk != made[one.norm].pk:
            made[one.norm].parent = parent
            rows.append(made[one.norm])
    Company.objects.bulk_update(rows, ["parent"], batch_size=1_000)


def _parent_of(one: Arrival, parents: Mapping[str, Company]) -> Company | None:
    return parents.get(Arrival(name=one.parent).norm) if one.parent else None


def _wanted(one: Arrival, parents: Mapping[str, Company]) -> dict[str, Any]:
    external = dict(zip(("external_system", "external_id"), one.external or (), strict=False))
    extra = {"domain": one.host, "parent": _parent_of(one, parents), **external}
    return {key: v for key, v in {**one.values, **extra}.items() if v not in BLANK}


def _change(
    company: Company,
    wanted: Mapping[str, Any],
    existing: str,
    by: User | None,
    at: datetime,
    origin: str,
) -> dict[str, Any]:
    """Change it; what it takes to take that back, empty where nothing differs."""
    new = dict(_differing(company, wanted, fill=existing == "fill"))
    if not new:
        return {}
    before = {key: getattr(company, key) for key in new}
    for key, value in new.items():
        setattr(company, key, value)
    company.search_text = text.search_text(company.name, company.domain, company.city)
    company.version += 1
    company.clean_fields(exclude=["parent", "owner", "team"])
    company.save()
    changes.record(company, before, new, by=by, at=at, cause="import")
    fields = {"fields": sorted(new)}
    record(Kind.COMPANY_CHANGED, by=by, subject=company, data=fields, at=at, origin=origin)
    was, now = ({k: changes.plain(v) for k, v in one.items()} for one in (before, new))
    return {"was": was, "now": now, "edits": 1}


def _differing(
    company: Company, wanted: Mapping[str, Any], *, fill: bool
) -> Iterator[tuple[str, Any]]:
    for key, value in wanted.items():
        was = getattr(company, key)
        if was != value and not (fill and was not in BLANK) and value != company:
            yield key, value


@transaction.atomic
def unmake_many(*, versions: Mapping[int, int]) -> dict[int, str]:
    """Delete companies that an import made and nobody touched since; which stay, with the reason.

    `versions` holds for each the version that it has untouched.
    """
    rows = Company.objects.select_for_update(of=("self",)).filter(pk__in=versions).order_by("pk")
    found = {row.pk: row.version for row in rows}
    stays = {
        pk: _("It was changed since.") for pk, version in found.items() if version != versions[pk]
    }
    for pk, called in in_use(Company, found).items():
        stays.setdefault(pk, _("Something stands on it since: %(what)s.") % {"what": called})
    going = sorted(set(found) - set(stays))
    changes.forget(Company, going)
    Company.objects.filter(pk__in=going).delete()
    return stays


@transaction.atomic
def put_back_many(
    edits: Mapping[int, tuple[Mapping[str, Any], Mapping[str, Any]]],
    *,
    by: User | None,
    at: datetime,
) -> dict[int, str]:
    """Give companies the values back that they had: id -> (before, after).

    A field that no longer has its value of `after` stays; returns where, with the names of the fields.
    """
    rows = Company.objects.select_for_update(of=("self",)).filter(pk__in=edits).order_by("pk")
    found = {row.pk: row for row in rows}
    stays = {pk: _("It is not here any more.") for pk in edits if pk not in found}
    for pk, company in found.items():
        before, after = edits[pk]
        same = [key for key in before if changes.plain(getattr(company, key)) == after[key]]
        if other := sorted(set(before) - set(same)):
            stays[pk] = _("Changed since: %(fields)s.") % {"fields": ", ".join(other)}
        if same:
            _put_back(company, {key: before[key] for key in same}, by, at)
    return stays


def _put_back(company: Company, values: Mapping[str, Any], by: User | None, at: datetime) -> None:
    was = {key: getattr(company, key) for key in values}
    for key, value in values.items():
        company_field = Company._meta.get_field(key)
        setattr(company, company_field.attname, company_field.to_python(value))  # type: ignore[union-attr]
    company.search_text = text.search_text(company.name, company.domain, company.city)
    company.version += 1
    company.save()
    now = {key: getattr(company, key) for key in values}
    changes.record(company, was, now, by=by, at=at, cause="undo of import")
    data = {"fields": sorted(values)}
    record(Kind.COMPANY_CHANGED, by=by, subject=company, data=data, at=at, origin=Origin.IMPORT)
