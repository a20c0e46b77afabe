"""Two rows that are one company: the survivor keeps what it has, and both can be had back.

A merge of companies points rows at another company and fills blanks; it ends nothing. So it is enough
to remember which rows pointed at the second one, and the columns of the companies themselves. What came
since stays with the survivor, whichever way it is taken apart (compare `unmerging`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.history import changes
from leadflow.kit import clock
from leadflow.models import (
    Activity,
    Company,
    CompanyMerge,
    CompanySignal,
    Customer,
    Lead,
    Note,
    Origin,
    ProvidedValue,
    ResearchCheck,
)
from leadflow.people.models import User
from leadflow.services.leads.editing import update_many
from leadflow.services.leads.lifecycle import locked

AT_ONCE = 2_000  # people of a company who change theirs by one statement
_FILLED = (
    "domain", "industry", "size", "revenue", "country", "city", "founded", "parent", "owner", "team",
    "tier",
)  # fmt: skip
# past scores are of the rows as they were
_NOT_MOVED = {"leadflow.companymerge", "leadflow.companytwin", "leadflow.accountscore"}
_ONCE: dict[type[models.Model], tuple[str, ...]] = {
    CompanySignal: ("kind", "source_type", "source_id"),
    ProvidedValue: ("field", "provider"),
    ResearchCheck: ("item",),
}


def survivor_of(pk: int) -> Company | None:
    """The company that a row was merged into; None where it was not."""
    rows = Company.objects.filter(pk=pk).exclude(merged_into=None).select_related("merged_into")
    old = rows.first()
    return old.merged_into if old else None


def survivor_first(one: Company, other: Company) -> tuple[Company, Company]:
    """(survivor, loser): a customer outlives, then one with a domain, then the older."""
    bought = set(
        Customer.objects.filter(company__in=[one, other], reverted_at=None).values_list(
            "company_id", flat=True
        )
    )

    def rank(company: Company) -> tuple[bool, bool, datetime, int]:
        return company.pk not in bought, not company.domain, company.created_at, company.pk

    first, second = sorted((one, other), key=rank)
    return first, second


@transaction.atomic
def merge(
    *,
    survivor: Company,
    loser: Company,
    by: User | None,
    at: datetime | None = None,
    batch: int | None = None,
) -> Company:
    """Make `loser` part of `survivor`: blanks are filled, nothing is overwritten, people move over.

    The loser stays as a row that only redirects. Records `company.merged`, by which stages move what
    they hold. Raises Conflict where the two are one row or either is gone already.
    """
    at = at or clock.now()
    if survivor.pk == loser.pk:
        raise Conflict(_("This is the same company."))
    rows = _locked([survivor.pk, loser.pk])
    keep, drop = rows[survivor.pk], rows[loser.pk]
    if any(one.merged_into_id or one.deleted_at for one in rows.values()):
        raise Conflict(_("One of the two was merged or deleted already. Look again."))
    customers = [c.pk for c in Customer.objects.filter(company__in=rows)]
    before, moved = _picture(rows, customers), _pointing(drop)
    for other in Customer.objects.filter(company=drop):
        moved |= _pointing(other)
    _fill(keep, drop, by, at)
    _move(moved, keep, by, at)
    _join_customers(keep, drop, at)
    made = CompanyMerge.objects.create(
        survivor=keep, loser=drop, before=before, after=_picture(rows, customers), moved=moved,
        batch=batch, at=at, by=by,
    )  # fmt: skip
    _tell(Kind.COMPANY_MERGED, made, by, at)
    return keep


def _locked(ids: Iterable[int]) -> dict[int, Company]:
    rows = Company.objects.select_for_update(of=("self",)).filter(pk__in=list(ids)).order_by("pk")
    return {company.pk: company for company in rows}


def _picture(companies: Iterable[int], customers: Iterable[int]) -> dict[str, Any]:
    """The columns of companies and customers, as JSON."""
    found: dict[str, Any] = {}
    for model, ids in ((Company, companies), (Customer, customers)):
        for row in model._default_manager.filter(pk__in=list(ids)):
            values = {f.attname: getattr(row, f.attname) for f in model._meta.concrete_fields}
            plain = {name: changes.plain(value) for name, value in values.items()}
            found.setdefault(model._meta.label_lower, {})[str(row.pk)] = plain
    return found


def _pointing(row: Company | Customer) -> dict[str, list[int]]:
    """Every row with a key to this one, whichever package owns it: table.column -> keys."""
    fields: Any = row._meta.get_fields(include_hidden=True)
    relations = [one for one in fields if one.auto_created and not one.concrete]
    found = {}
    for one in relations:
        label, name = one.related_model._meta.label_lower, one.field.attname
        rows = one.related_model._base_manager.filter(**{name: row.pk}).order_by("pk")
        if label not in _NOT_MOVED and (ids := list(rows.values_list("pk", flat=True))):
            found[f"{label}.{name}"] = ids
    return found


def _fill(keep: Company, drop: Company, by: User | None, at: datetime) -> None:
    before, after = {}, {}
    for name in _FILLED:
        attname = Company._meta.get_field(name).attname  # type: ignore[union-attr]
        was, other = getattr(keep, attname), getattr(drop, attname)
        if was in (None, "") and other not in (None, ""):
            before[name], after[name] = was, other
            setattr(keep, attname, other)
    if not keep.external_id:
        keep.external_system, keep.external_id = drop.external_system, drop.external_id
        drop.external_system = drop.external_id = ""
    if after.get("domain"):
        drop.domain = None  # one company for a domain
    _mend_parent(keep, drop)
    keep.custom = {**drop.custom, **keep.custom}
    keep.created_at = min(keep.created_at, drop.created_at)
    keep.version, drop.version = keep.version + 1, drop.version + 1
    drop.merged_into = keep
    drop.save()
    keep.save()
    changes.record(keep, before, after, by=by, at=at, cause=f"merge:{drop.pk}")


def _mend_parent(keep: Company, drop: Company) -> None:
    """A company below the one that it swallows takes that one's place; nothing is above itself."""
    above, seen = keep.parent_id, {keep.pk}
    while above and above not in seen and above != drop.pk:
        seen.add(above)
        above = Company.objects.filter(pk=above).values_list("parent_id", flat=True).first()
    if above in (drop.pk, keep.pk):
        keep.parent_id = drop.parent_id if drop.parent_id != keep.pk else None


