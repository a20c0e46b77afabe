"""What is known of a lead, or of a company, in the words of those who asked: choices by their labels, own fields by theirs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadflow.kit import days, figures
from leadflow.models import Company, CustomField, Lead
from leadflow.timeline import telling

# Fields of text in which the choice of a form may stand by its key.
WRITTEN = ("job_title", "department", "city", "region", "country", "language", "preferred_time")
_Type = CustomField.Type


@dataclass(frozen=True, slots=True)
class Words:
    """Her fields of text as people read them, and the organisation's own fields with their labels."""

    of: Mapping[str, str] = field(default_factory=dict)
    own: Sequence[tuple[str, str]] = ()


def words_of(lead: Lead, own: Sequence[CustomField], *, sees: bool) -> Words:
    """A query at most. Own fields are personal: `sees` says whether the reader may."""
    chosen = telling.worded([lead.pk])
    of = {
        name: telling.said(chosen.get((lead.pk, name), {}), getattr(lead, name)) for name in WRITTEN
    }
    return Words(of, own_words(lead, own, chosen) if sees else ())


def own_fields(record: Lead | Company) -> QuerySet[CustomField]:
    """The organisation's own fields that are filled for a lead or company, in their order."""
    is_lead = isinstance(record, Lead)
    return CustomField.objects.filter(
        subject=CustomField.Subject.LEAD if is_lead else CustomField.Subject.COMPANY,
        key__in=record.custom or {}, is_archived=False,
    )  # fmt: skip


def own_words(
    record: Lead | Company, rows: Iterable[CustomField], chosen: telling.Wordings | None = None
) -> list[tuple[str, str]]:
    """What stands in these fields of hers or its, each with its label."""
    words = chosen if isinstance(record, Lead) and chosen else {}
    told = (
        (row.label, _said(row, record.custom[row.key], words.get((record.pk, f"custom.{row.key}"))))
        for row in rows
    )
    return [(label, value) for label, value in told if value]


def _said(row: CustomField, value: Any, words: Mapping[str, str] | None) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if row.type == _Type.DATE and (day := parse_date(str(value))):
        return date_format(day, days.full())
    if row.type == _Type.NUMBER and isinstance(value, int | float):
        places = 0 if float(value).is_integer() else 2
        return figures.written(f"{value:,.{places}f}")
    return telling.said(words or {}, value)


def but_stayed(count: int) -> str:
    """How many of an act that was taken back stay as they are, behind how many went back; empty for none."""
    words = ngettext(
        "%(n)d stays: somebody changed it meanwhile",
        "%(n)d stay: somebody changed them meanwhile",
        count,
    )
    return f". {words % {'n': count}}" if count else ""
