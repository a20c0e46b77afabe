"""What the programs of designs ask of readers beside their fields, found for many readers at once."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from leadflow.assets.models import ContentItem
from leadflow.assets.models.content import INTERNAL, Reading
from leadflow.conditions import fields, records
from leadflow.conditions.language import Group, matches, parse
from leadflow.conditions.zone import here
from leadflow.errors import Invalid
from leadflow.models import Lead

MOST_ITEMS = 300
Values = dict[str, Any]


def values_for(
    asks: Mapping[str, Any], leads: Collection[Lead], *, at: datetime
) -> dict[int, Values]:
    """By lead, what the programs ask: whether each conditional block is hers, her stage, what is picked
    for her. A fixed number of queries, however many readers."""
    found: dict[int, Values] = {lead.pk: {} for lead in leads}
    if asks.get("stage"):
        for lead in leads:
            found[lead.pk]["reader.stage"] = lead.buyer_stage
    if asks.get("rules"):
        _ask_rules(asks["rules"], found, at)
    for key, pick in asks.get("picks", {}).items():
        for lead_id, item in _picked(pick, leads).items():
            found[lead_id] |= {f"{key}.title": item.title, f"{key}.url": item.url}
    return found


def _ask_rules(rules: Mapping[str, Any], found: dict[int, Values], at: datetime) -> None:
    parsed = {key: group for key, rule in rules.items() if (group := _parsed(rule)) is not None}
    rows = Lead.objects.filter(pk__in=list(found))
    moment = here(at)
    for pk, known in records.load(rows, parsed.values(), at=moment).items():
        for key, rule in parsed.items():
            found[pk][key] = matches(rule, known.values, at=moment, events=known.events)


def _parsed(rule: Any) -> Group | None:
    """A rule whose field is gone holds for nobody: its block is left out rather than shown to all."""
    try:
        return parse(rule, fields.catalogue("lead"), check_values=False)
    except Invalid:
        return None


def _picked(pick: Mapping[str, Any], leads: Collection[Lead]) -> dict[int, ContentItem]:
    """For each lead the newest piece for her stage that she has not seen, else one for every stage."""
    rows = ContentItem.objects.filter(is_archived=False).exclude(url="").exclude(kind__in=INTERNAL)
    if pick.get("topic"):
        rows = rows.filter(topic=pick["topic"])
    items = list(rows.order_by("-created_at", "-id")[:MOST_ITEMS])
    ids = [lead.pk for lead in leads]
    seen = set(
        Reading.objects.filter(lead__in=ids, item__in=items).values_list("lead_id", "item_id")
    )
    found = {}
    for lead in leads:
        left = [item for item in items if (lead.pk, item.pk) not in seen]
        if chosen := _choice(left, lead.buyer_stage):
            found[lead.pk] = chosen
    return found


def _choice(items: Iterable[ContentItem], stage: str) -> ContentItem | None:
    rows = list(items)
    wanted = [row for row in rows if stage and row.buyer_stage == stage]
    return next(iter(wanted or [row for row in rows if not row.buyer_stage]), None)