def _move(moved: Mapping[str, list[int]], to: Company, by: User | None, at: datetime) -> None:
    """Point the core's rows of a merge at a company; stages move theirs by the event."""
    _move_people(moved.get("leadflow.lead.company_id", []), to, by, at)
    for model in (Activity, Note):
        ids = moved.get(f"{model._meta.label_lower}.company_id", [])
        model._default_manager.filter(pk__in=ids).update(company=to)
    for once, names in _ONCE.items():
        ids = moved.get(f"{once._meta.label_lower}.company_id", [])
        same = once._default_manager.filter(company=to, **{name: OuterRef(name) for name in names})
        once._default_manager.filter(pk__in=ids).exclude(Exists(same)).update(company=to)
    for name in ("parent", "merged_into"):
        ids = moved.get(f"leadflow.company.{name}_id", [])
        Company.objects.filter(pk__in=ids).exclude(pk=to.pk).update(**{name: to})


def _move_people(ids: list[int], to: Company, by: User | None, at: datetime) -> None:
    living = list(
        Lead.objects.living().filter(pk__in=ids).exclude(company=to).values_list("pk", flat=True)
    )
    Lead.objects.filter(pk__in=set(ids) - set(living)).update(company=to)  # trashed, merged away
    for first in range(0, len(living), AT_ONCE):
        people = locked(living[first : first + AT_ONCE])
        edits = [(one, {"company": to}) for one in people]
        if edits:
            update_many(edits, by=by, at=at, origin=Origin.LIVE, cause="company merged")


