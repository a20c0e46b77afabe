"""Companies: found by work domain, made where they are new."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import tldextract
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from leadflow.errors import Invalid, StaleVersion
from leadflow.events.kinds import Kind
from leadflow.events.log import record, record_many
from leadflow.history import changes
from leadflow.kit import clock, emails, firms, text
from leadflow.models import Company, CustomField, Origin, Tier
from leadflow.people.models import Team, User
from leadflow.services import own_fields
from leadflow.services.company_trash import ADDED, ARRIVED, bring_back

# What taking in a person needs of her company; the rest is read when somebody asks for it.
_READ = ("id", "name", "domain", "merged_into_id", "deleted_at")
_OF_DOMAIN = """
    SELECT id, name, domain, merged_into_id, deleted_at FROM leadflow_company WHERE domain = %s
"""

# The list of public suffixes that ships with the package: no look-up over the network.
_suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

EDITABLE = frozenset(
    {"name", "domain", "industry", "size", "revenue", "country", "city", "founded", "parent", "owner",
     "tier"}
)  # fmt: skip


@lru_cache(maxsize=4096)
def registrable(domain: str) -> str:
    """The part of a host name that a company registers: `mail.acme.co.uk` gives `acme.co.uk`."""
    host = domain.strip().lower().rstrip(".")
    known = _suffixes(host).top_domain_under_public_suffix
    return known or ".".join(host.split(".")[-2:])  # a suffix that nobody lists has one label


def domain_in(address: str) -> str:
    """The domain as companies keep it, out of what somebody typed: a host, a web address, a mail one."""
    bare = address.split("://")[-1].split("/")[0].rpartition("@")[2].strip()
    return registrable(bare) if bare else ""


def domain_of(email: str) -> str:
    """The domain that tells where somebody with this address works; empty where anybody can have one."""
    try:
        parsed = emails.parse(email) if email else None
    except ValueError:
        return ""
    return registrable(parsed.domain) if parsed and not parsed.is_public else ""


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
        company = found.merged_into or found
        bring_back([company], reason=ARRIVED, origin=origin, at=at or clock.now())
        return company
    try:
        with transaction.atomic():
            company = _unsaved(name or _title(domain), domain, origin, at or clock.now())
            company.save(force_insert=True)
            return company
    except IntegrityError:  # another submission made it in the meantime
        return Company.objects.get(domain=domain)


Workplace = tuple[str, str]  # domain of the address, "" where anybody can have one there; its name


def workplace(address: emails.Email | None, name: str) -> Workplace:
    """What tells a person's company."""
    is_telling = address is not None and not address.is_public
    return (registrable(address.domain) if address and is_telling else "", text.one_line(name))


def of_people(
    places: Collection[Workplace], *, origin: str, at: datetime, made: set[int] | None = None
) -> dict[Workplace, Company]:
    """As `of_person` finds and makes them, for many people at once; nowhere is left out.

    `made` takes the ids of those that were not known.
    """
    made = set() if made is None else made
    by_domain = _at_domains(places, origin, at, made)
    by_name = _of_names([name for domain, name in places if name and not domain], origin, at, made)
    found: dict[Workplace, Company] = {}
    for domain, name in places:
        if domain or name:
            found[domain, name] = by_domain[domain] if domain else by_name[_norm(name)]
    return found


def _at_domains(
    places: Iterable[Workplace], origin: str, at: datetime, made: set[int]
) -> dict[str, Company]:
    names: dict[str, str] = {}
    for domain, name in places:
        if domain:
            names[domain] = names.get(domain) or name
    rows = Company.objects.filter(domain__in=names).select_related("merged_into")
    found = {str(row.domain): row.merged_into or row for row in rows}
    bring_back(found.values(), reason=ARRIVED, origin=origin, at=at)
    new = [domain for domain in names if domain not in found]
    rows_made = [_unsaved(names[d] or _title(d), d, origin, at) for d in new]
    Company.objects.bulk_create(rows_made, batch_size=1_000)
    made.update(company.pk for company in rows_made)
    return found | dict(zip(new, rows_made, strict=True))


