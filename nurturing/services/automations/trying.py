"""A dry run: what an automation would have met in the last month, and what would have been done.

Facts are read from the event log. The condition is asked of each record as it was at that moment where
all that it asks has a history, else as it is today, and the answer says which. Nothing is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from leadflow.conditions import records, sql
from leadflow.conditions.grammar import Field, Group
from leadflow.conditions.language import matches
from leadflow.conditions.matching import Happening
from leadflow.conditions.sql import Json
from leadflow.conditions.zone import here
from leadflow.events.models import Event
from leadflow.history import changes
from leadflow.kit import clock
from leadflow.kit.remembering import remembering
from leadflow.models import Company, Lead, Origin
from leadflow.services.records import RecordKind, kind_of
from nurturing.services.automations import documents, ticking
from nurturing.services.automations.running import Occurrence, occurrences

MONTH = timedelta(days=30)
MOST = 5_000  # facts that are looked at, the newest first
SAMPLE = 20


@dataclass(frozen=True)
class Met:
    """One occurrence that would have passed, with the record as it is today."""

    at: datetime
    record: Any
    event: Event | None


@dataclass(frozen=True)
class Tried:
    """What a dry run found. `facts` were met, `passed` of them would have been acted on, for `people`
    records; `as_it_was` says whether the condition was asked of each as it was then."""

    facts: int
    passed: int
    people: int
    as_it_was: bool
    asks: bool  # whether there is a condition at all
    is_cut: bool  # there were more facts than are looked at
    is_moment: bool  # as things stand now, not in the last month
    sample: list[Met] = field(default_factory=list)
    days: list[tuple[Any, int]] = field(default_factory=list)  # day -> how many would have passed


@remembering()
def try_on(document: Mapping[str, Any], *, at: datetime | None = None) -> Tried:
    """Try a document on the last month. Raises Invalid where its trigger or condition is wrong."""
    at = at or clock.now()
    trigger = documents.trigger_of(document)
    rule, kind = documents.rule_of(document), kind_of(trigger.subject)
    facts = [] if trigger.is_moment else _facts(trigger.facts, at)
    found = occurrences(document, facts)
    if trigger.is_moment:
        found = [one for _origin, one in ticking.found(None, document, at)]
    wanted = {one.record_id for one in found}
    rows = {row.pk: row for row in kind.rows().filter(pk__in=wanted)}
    there = [one for one in found if one.record_id in rows]
    as_it_was = not trigger.is_moment and _has_history(kind, rule)
    passed = _as_they_were(rule, rows, there) if as_it_was else _today(kind, rule, rows, there, at)
    newest = sorted(passed, key=lambda one: one.at, reverse=True)
    return Tried(
        facts=len(there),
        passed=len(passed),
        people=len({one.record_id for one in passed}),
        as_it_was=as_it_was,
        asks=bool(rule.items),
        is_cut=len(facts) >= MOST or len(found) >= ticking.MOST,
        is_moment=trigger.is_moment,
        sample=[Met(one.at, rows[one.record_id], one.event) for one in newest[:SAMPLE]],
        days=_by_day(passed),
    )


def _facts(kinds: Iterable[str], at: datetime) -> list[Event]:
    """The facts of the last month, the newest first; the index by time reads a few pages of the log."""
    rows = Event.objects.filter(kind__in=kinds, occurred_at__gt=at - MONTH, occurred_at__lte=at)
    return list(rows.exclude(origin=Origin.IMPORT).order_by("-occurred_at", "-id")[:MOST])


def _by_day(passed: Sequence[Occurrence]) -> list[tuple[Any, int]]:
    counts: dict[Any, int] = {}
    for one in sorted(passed, key=lambda one: one.at):
        day = here(one.at).date()
        counts[day] = counts.get(day, 0) + 1
    return list(counts.items())


# --- As they were, or as they are ---------------------------------------------------------------------


def _has_history(kind: RecordKind, rule: Group) -> bool:
    """Whether all that the condition asks is known as it was: own columns with a history, and deeds."""
    asked, _deeds = records.asked([rule])
    return kind.key == "lead" and all(_is_kept(one) for one in asked)


def _is_kept(one: Field) -> bool:
    """Columns of the lead herself, and those of her company as she had it, whose values stay."""
    path = one.sql.path if isinstance(one.sql, Json) else one.sql
    return one.history and one.python is None and isinstance(path, str)


def _as_they_were(
    rule: Group, rows: Mapping[int, Lead], there: Sequence[Occurrence]
) -> list[Occurrence]:
    asked, _deeds = records.asked([rule])
    moments = [(rows[one.record_id], one.at) for one in there]
    known = records.load(Lead.objects.filter(pk__in=rows), [rule], at=here(clock.now()))
    past = changes.as_of_each(moments)
    _with_companies(past, rows.values())
    return [
        one
        for one, lead in zip(there, past, strict=True)
        if matches(
            rule,
            records.read(lead, asked),
            at=here(one.at),
            events=lambda kind, one=one: _before(known[one.record_id].events(kind), one.at),  # type: ignore[misc]
        )
    ]


def _with_companies(past: Iterable[Lead], today: Iterable[Lead]) -> None:
    """Give those who were with a company the row of it, read once for all."""
    loaded = {row.company_id: row.company for row in today if row.company_id}
    people = list(past)
    missing = {one.company_id for one in people if one.company_id} - set(loaded)
    loaded |= Company.objects.in_bulk(missing)
    for one in people:
        if one.company_id in loaded:
            one._state.fields_cache["company"] = loaded[one.company_id]


def _before(deeds: Iterable[Happening], at: datetime) -> list[Happening]:
    return [one for one in deeds if one.at <= at]


def _today(
    kind: RecordKind,
    rule: Group,
    rows: Mapping[int, Any],
    there: Sequence[Occurrence],
    at: datetime,
) -> list[Occurrence]:
    where = sql.where(rule, at=here(at), lead=kind.lead)
    found = kind.rows().filter(pk__in=rows).filter(where).order_by() if rule.items else None
    passing = set(rows) if found is None else set(found.values_list("pk", flat=True))
    return [one for one in there if one.record_id in passing]
