"""Taking a merge apart: both people as they were, and what happened since where it belongs.

A merge changes rows of many packages: it points them at the survivor, fills her blanks, ends what
cannot go on twice. None of them has to remember that. The rows about either person are written down
before the merge and again when everybody has followed it; taking it apart goes by three values: a
column that the merge changed and nobody changed since gets its old value, a row that it deleted comes
back. Whatever happened after the merge (an answer, a call, a deal) happened to
the survivor and stays with her.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.history import changes
from leadflow.kit import clock
from leadflow.models import EngagementSum, Lead, Merge
from leadflow.models.erasing import erasing
from leadflow.people.models import User
from leadflow.services.leads.lifecycle import locked
from leadflow.services.leads.unmaking import give_back

Rows = dict[str, dict[str, dict[str, Any]]]  # table -> key -> column -> value

# Worked out anew from other rows whenever those change.
_DERIVED = {"leadflow.leadscore", "leadflow.engagementsum", "leadflow.merge", "leadflow.twin"}
# Long lists that a merge adds to and never changes: of the survivor nothing needs to be written down.
_FACTS = {
    "leadflow.leadanswer", "leadflow.activity", "leadflow.note", "leadflow.consent",
    "leadflow.engagement", "leadflow.touchpoint", "rulesets.decision", "mail.delivery",
    "mail.inboundmail",
    "notifications.notification", "capture.submission", "capture.visit", "assets.reading",
}  # fmt: skip

# What a merge makes on its own; any other new row is somebody's work.
_MADE = {"segments.segmentmember"}


def picture(
    survivor_id: int, loser_id: int, known: Mapping[str, Iterable[str]] | None = None
) -> Rows:
    """The rows about two people now; of `known` (table -> keys) also those about somebody else."""
    found: Rows = {"leadflow.lead": _rows(Lead.objects.filter(pk__in=[survivor_id, loser_id]))}
    for model, name in _tables():
        label = model._meta.label_lower
        whose = [loser_id] if label in _FACTS else [loser_id, survivor_id]
        rows = model._base_manager.filter(
            models.Q(**{f"{name}__in": whose}) | models.Q(pk__in=list((known or {}).get(label, ())))
        )
        found.setdefault(label, {}).update(_rows(rows))
    return {label: rows for label, rows in found.items() if rows}


def _tables() -> list[tuple[type[models.Model], str]]:
    """Every table with a key to a lead, whichever package owns it."""
    fields: Sequence[Any] = Lead._meta.get_fields(include_hidden=True)
    return [
        (one.related_model, one.field.attname)
        for one in fields
        if one.auto_created
        and not one.concrete
        and (one.one_to_many or one.one_to_one)
        and one.related_model._meta.label_lower not in _DERIVED
    ]


def _rows(rows: "models.QuerySet[Any]") -> dict[str, dict[str, Any]]:
    fields = rows.model._meta.concrete_fields
    return {
        str(row.pk): {field.attname: _plain(getattr(row, field.attname)) for field in fields}
        for row in rows
    }


def _plain(value: Any) -> Any:
    plain = changes.plain(value)
    return (
        plain if isinstance(plain, (str, int, float, bool, dict, list, type(None))) else str(plain)
    )


@transaction.atomic
def settle(merge: Merge) -> None:
    """Everybody has followed the merge: write down how the rows are now."""
    known = {label: rows.keys() for label, rows in merge.before.items()}
    merge.after = picture(merge.survivor_id, merge.loser_id, known)
    merge.save(update_fields=["after"])


def may_unmerge(merge: Merge) -> str:
    """Why a merge cannot be taken apart (now); empty where it can."""
    if merge.undone_at:
        return _("This was taken apart already.")
    if merge.after is None:
        return _("The merge is still being worked on. Try again in a moment.")
    later = Merge.objects.filter(undone_at=None, pk__gt=merge.pk)
    if later.filter(
        models.Q(survivor=merge.survivor_id) | models.Q(loser=merge.survivor_id)
    ).exists():
        return _("There was another merge since. Take that apart first.")
    if merge.survivor.is_erased or merge.loser.is_erased:
        return _("One of the two was erased.")
    return ""


def unmerge(*, merge: Merge, by: User | None, at: datetime | None = None) -> Lead:
    """Make two people of one again; the second person.

    Records `lead.unmerged`, after which scores, segments and numbers of both are worked out anew.
    Raises Conflict where it cannot be done.
    """
    try:
        return _unmerge(merge, by, at or clock.now())
    except IntegrityError as error:
        raise Conflict(
            _("What came since stands in the way: an address or a tag that both would have.")
        ) from error


@transaction.atomic
def _unmerge(merge: Merge, by: User | None, at: datetime) -> Lead:
    merge = Merge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    people = {lead.pk: lead for lead in locked([merge.survivor_id, merge.loser_id])}
    if why := may_unmerge(merge):
        raise Conflict(why)
    after: Rows = merge.after or {}
    for label in {*merge.before, *after} - {"leadflow.lead"}:
        model = apps.get_model(label)
        _take_back(model, merge.before.get(label, {}), after.get(label, {}))
    for pk, lead in people.items():
        key = str(pk)
        _give_back(lead, merge.before["leadflow.lead"][key], after["leadflow.lead"][key], by, at)
    others = Lead.objects.filter(pk__in=_others(merge)).exclude(pk__in=people)
    others.filter(merged_into=merge.survivor_id).update(merged_into=merge.loser_id)
    EngagementSum.objects.filter(lead__in=people).delete()  # qualification folds them anew
    merge.undone_at = at
    merge.save(update_fields=["undone_at"])
    data = {"merged": merge.loser_id, "merge": merge.pk}
    for pk in people:
        record(Kind.LEAD_UNMERGED, lead_id=pk, by=by, data=data, at=at)
    return Lead.objects.get(pk=merge.loser_id)


def _others(merge: Merge) -> list[int]:
    """Those who had been merged into the second person before."""
    rows = merge.before["leadflow.lead"]
    return [int(pk) for pk, row in rows.items() if row["merged_into_id"] == merge.loser_id]


def _take_back(
    model: type[models.Model], before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    found = _rows(model._base_manager.filter(pk__in=[*before, *after]))
    with erasing():
        for key, was in before.items():
            if key in found:
                _set(model, key, _difference(was, after.get(key, found[key]), found[key]))
            elif key not in after:
                _insert(model, was)
        if model._meta.label_lower in _MADE:
            made = [key for key in after if key not in before and found.get(key) == after[key]]
            model._base_manager.filter(pk__in=made).delete()


def _difference(
    was: Mapping[str, Any], then: Mapping[str, Any], now: Mapping[str, Any]
) -> dict[str, Any]:
    """The columns that the merge changed and nobody since; a version only ever rises."""
    return {
        name: was[name]
        for name in was
        if was[name] != then[name] and now[name] == then[name] and name != "version"
    }


def _set(model: type[models.Model], key: str, values: Mapping[str, Any]) -> None:
    if values:
        model._base_manager.filter(pk=key).update(**_revived(model, values))


def _insert(model: type[models.Model], values: Mapping[str, Any]) -> None:
    model._base_manager.bulk_create([model(**_revived(model, values))])


def _revived(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    fields = {field.attname: field for field in model._meta.concrete_fields}
    return {name: fields[name].to_python(value) for name, value in values.items()}


def _give_back(
    lead: Lead, was: Mapping[str, Any], then: Mapping[str, Any], by: User | None, at: datetime
) -> None:
    """The row of a person: as any other, with history, and her own fields key by key."""
    now = _rows(Lead.objects.filter(pk=lead.pk))[str(lead.pk)]
    back = _difference(was, then, now)
    if "custom" in was and was["custom"] != then["custom"]:
        back["custom"] = _keys_back(was["custom"], then["custom"], now["custom"])
    give_back(lead, _revived(Lead, back), by=by, at=at, cause="unmerge")


def _keys_back(
    was: Mapping[str, Any], then: Mapping[str, Any], now: Mapping[str, Any]
) -> dict[str, Any]:
    kept = {key: value for key, value in now.items() if key not in then or then[key] != value}
    same = {key: value for key, value in was.items() if now.get(key) == then.get(key)}
    return {**same, **kept}


def merges_of(lead: Lead) -> Sequence[Merge]:
    """The merges into this person that stand, newest first."""
    rows = Merge.objects.filter(survivor=lead, undone_at=None).select_related("loser", "by")
    return list(rows.order_by("-pk")[:20])