def _join_customers(keep: Company, drop: Company, at: datetime) -> None:
    """The survivor is the customer; where both are, it is so since the earlier day."""
    found = {c.company_id: c for c in Customer.objects.filter(company__in=[keep, drop])}
    mine, other = found.get(keep.pk), found.get(drop.pk)
    if other is None:
        return
    if mine is None:
        Customer.objects.filter(pk=other.pk).update(company=keep)
        return
    if other.reverted_at is None:
        mine.started_at = min(mine.started_at, other.started_at)
        mine.reverted_at, other.reverted_at = None, at
        mine.save(update_fields=["started_at", "reverted_at"])
        other.save(update_fields=["reverted_at"])


def _tell(kind: Kind, made: CompanyMerge, by: User | None, at: datetime) -> None:
    data = {"joined": made.loser_id, "company_merge": made.pk}
    record(kind, by=by, subject=made.survivor, data=data, at=at)


def may_unmerge(made: CompanyMerge) -> str:
    """Why a merge cannot be taken apart; empty where it can."""
    if made.undone_at:
        return _("This was taken apart already.")
    later = CompanyMerge.objects.filter(undone_at=None, pk__gt=made.pk)
    if later.filter(
        models.Q(survivor=made.survivor_id) | models.Q(loser=made.survivor_id)
    ).exists():
        return _("There was another merge since. Take that apart first.")
    return ""


def unmerge(*, made: CompanyMerge, by: User | None, at: datetime | None = None) -> Company:
    """Make two companies of one again; the second one.

    Records `company.unmerged`. Raises Conflict where it cannot be done.
    """
    try:
        return _unmerge(made, by, at or clock.now())
    except IntegrityError as error:
        raise Conflict(
            _("What came since stands in the way: a domain or an id that both would have.")
        ) from error


@transaction.atomic
def _unmerge(made: CompanyMerge, by: User | None, at: datetime) -> Company:
    made = CompanyMerge.objects.select_for_update(of=("self",)).get(pk=made.pk)
    _locked([made.survivor_id, made.loser_id])
    if why := may_unmerge(made):
        raise Conflict(why)
    for model in (Customer, Company):
        label = model._meta.label_lower
        # the survivor first: it gives a domain back before the second one takes it
        rows = sorted(made.before.get(label, {}).items(), key=lambda r: int(r[0]) == made.loser_id)
        for key, was in rows:
            _give_back(model, key, was, made.after[label][key], by, at)
    loser = Company.objects.get(pk=made.loser_id)
    _move(_still(made), loser, by, at)
    made.undone_at = at
    made.save(update_fields=["undone_at"])
    _tell(Kind.COMPANY_UNMERGED, made, by, at)
    return loser


def _still(made: CompanyMerge) -> dict[str, list[int]]:
    """What the merge moved and nobody moved on since."""
    found = {}
    for place, ids in made.moved.items():
        label, _dot, name = place.rpartition(".")
        if name == "customer_id":  # a stage's: it moves them itself
            continue
        rows = apps.get_model(label)._base_manager.filter(pk__in=ids, **{name: made.survivor_id})
        found[place] = list(rows.order_by("pk").values_list("pk", flat=True))
    return found


def _give_back(
    model: type[models.Model], key: str, was: Mapping[str, Any], then: Mapping[str, Any],
    by: User | None, at: datetime,
) -> None:  # fmt: skip
    """Old values of the columns that the merge changed and nobody since; a version only ever rises."""
    row = model._base_manager.get(pk=key)
    fields = {field.attname: field for field in model._meta.concrete_fields}
    now = {name: changes.plain(getattr(row, name)) for name in was}
    back = {
        name: fields[name].to_python(was[name])
        for name in was
        if was[name] != then[name] and now[name] == then[name] and name != "version"
    }
    model._base_manager.filter(pk=key).update(**back)
    if isinstance(row, Company) and back:
        Company.objects.filter(pk=key).update(version=models.F("version") + 1)
        told = {
            fields[name].name: value for name, value in back.items() if name != "merged_into_id"
        }
        old = {fields[name].name: now[name] for name in back if name != "merged_into_id"}
        changes.record(row, old, told, by=by, at=at, cause="unmerge")


def merges_of(company: Company) -> list[CompanyMerge]:
    """The merges into this company that stand, newest first."""
    rows = CompanyMerge.objects.filter(survivor=company, undone_at=None)
    return list(rows.select_related("loser", "by").order_by("-pk")[:20])
