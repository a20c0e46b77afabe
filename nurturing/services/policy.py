"""Changing what holds for all marketing mail: caps, hours to begin with, who gets none."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import text
from leadflow.people.models import User
from leadflow.segments.models import Segment
from nurturing.models import MailPolicy

_FIELDS = (
    "per_day", "per_week", "fresh_days", "days", "opens", "closes", "competitors", "free_send",
    "approver",
)  # fmt: skip


@transaction.atomic
def change(*, by: User | None, never: Iterable[Segment] | None = None, **values: Any) -> MailPolicy:
    """Set what is given; each change is on record. Raises Invalid where a week would allow less than a
    day, or the hours end before they begin."""
    MailPolicy.objects.get_or_create(pk=1)
    row = MailPolicy.objects.select_for_update().get(pk=1)
    for name in _FIELDS:
        if name in values and getattr(row, name) != values[name]:
            _tell(row, name, getattr(row, name), values[name], by)
            setattr(row, name, values[name])
    _check(row)
    row.save()
    if never is not None:
        _set_never(row, list(never), by)
    return row


def _check(row: MailPolicy) -> None:
    if row.per_week < row.per_day:
        sentence = _("A week cannot allow fewer mails than a day.")
        raise Invalid.at("per_week", sentence)
    if not row.days:
        sentence = _("Choose at least one day on which mails may leave.")
        raise Invalid.at("days", sentence)
    if row.opens >= row.closes:
        sentence = _("The sending hours have to end after they begin.")
        raise Invalid.at("closes", sentence)


def _set_never(row: MailPolicy, wanted: list[Segment], by: User | None) -> None:
    before = sorted(row.never.values_list("name", flat=True))
    after = sorted(segment.name for segment in wanted)
    if before != after:
        _tell(row, "never", ", ".join(before), ", ".join(after), by)
        row.never.set(wanted)


def _tell(row: MailPolicy, name: str, before: Any, after: Any, by: User | None) -> None:
    told = {"name": f"marketing mail.{name}", "from": _plain(before), "to": _plain(after)}
    record(Kind.SETTING_CHANGED, by=by, subject=row, data=told)


def _plain(value: Any) -> Any:
    if isinstance(value, User):
        return value.name
    return text.truncate(value, 200) if isinstance(value, str) else value
