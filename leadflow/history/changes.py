"""Writing down what a value was before it is overwritten, and reading a record as it was."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeVar

from django.db import models

from leadflow.history.models import FieldChange
from leadflow.kit import clock
from leadflow.kit.each import Each, by_id
from leadflow.models.erasing import erasing
from leadflow.people.models import User

M = TypeVar("M", bound=models.Model)
BATCH = 2_000


def record(
    obj: models.Model,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    by: User | None,
    at: datetime | None = None,
    cause: str = "",
    event_id: int | None = None,
) -> list[FieldChange]:
    """Remember the values of `before` that `after` changed, in the transaction of the change.

    Keys are field names, a foreign key's value is its id; `custom.<key>` is one key of a JSON field.
    """
    return record_many([(obj, before, after)], by=by, at=at, cause=cause, event_id=event_id)


def record_many(
    edits: Iterable[tuple[models.Model, Mapping[str, Any], Mapping[str, Any]]],
    *,
    by: User | None,
    at: Each[datetime] | None = None,
    cause: str = "",
    event_id: int | None = None,
) -> list[FieldChange]:
    """Remember many edits at once: (object, before, after) each; `at` is one for all, or one by id."""
    now = clock.now()
    edits = list(edits)
    moments = by_id(at or now, [obj.pk for obj, _before, _after in edits])
    rows = [
        FieldChange(
            object_type=obj._meta.label_lower,
            object_id=obj.pk,
            field=name,
            old=plain(before.get(name)),
            new=plain(after.get(name)),
            at=moments[obj.pk],
            recorded_at=now,
            by_id=by.pk if by else None,
            cause=cause,
            event_id=event_id,
        )
        for obj, before, after in edits
        for name in sorted({*before, *after})
        if plain(before.get(name)) != plain(after.get(name))
    ]
    return FieldChange.objects.bulk_create(rows, batch_size=BATCH) if rows else []


def plain(value: Any) -> Any:
    """The value as JSON keeps it, losing nothing that `as_of` needs."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def changed_since(obj: models.Model, names: Iterable[str], at: datetime) -> set[str]:
    """Which of these fields got another value after `at`."""
    rows = FieldChange.objects.filter(object_type=obj._meta.label_lower, object_id=obj.pk)
    return set(rows.filter(field__in=[*names], at__gt=at).values_list("field", flat=True))


def made_at(
    model: type[models.Model], name: str, *, at: datetime, by: User
) -> dict[int, tuple[Any, Any]]:
    """What one act of a person did to a field: the id of each record -> what it had, what it got."""
    rows = FieldChange.objects.filter(
        object_type=model._meta.label_lower, field=name, at=at, by_id=by.pk
    )
    return {pk: (old, new) for pk, old, new in rows.values_list("object_id", "old", "new")}


def as_of(obj: M, at: datetime) -> M | None:
    """An unsaved copy of the record with the values that it had at `at`; None before it was made.

    Fields whose changes nobody records keep today's value.
    """
    made = getattr(obj, "created_at", None)
    if made is not None and at < made:
        return None
    return _walked_back(obj, first_changes_after(obj, at))


def many_as_of(objs: Sequence[M], at: datetime) -> list[M]:
    """As `as_of` for records of one kind, at once; those made later are left out."""
    known = [one for one in objs if (getattr(one, "created_at", None) or at) <= at]
    if not known:
        return []
    rows = FieldChange.objects.filter(
        object_type=known[0]._meta.label_lower, object_id__in=[one.pk for one in known], at__gt=at
    )
    first: dict[int, list[FieldChange]] = {}
    for row in rows.order_by("object_id", "field", "at", "id").distinct("object_id", "field"):
        first.setdefault(row.object_id, []).append(row)
    return [_walked_back(one, first.get(one.pk, [])) for one in known]


def as_of_each(moments: Sequence[tuple[M, datetime]]) -> list[M]:
    """Many records of one kind, each as it was at a moment of its own; by one query."""
    if not moments:
        return []
    label = moments[0][0]._meta.label_lower
    ids = {obj.pk for obj, _at in moments}
    earliest = min(at for _obj, at in moments)
    rows = FieldChange.objects.filter(object_type=label, object_id__in=ids, at__gt=earliest)
    later: dict[int, list[FieldChange]] = {}
    for row in rows.order_by("at", "id"):
        later.setdefault(row.object_id, []).append(row)
    return [_walked_back(obj, _firsts(later.get(obj.pk, []), at)) for obj, at in moments]


def _firsts(changes: Sequence[FieldChange], at: datetime) -> list[FieldChange]:
    """Per field, the first of these (in order of time) that is later than `at`."""
    found: dict[str, FieldChange] = {}
    for change in changes:
        if change.at > at:
            found.setdefault(change.field, change)
    return list(found.values())


def first_changes_after(obj: models.Model, at: datetime) -> Sequence[FieldChange]:
    """Per field, the first change later than `at`: its old value is the one that held."""
    return list(
        FieldChange.objects.filter(object_type=obj._meta.label_lower, object_id=obj.pk, at__gt=at)
        .order_by("field", "at", "id")
        .distinct("field")
    )


def _walked_back(obj: M, changes: Sequence[FieldChange]) -> M:
    past = copy(obj)
    past._state = copy(obj._state)
    past._state.fields_cache = {}
    fields = {field.name: field for field in past._meta.concrete_fields}
    for change in changes:
        name, _, key = change.field.partition(".")
        field = fields.get(name)
        if field is None:  # the column is gone since
            continue
        if key:
            setattr(past, name, _with_key(getattr(past, name), key, change.old))
        else:
            setattr(past, field.attname, _revived(field, change.old))
    return past


def _with_key(document: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    rest = {k: v for k, v in document.items() if k != key}
    return rest if value is None else {**rest, key: value}


def _revived(field: "models.Field[Any, Any]", value: Any) -> Any:
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    return target.to_python(value)


def of(obj: models.Model) -> "models.QuerySet[FieldChange]":
    """The changes of a record, newest first."""
    return FieldChange.objects.filter(object_type=obj._meta.label_lower, object_id=obj.pk).order_by(
        "-at", "-id"
    )


def forget(model: type[models.Model], ids: Sequence[int]) -> int:
    """Delete what was remembered of these records, because the person asked to be erased."""
    with erasing():
        rows = FieldChange.objects.filter(object_type=model._meta.label_lower, object_id__in=ids)
        return rows.delete()[0]
