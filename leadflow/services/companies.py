"""Companies: found by work domain, made where they are new."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import tldextract
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from leadflow.errors import Invalid, StaleVersion
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.history import changes
from leadflow.kit import clock, emails, text
from leadflow.models import Company, Origin
from leadflow.people.models import User

# What taking in a person needs of her company; the rest is read when somebody asks for it.
_READ = ("id", "name", "domain", "merged_into_id")
_OF_DOMAIN = "SELECT id, name, domain, merged_into_id FROM leadflow_company WHERE domain = %s"

# The list of public suffixes that ships with the package: no look-up over the network.
_suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

EDITABLE = frozenset(
    {"name", "domain", "industry", "size", "revenue", "country", "city", "founded", "parent", "owner"}
)  # fmt: skip


@lru_cache(maxsize=4096)
def registrable(domain: str) -> str:
    """The part of a host name that a company registers: `mail.acme.co.uk` gives `acme.co.uk`."""
    host = domain.strip().lower().rstrip(".")
    known = _suffixes(host).top_domain_under_public_suffix
    return known or ".".join(host.split(".")[-2:])  # a suffix that nobody lists has one label


def of_person(
    *, email: str, name: str = "", origin: str = Origin.LIVE, at: datetime | None = None
) -> Company | None:
    """The company of somebody with this address and company name; None where neither tells one."""
    domain = ""
    if email:
        parsed = emails.parse(email)
        domain = "" if parsed.is_public else registrable(parsed.domain)
    if domain:
        return _by_domain(domain, name, origin, at)
    return match_or_create(name=name, origin=origin, at=at) if name.strip() else None


def _by_domain(domain: str, name: str, origin: str, at: datetime | None) -> Company:
    with connection.cursor() as cursor:
        cursor.execute(_OF_DOMAIN, [domain])
        row = cursor.fetchone()
    if row:
        found = Company.from_db(connection.alias, _READ, row)
        return found.merged_into or found
    try:
        with transaction.atomic():
            return create(name=name or _title(domain), domain=domain, origin=origin, at=at)
    except IntegrityError:  # another submission made it in the meantime
        return Company.objects.get(domain=domain)


Workplace = tuple[str, str]  # domain of the address, "" where anybody can have one there; its name


def workplace(address: emails.Email | None, name: str) -> Workplace:
    """What tells a person's company."""
    is_telling = address is not None and not address.is_public
    return (registrable(address.domain) if address and is_telling else "", text.one_line(name))


def of_people(
    places: Collection[Workplace], *, origin: str, at: datetime
) -> dict[Workplace, Company]:
    """As `of_person` finds and makes them, for many people at once; nowhere is left out."""
    by_domain = _at_domains(places, origin, at)
    by_name = _of_names([name for domain, name in places if name and not domain], origin, at)
    found: dict[Workplace, Company] = {}
    for domain, name in places:
        if domain or name:
            found[domain, name] = by_domain[domain] if domain else by_name[_norm(name)]
    return found


def _at_domains(places: Iterable[Workplace], origin: str, at: datetime) -> dict[str, Company]:
    names: dict[str, str] = {}
    for domain, name in places:
        if domain:
            names[domain] = names.get(domain) or name
    rows = Company.objects.filter(domain__in=names).select_related("merged_into")
    found = {str(row.domain): row.merged_into or row for row in rows}
    new = [domain for domain in names if domain not in found]
    rows_made = [_unsaved(names[d] or _title(d), d, origin, at) for d in new]
    Company.objects.bulk_create(rows_made, batch_size=1_000)
    return found | dict(zip(new, rows_made, strict=True))


def _of_names(names: Iterable[str], origin: str, at: datetime) -> dict[str, Company]:
    shown: dict[str, str] = {}
    for name in names:
        shown.setdefault(_norm(name), name)
    rows = Company.objects.living().filter(name_norm__in=shown).order_by("-pk")
    found = {row.name_norm: row for row in rows}
    new = [norm for norm in shown if norm not in found]
    rows_made = [_unsaved(shown[norm], None, origin, at) for norm in new]
    Company.objects.bulk_create(rows_made, batch_size=1_000)
    return found | dict(zip(new, rows_made, strict=True))


def _norm(name: str) -> str:
    return text.search_text(name)[:200]


def match_or_create(*, name: str, origin: str = Origin.LIVE, at: datetime | None = None) -> Company:
    """The living company of that name, whatever its case and accents, else a new one."""
    rows = Company.objects.living().filter(name_norm=_norm(name))
    found = rows.order_by("pk").first()
    return found or create(name=name, origin=origin, at=at)


def create(
    *,
    name: str,
    domain: str | None = None,
    origin: str = Origin.LIVE,
    at: datetime | None = None,
    **fields: Any,
) -> Company:
    """Make a company."""
    company = _unsaved(name, domain, origin, at or clock.now(), **fields)
    company.save(force_insert=True)
    return company


def _unsaved(name: str, domain: str | None, origin: str, at: datetime, **fields: Any) -> Company:
    shown = text.one_line(name)[:200]
    return Company(
        name=shown,
        domain=domain or None,
        name_norm=_norm(shown),
        search_text=text.search_text(shown, domain or "", fields.get("city", "")),
        origin=origin,
        created_at=at,
        **fields,
    )


def _title(domain: str) -> str:
    """A name for a company of which only the domain is known."""
    return domain.split(".")[0].replace("-", " ").title()


@transaction.atomic
def update(
    company: Company,
    *,
    values: Mapping[str, Any],
    by: User | None,
    version: int | None = None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Company:
    """Overwrite fields of a company, remembering what they were."""
    row = Company.objects.select_for_update(of=("self",)).get(pk=company.pk)
    if version is not None and row.version != version:
        raise StaleVersion(_("Somebody changed this company while you were editing. Look again."))
    unknown = set(values) - EDITABLE
    if unknown:
        raise Invalid(
            _("Some values cannot be taken."), {key: [_("Unknown field.")] for key in unknown}
        )
    keys = {key: Company._meta.get_field(key).attname for key in values}  # type: ignore[union-attr]
    before = {key: getattr(row, attname) for key, attname in keys.items()}
    for key, value in values.items():
        setattr(row, key, value)
    row.domain = row.domain or None
    row.name_norm = text.search_text(row.name)[:200]
    row.search_text = text.search_text(row.name, row.domain, row.city)
    row.version += 1
    row.full_clean(exclude=["custom"])
    row.save()
    after = {key: getattr(row, attname) for key, attname in keys.items()}
    at = at or clock.now()
    if changes.record(row, before, after, by=by, at=at, cause="edit"):
        fields = sorted(key for key in after if before[key] != after[key])
        record(
            Kind.COMPANY_CHANGED, by=by, subject=row, data={"fields": fields}, at=at, origin=origin
        )
    return row