def _of_names(
    names: Iterable[str], origin: str, at: datetime, made: set[int]
) -> dict[str, Company]:
    shown: dict[str, str] = {}
    for name in names:
        shown.setdefault(_norm(name), name)
    found = named(shown)
    new = [norm for norm in shown if norm not in found]
    rows_made = [_unsaved(shown[norm], None, origin, at) for norm in new]
    Company.objects.bulk_create(rows_made, batch_size=1_000)
    made.update(company.pk for company in rows_made)
    return found | dict(zip(new, rows_made, strict=True))


def _norm(name: str) -> str:
    return text.search_text(name)[:200]


def match_or_create(*, name: str, origin: str = Origin.LIVE, at: datetime | None = None) -> Company:
    """The living company of that name, whatever its case, accents and legal form, else a new one."""
    return called(name) or create(name=name, origin=origin, at=at)


def called(name: str) -> Company | None:
    """The living company of that name, as `named` finds it."""
    norm = _norm(name)
    return named({norm: name}).get(norm)


def named(names: Mapping[str, str]) -> dict[str, Company]:
    """The living companies of these names (as search compares them -> as written), by the former.

    A company that is spelt so comes first, the oldest of several. Else the one company that differs in
    its legal form alone; of several such nobody knows which is meant.
    """
    rows = Company.objects.living().filter(name_norm__in=names).order_by("-pk")
    found = {row.name_norm: row for row in rows}
    keys = {norm: firms.key(name) for norm, name in names.items() if norm not in found}
    alike: dict[str, list[Company]] = {}
    for row in Company.objects.living().filter(name_key__in={*keys.values()} - {""}):
        alike.setdefault(row.name_key, []).append(row)
    for norm, key in keys.items():
        if len(alike.get(key, ())) == 1:
            found[norm] = alike[key][0]
    return found


def create(
    *,
    name: str,
    domain: str | None = None,
    origin: str = Origin.LIVE,
    at: datetime | None = None,
    **fields: Any,
) -> Company:
    """Make a company; one in the trash that has the domain comes back instead, as it was."""
    if thrown := in_trash_at(domain):
        bring_back([thrown], reason=ADDED, origin=origin, at=at or clock.now())
        return thrown
    company = _unsaved(name, domain, origin, at or clock.now(), **fields)
    company.save(force_insert=True)
    return company


@transaction.atomic
def add(*, values: Mapping[str, Any], by: User | None, at: datetime | None = None) -> Company:
    """Add a company as somebody typed it, or take nothing of it.

    One in the trash that has its domain comes back, one that is called so takes what was typed.
    """
    at = at or clock.now()
    thrown = in_trash_at(values.get("domain"))
    if thrown:
        bring_back([thrown], reason=ADDED, origin=Origin.LIVE, at=at, by=by)
    given = {key: value for key, value in values.items() if value not in (None, "")}
    company = thrown or match_or_create(name=values["name"], at=at)
    return update(company, values=given, by=by, at=at)


def in_trash_at(address: str | None) -> Company | None:
    """The company in the trash that has this domain."""
    domain = domain_in(address or "")
    rows = Company.objects.filter(domain=domain, merged_into=None).exclude(deleted_at=None)
    return rows.first() if domain else None


