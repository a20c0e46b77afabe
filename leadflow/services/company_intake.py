"""Many companies from a file at once: found by id, domain or name, the rest made, in sets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.history import changes
from leadflow.kit import text
from leadflow.models import Company, Origin
from leadflow.people.models import User
from leadflow.services.companies import registrable

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
        bare = self.domain.split("://")[-1].split("/")[0].rpartition("@")[2]
        return registrable(bare) if bare else ""


@dataclass(frozen=True)
class Taken:
    """The company of an arrival: created, updated, unchanged or skipped."""

    company: Company | None
    state: str


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
            changed = _change(company, _wanted(one, parents), existing, by, at, origin)
            taken.append(Taken(company, "updated" if changed else "unchanged"))
    _put_under_parents([a for a in arrivals if a.norm in made], made, parents)
    return taken


def _known(arrivals: Sequence[Arrival]) -> dict[str, Company]:
    """Normalised name of the arrival -> its company, by external id, else domain, else name."""
    externals = {a.external for a in arrivals if a.external}
    rows = Company.objects.filter(
        external_system__in={s for s, _ in externals}, external_id__in={i for _, i in externals}
    )
    by_id = {(c.external_system, c.external_id): c for c in rows}
    living = Company.objects.living()
    by_host = {c.domain: c for c in living.filter(domain__in={a.host for a in arrivals} - {""})}
    names = living.filter(name_norm__in={a.norm for a in arrivals}).order_by("-pk")
    by_name = {c.name_norm: c for c in names}
    found = {}
    for one in arrivals:
        company = (
            (by_id.get(one.external) if one.external else None)
            or by_host.get(one.host)
            or by_name.get(one.norm)
        )
        if company:
            found[one.norm] = company
    return found


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
) -> bool:
    new = dict(_differing(company, wanted, fill=existing == "fill"))
    if not new:
        return False
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
    return True


def _differing(
    company: Company, wanted: Mapping[str, Any], *, fill: bool
) -> Iterator[tuple[str, Any]]:
    for key, value in wanted.items():
        was = getattr(company, key)
        if was != value and not (fill and was not in BLANK) and value != company:
            yield key, value
