"""Kinds of record that rules beside the owning stage react to: people, companies, and what stages register.

A row has `lead`, `company`, `owner` and an address of its own, or is one of them; `ref` names it where it
is neither ("deal:12").
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from leadflow.errors import Invalid
from leadflow.models import Company, Lead


@dataclass(frozen=True, slots=True)
class RecordKind:
    """`rows()` are those in use, with what belongs to each; `model` is how facts name the kind.

    `idle` narrows rows to those untouched since a moment, each with that last touch as `touched_at`.
    `lead` is the path from a row to the person whose behaviour rules count.
    """

    key: str
    model: str
    rows: Callable[[], QuerySet[Any]]
    lead: str
    idle: Callable[[QuerySet[Any], datetime], QuerySet[Any]] | None = None

    def ref_of(self, row: Any) -> str:
        """How other packages name the row; nothing for a lead or a company, which they know."""
        return "" if isinstance(row, Lead | Company) else f"{self.key}:{row.pk}"


_kinds: dict[str, RecordKind] = {}


def register(kind: RecordKind) -> None:
    """Make a kind of record known; a stage calls it from its apps.py."""
    _kinds[kind.key] = kind


def kind_of(key: str) -> RecordKind:
    """The kind of that name. Raises Invalid where nobody registered it."""
    try:
        return _kinds[key]
    except KeyError:
        raise Invalid(f"There are no records of the kind {key}.") from None


def _leads() -> QuerySet[Lead]:
    return Lead.objects.living().select_related("owner", "company")


def _idle_leads(rows: QuerySet[Any], since: datetime) -> QuerySet[Any]:
    touched = Coalesce("last_activity_at", "created_at")
    found: QuerySet[Any] = rows.annotate(touched_at=touched).filter(touched_at__lte=since)
    return found


def _companies() -> QuerySet[Company]:
    return Company.objects.living().select_related("owner")


register(RecordKind("lead", "leadflow.lead", _leads, "pk", _idle_leads))
register(RecordKind("company", "leadflow.company", _companies, "pk"))