def _unsaved(name: str, domain: str | None, origin: str, at: datetime, **fields: Any) -> Company:
    shown = text.one_line(name)[:200]
    return Company(
        name=shown,
        domain=domain or None,
        name_norm=_norm(shown),
        name_key=firms.key(shown),
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
    """Overwrite fields of a company, remembering what they were; `custom.KEY` is a field of one's own.

    Raises Invalid naming every bad field, StaleVersion where somebody changed it since `version`.
    """
    row = Company.objects.select_for_update(of=("self",)).get(pk=company.pk)
    if version is not None and row.version != version:
        raise StaleVersion(_("Somebody changed this company while you were editing. Look again."))
    good = _cleaned(values)
    if good.get("owner") and good["owner"] != row.owner:
        good["team"] = _first_team(good["owner"])  # it joins the owner's, as leads do
    before = {key: _current(row, key) for key in good}
    for key, value in good.items():
        if key.startswith(own_fields.PREFIX):
            row.custom = own_fields.put(row.custom, key.removeprefix(own_fields.PREFIX), value)
        else:
            setattr(row, key, value)
    row.domain = row.domain or None
    row.name_norm, row.name_key = _norm(row.name), firms.key(row.name)
    row.search_text = text.search_text(row.name, row.domain, row.city)
    row.version += 1
    _refuse_taken_domain(row)
    row.full_clean(exclude=["custom"])
    row.save()
    after = {key: _current(row, key) for key in good}
    at = at or clock.now()
    if changes.record(row, before, after, by=by, at=at, cause="edit"):
        fields = sorted(key for key in after if before[key] != after[key])
        record(
            Kind.COMPANY_CHANGED, by=by, subject=row, data={"fields": fields}, at=at, origin=origin
        )
    return row


def _refuse_taken_domain(row: Company) -> None:
    rows = Company.objects.filter(domain=row.domain).exclude(pk=row.pk) if row.domain else ()
    for other in rows:
        words = _("%(name)s has this domain. Merge the two, or give one of them another.")
        if other.deleted_at:
            words = _("%(name)s has this domain and lies in the trash. Take it out there first.")
        name = (other.merged_into or other).name
        raise Invalid.at("domain", words % {"name": name})


def _cleaned(values: Mapping[str, Any]) -> dict[str, Any]:
    good: dict[str, Any] = {}
    bad: dict[str, list[str]] = {}
    known = None
    for key, value in values.items():
        if key.startswith(own_fields.PREFIX):
            known = known if known is not None else own_fields.known(CustomField.Subject.COMPANY)
            try:
                good[key] = own_fields.clean(known, key.removeprefix(own_fields.PREFIX), value)
            except ValueError as error:
                bad[key] = [str(error)]
        elif key in EDITABLE:
            good[key] = domain_in(value or "") if key == "domain" else value
        else:
            bad[key] = [_("Unknown field.")]
    if bad:
        raise Invalid(_("Some values cannot be taken."), bad)
    return good


def _current(row: Company, key: str) -> Any:
    if key.startswith(own_fields.PREFIX):
        return row.custom.get(key.removeprefix(own_fields.PREFIX))
    return getattr(row, Company._meta.get_field(key).attname)  # type: ignore[union-attr]


def update_many(
    edits: Sequence[tuple[Company, Mapping[str, Any]]],
    *,
    by: User | None,
    at: datetime,
    origin: str,
    cause: str,
) -> None:
    """Overwrite fields of many companies, remembering what they were; in the caller's transaction.

    The caller holds the locks and has checked the values.
    """
    history = []
    for row, values in edits:
        before = {key: getattr(row, key) for key in values}
        for key, value in values.items():
            setattr(row, key, value)
        row.search_text = text.search_text(row.name, row.domain, row.city)
        row.version += 1
        history.append((row, before, values))
    names = {key for _row, values in edits for key in values} | {"search_text", "version"}
    Company.objects.bulk_update([row for row, _values in edits], sorted(names), batch_size=500)
    changes.record_many(history, by=by, at=at, cause=cause)
    record_many(
        Kind.COMPANY_CHANGED, [None] * len(edits), by=by, subjects=[row for row, _values in edits],
        data=[{"fields": sorted(values)} for _row, values in edits], at=at, origin=origin,
    )  # fmt: skip


@transaction.atomic
def set_tier_many(
    *,
    ids: Sequence[int],
    tier: str,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> int:
    """Make these target companies of a tier, or none any more; returns how many changed."""
    if tier not in ("", *Tier.values):
        raise Invalid(_("Choose a tier."))
    rows = Company.objects.living().select_for_update(of=("self",)).filter(pk__in=ids)
    changed = [(row, row.tier) for row in rows.exclude(tier=tier).order_by("pk")]
    for row, _was in changed:
        row.tier = tier
    edits = [(row, {"tier": was}, {"tier": tier}) for row, was in changed]
    _changed_many(["tier"], edits, by=by, at=at or clock.now(), origin=origin)
    return len(changed)


@transaction.atomic
def set_owner_many(
    *,
    ids: Collection[int],
    owner: User,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> int:
    """Give these companies to one owner, whose first team they join as leads do; returns how many changed
    hands. Raises Invalid where that person may not own any."""
    _refuse_those_who_cannot_own([owner])
    rows = Company.objects.living().select_for_update(of=("self",)).filter(pk__in=ids)
    changed = [row for row in rows.order_by("pk") if row.owner_id != owner.pk]
    team = _first_team(owner)
    to = [(row, owner.pk, team.pk if team else None) for row in changed]
    _own_many(to, by=by, at=at or clock.now(), origin=origin)
    return len(changed)


@transaction.atomic
def give_back_many(*, done_at: datetime, by: User, at: datetime) -> tuple[int, int]:
    """Give the companies that one act gave away at that moment back to owner and team of before; how many,
    and how many stay as somebody else was given them since. Raises Invalid where an owner has left."""
    owners = changes.made_at(Company, "owner", at=done_at, by=by)
    teams = changes.made_at(Company, "team", at=done_at, by=by)
    rows = Company.objects.living().select_for_update(of=("self",)).filter(pk__in=owners)
    same = [row for row in rows.order_by("pk") if row.owner_id == owners[row.pk][1]]
    before = {owners[row.pk][0] for row in same} - {None}
    _refuse_those_who_cannot_own(User.objects.filter(pk__in=before))
    to = [(row, owners[row.pk][0], teams.get(row.pk, [row.team_id])[0]) for row in same]
    _own_many(to, by=by, at=at, origin=Origin.LIVE)
    return len(same), len(owners) - len(same)


def _own_many(
    to: Sequence[tuple[Company, int | None, int | None]],
    *,
    by: User | None,
    at: datetime,
    origin: str,
) -> None:
    edits = []
    for row, owner, team in to:
        before = {"owner": row.owner_id, "team": row.team_id}
        row.owner_id, row.team_id = owner, team
        edits.append((row, before, {"owner": owner, "team": team}))
    _changed_many(["owner", "team"], edits, by=by, at=at, origin=origin)


def _refuse_those_who_cannot_own(people: Iterable[User]) -> None:
    able = set(
        User.objects.can_own()
        .filter(pk__in=[one.pk for one in people])
        .values_list("pk", flat=True)
    )
    for one in people:
        if one.pk not in able:
            raise Invalid(_("%(name)s cannot own companies.") % {"name": one.name})


def _first_team(owner: User) -> Team | None:
    found: Team | None = (
        Team.objects.filter(memberships__user=owner).order_by("memberships").first()
    )
    return found


def _changed_many(
    fields: list[str],
    edits: Sequence[tuple[Company, Mapping[str, Any], Mapping[str, Any]]],
    *,
    by: User | None,
    at: datetime,
    origin: str,
) -> None:
    """Store fields that were set on many companies, and remember and tell it of each."""
    rows = [row for row, _before, _after in edits]
    for row in rows:
        row.version += 1
    Company.objects.bulk_update(rows, [*fields, "version"], batch_size=500)
    changes.record_many(edits, by=by, at=at, cause="edit")
    told = [[key for key in fields if before[key] != after[key]] for _row, before, after in edits]
    record_many(
        Kind.COMPANY_CHANGED, [None] * len(rows), by=by, subjects=rows,
        data=[{"fields": names} for names in told], at=at, origin=origin,
    )  # fmt: skip
