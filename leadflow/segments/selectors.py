"""What the screens of segments ask."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from leadflow.conditions import fields, records
from leadflow.conditions.language import Group, fields_used, matches, parse
from leadflow.conditions.zone import here
from leadflow.errors import Invalid
from leadflow.models import Lead
from leadflow.people.models import User
from leadflow.segments.models import Segment, SegmentMember


def members(segment: Segment, user: User) -> QuerySet[SegmentMember]:
    """Who is in it now, as far as the user may see them, the newest first."""
    leads = Lead.objects.visible_to(user).values("pk")
    rows = segment.members.current().filter(lead__in=leads)
    return rows.select_related("lead__company", "lead__owner").order_by("-id")


def would_enter(
    future: Mapping[int, Mapping[str, Any]], *, at: datetime
) -> dict[int, frozenset[int]]:
    """Per segment, who would enter if fields of these leads were otherwise: {lead: {field: value}}.

    Only rules that read one of these fields themselves; a rule that asks about such a segment is
    left out.
    """
    changing = {key for values in future.values() for key in values}
    known_fields = fields.catalogue("lead")
    rules: dict[int, Group] = {}
    for segment in Segment.objects.dynamic():
        if changing & fields_used(segment.rule):
            with suppress(Invalid):  # a field that it needs is gone: nobody enters it
                rules[segment.pk] = parse(segment.rule, known_fields, check_values=False)
    if not rules:
        return {}
    at = here(at)
    people = Lead.objects.living().filter(pk__in=future)
    known = records.load(people, rules.values(), at=at)
    inside = SegmentMember.objects.current().filter(segment__in=rules, lead__in=future)
    members = set(inside.values_list("segment_id", "lead_id"))
    return {
        pk: frozenset(
            lead
            for lead, one in known.items()
            if (pk, lead) not in members
            and matches(rule, {**one.values, **future[lead]}, at=at, events=one.events)
        )
        for pk, rule in rules.items()
    }


def of_lead(lead: Lead) -> list[Segment]:
    """The segments that a lead is in."""
    rows = Segment.objects.living().filter(members__lead=lead, members__left_at=None)
    return list(rows.order_by("name"))
