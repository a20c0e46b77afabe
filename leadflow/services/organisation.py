"""The organisation's settings: each change is a fact that names the setting, before and after."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.files.base import File
from django.db import models, transaction
from django.utils.translation import gettext as _

from leadflow.conditions.usage import refuse_if_used
from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import text as texts
from leadflow.models import CustomField, Organisation, Source
from leadflow.people.models import User
from leadflow.services import people


@transaction.atomic
def begin(
    *, organisation: str, name: str, email: str, password: str, time_zone: str = "UTC"
) -> User:
    """The first run: the organisation gets its name and its admin. Refused once somebody is here."""
    admin = people.first_admin(name=name, email=email, password=password)
    User.objects.filter(pk=admin.pk).update(time_zone=time_zone)
    change(by=admin, name=organisation, time_zone=time_zone)
    return admin


@transaction.atomic
def change(*, by: User | None, **values: Any) -> Organisation:
    """Set fields of the organisation; what is the same already is no change."""
    current = Organisation.current()
    organisation = Organisation.objects.select_for_update().get(pk=current.pk)
    if values.get("retention_months", organisation.retention_months) != (
        organisation.retention_months
    ):
        values["retention_confirmed_at"] = None  # other months have another dry run to look at
    for name, value in values.items():
        _set(organisation, name, value, by)
    organisation.save()
    return organisation


def _set(row: models.Model, name: str, value: Any, by: User | None) -> None:
    """Assign and record; row ids stand in the name so that the audit page finds one object's story."""
    before = getattr(row, name)
    if before == value and not isinstance(value, File):
        return
    setattr(row, name, value)
    label = row._meta.model_name if row.pk == 1 and isinstance(row, Organisation) else _name(row)
    data = {"name": f"{label}.{name}", "from": plain(before), "to": plain(value)}
    record(Kind.SETTING_CHANGED, by=by, subject=row, data=data)


def _name(row: models.Model) -> str:
    return f"{row._meta.model_name}:{row.pk}"


def plain(value: Any) -> Any:
    """A value as an event may carry it: short, and of JSON's own types."""
    if isinstance(value, File):
        return texts.truncate(str(value.name or ""), 200)
    if isinstance(value, Decimal | date | datetime):
        return str(value)
    if isinstance(value, models.Model):
        return value.pk
    return texts.truncate(value, 200) if isinstance(value, str) else value


@transaction.atomic
def save_object(*, row: models.Model, values: Mapping[str, Any], by: User | None) -> models.Model:
    """Make or change a settings object (a source, a field): one fact for a new one, one per change."""
    if row.pk is None:
        for name, value in values.items():
            setattr(row, name, value)
        row.save(force_insert=True)
        record(Kind.SETTING_CHANGED, by=by, subject=row, data={"name": _name(row), "to": str(row)})
        return row
    row = type(row)._default_manager.select_for_update().get(pk=row.pk)
    for name, value in values.items():
        _set(row, name, value, by)
    row.save()
    return row


@transaction.atomic
def archive_source(*, source: Source, is_archived: bool, by: User | None) -> Source:
    """Take a source out of pickers, or put it back; its leads and its spend keep it."""
    saved = save_object(row=source, values={"is_archived": is_archived}, by=by)
    return saved if isinstance(saved, Source) else source


@transaction.atomic
def add_field(
    *, subject: str, label: str, type: str, by: User | None, key: str = "", **values: Any
) -> CustomField:
    """Add a field; its key is made from the label and never changes. Raises Invalid for a taken key."""
    key = key or slug(label)
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", key):
        raise Invalid(
            _("Give the field a key of small letters, digits and _, starting with a letter."),
            {"key": [_("Use small letters, digits and _, starting with a letter.")]},
        )
    if CustomField.objects.filter(subject=subject, key=key).exists():
        raise Invalid(
            _("There is a field with this key already."),
            {"label": [_("There is a field with this key already. Choose another name.")]},
        )
    last = CustomField.objects.filter(subject=subject).count()
    field = CustomField(subject=subject, key=key, label=label, type=type, position=last)
    for name, value in values.items():
        setattr(field, name, value)
    save_object(row=field, values={}, by=by)
    return field


@transaction.atomic
def archive_field(*, field: CustomField, is_archived: bool, by: User | None) -> CustomField:
    """Hide a field, or show it again; values stay. Raises Conflict while a published rule uses it."""
    if is_archived:
        refuse_if_used(condition_key(field))
    saved = save_object(row=field, values={"is_archived": is_archived}, by=by)
    return saved if isinstance(saved, CustomField) else field


@transaction.atomic
def change_field(*, field: CustomField, by: User | None, **values: Any) -> CustomField:
    """Change what may change. Taking a choice away that a rule may name is refused while one does."""
    gone = set(field.choices or []) - set(values.get("choices", field.choices or []))
    if gone:
        refuse_if_used(condition_key(field))
    saved = save_object(row=field, values=values, by=by)
    return saved if isinstance(saved, CustomField) else field


def condition_key(field: CustomField) -> str:
    """The name by which rules know a custom field."""
    owner = "custom" if field.subject == CustomField.Subject.LEAD else f"{field.subject}.custom"
    return f"{owner}.{field.key}"


def slug(label: str) -> str:
    """A key made from a label: small letters, digits and _."""
    key = re.sub(r"[^a-z0-9]+", "_", texts.search_text(label)).strip("_")
    return (key if key[:1].isalpha() else f"f_{key}")[:60].rstrip("_")
