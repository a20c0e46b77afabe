"""Making segments and keeping their members right.

A person enters or leaves when something about her changes; a change of the rule moves people without
an event, because nothing happened to them: no sequence starts by an edit.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from leadflow.conditions import fields, sql, usage
from leadflow.conditions.language import Group, fields_used, parse
from leadflow.conditions.zone import here
from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record_many
from leadflow.kit import clock
from leadflow.models import Lead
from leadflow.people.models import User
from leadflow.segments.fields import KEY
from leadflow.segments.models import Segment, SegmentMember

STALE_AFTER = timedelta(hours=24)
_CHUNK = 2_000


@transaction.atomic
def create(
    *,
    name: str,
    by: User | None,
    kind: str = Segment.Kind.DYNAMIC,
    condition: Mapping[str, Any] | None = None,
    description: str = "",
    lead_ids: Iterable[int] = (),
    at: datetime | None = None,
) -> Segment:
    """Make a segment and fill it: by its rule, or with `lead_ids` where it is kept by hand."""
    at = at or clock.now()
    _refuse_taken_name(name)
    segment = Segment(
        name=name, kind=kind, description=description, created_at=at, created_by=by,
        condition=dict(condition or {}),
    )  # fmt: skip
    if segment.is_dynamic:
        _parsed(segment)
    segment.save()
    if segment.is_dynamic:
        _refill(segment, at, tell=False)
    else:
        _enter(segment, _living(lead_ids), at, by=by, tell=False)
    return segment


@transaction.atomic
def edit(
    segment: Segment,
    *,
    by: User | None,  # noqa: ARG001
    name: str | None = None,
    description: str | None = None,
    condition: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> Segment:
    """Change name, description or rule; a new rule moves people at once, and starts nothing."""
    row = Segment.objects.select_for_update().get(pk=segment.pk)
    if name is not None and name != row.name:
        _refuse_taken_name(name)
        row.name = name
    if description is not None:
        row.description = description
    if condition is not None and row.is_dynamic:
        row.condition = dict(condition)
        _parsed(row)
    row.save(update_fields=["name", "description", "condition"])
    if condition is not None and row.is_dynamic:
        _refill(row, at or clock.now(), tell=False)
    return row


def _refuse_taken_name(name: str) -> None:
    if not name.strip():
        raise Invalid(_("Give the segment a name."), {"name": [_("Give the segment a name.")]})
    if Segment.objects.living().filter(name=name).exists():
        sentence = _("There is a segment with that name already. Choose another.")
        raise Invalid.at("name", sentence)


def _parsed(segment: Segment, *, check_values: bool = True) -> Group:
    """The rule as a tree. Raises Invalid for a bad one, and for one that leads back to itself."""
    tree = parse(segment.rule, fields.catalogue("lead"), check_values=check_values)
    if segment.pk in _reached(segment.rule):
        sentence = _("This rule asks about the segment itself. Take that condition out.")
        raise Invalid.at("condition", sentence)
    return tree


def _reached(document: Any) -> set[int]:
    """The segments that a rule asks about, directly or through the rules of those."""
    rules = {s.pk: s.rule for s in Segment.objects.dynamic()} if _named(document) else {}
    found: set[int] = set()
    waiting = _named(document)
    while waiting:
        pk = waiting.pop()
        if pk not in found:
            found.add(pk)
            waiting |= _named(rules.get(pk, {}))
    return found


def _named(node: Any) -> set[int]:
    if isinstance(node, list):
        return {pk for one in node for pk in _named(one)}
    if not isinstance(node, Mapping):
        return set()
    if node.get("field") == KEY:
        value = node.get("value")
        return {one for one in (value if isinstance(value, list) else [value]) if one}
    return {pk for one in node.values() for pk in _named(one)}


@transaction.atomic
def archive(segment: Segment, *, by: User | None, at: datetime | None = None) -> None:  # noqa: ARG001
    """Put a segment away. Raises Conflict, naming them, where published rules ask about it."""
    used = [use for use in usage.uses_of(KEY) if segment.pk in _named(use.document)]
    if used:
        names = ", ".join(f"“{use.label}”" for use in used)
        raise Conflict(
            _("Rules still ask about this segment: %(rules)s. Take it out of them first.")
            % {"rules": names},
            uses=[(use.label, use.url) for use in used],
        )
    Segment.objects.filter(pk=segment.pk).update(archived_at=at or clock.now())


# --- Who is in it -----------------------------------------------------------------------------------


def _living(lead_ids: Iterable[int]) -> set[int]:
    wanted = set(lead_ids)
    rows = Lead.objects.living().filter(pk__in=wanted) if wanted else Lead.objects.none()
    return set(rows.values_list("pk", flat=True))


@transaction.atomic
def add_many(
    segment: Segment, *, lead_ids: Iterable[int], by: User | None, at: datetime | None = None
) -> int:
    """Put leads into a list that is kept by hand; how many were not in it."""
    row = _by_hand(segment)
    inside = set(row.members.current().values_list("lead_id", flat=True))
    return _enter(row, _living(lead_ids) - inside, at or clock.now(), by=by)


@transaction.atomic
def remove_many(
    segment: Segment, *, lead_ids: Iterable[int], by: User | None, at: datetime | None = None
) -> int:
    """Take leads out of a list that is kept by hand; how many were in it."""
    row = _by_hand(segment)
    inside = row.members.current().filter(lead__in=set(lead_ids))
    return _leave(row, set(inside.values_list("lead_id", flat=True)), at or clock.now(), by=by)


def _by_hand(segment: Segment) -> Segment:
    row = Segment.objects.select_for_update().get(pk=segment.pk)
    if row.is_dynamic:
        raise Conflict(_("A rule keeps this segment. Change the rule instead."))
    return row


@transaction.atomic
def refresh(
    segment: Segment, *, at: datetime | None = None, by_publishing: bool = False
) -> Segment:
    """Compare everybody with the rule; records who entered and who left."""
    row = Segment.objects.select_for_update().get(pk=segment.pk)
    if row.is_dynamic and row.archived_at is None:
        _refill(row, at or clock.now(), tell=True, by_publishing=by_publishing)
    return row


def refresh_reading(prefix: str, *, at: datetime, by_publishing: bool) -> None:
    """Compare everybody with the rules that read a field of this family, `score.` for instance."""
    for segment in Segment.objects.dynamic().order_by("pk"):
        if any(key.startswith(prefix) for key in fields_used(segment.rule)):
            refresh(segment, at=at, by_publishing=by_publishing)


def refresh_stale(*, at: datetime | None = None) -> int:
    """Compare everybody with the rules that were not looked at for a day: time alone changes some."""
    at = at or clock.now()
    due = Segment.objects.dynamic().filter(
        Q(refreshed_at=None) | Q(refreshed_at__lte=at - STALE_AFTER)
    )
    rows = list(due.order_by("pk"))
    for segment in rows:
        refresh(segment, at=at)
    return len(rows)


@transaction.atomic(savepoint=False)
def refresh_leads(
    *, lead_ids: Collection[int], at: datetime | None = None, by_publishing: bool = False
) -> int:
    """Compare these leads with every rule; how many entered or left something.

    `by_publishing` says that a new version of some rule moved them, not they: no sequence starts.
    """
    if not lead_ids:
        return 0
    at = at or clock.now()
    some = set(lead_ids)
    rows = Segment.objects.select_for_update().dynamic().order_by("pk")
    return sum(
        _settle(segment, at, some, tell=True, by_publishing=by_publishing) for segment in rows
    )


def _refill(segment: Segment, at: datetime, *, tell: bool, by_publishing: bool = False) -> None:
    _settle(segment, at, None, tell=tell, by_publishing=by_publishing)
    Segment.objects.filter(pk=segment.pk).update(refreshed_at=at)
    segment.refresh_from_db(fields=["member_count", "refreshed_at"])


def _settle(
    segment: Segment, at: datetime, among: set[int] | None, *, tell: bool, by_publishing: bool
) -> int:
    """Make the members among these leads (None: all) those who match; how many rows changed."""
    try:
        rule = _parsed(segment, check_values=False)
    except Invalid:  # a field that it needs is gone: the list stays as it was
        return 0
    matching = Lead.objects.living().filter(sql.where(rule, at=here(at)))
    inside = segment.members.current()
    if among is not None:
        matching, inside = matching.filter(pk__in=among), inside.filter(lead__in=among)
    now_in = set(inside.values_list("lead_id", flat=True))
    wanted = set(matching.order_by().values_list("pk", flat=True))
    entered = _enter(segment, wanted - now_in, at, tell=tell, by_publishing=by_publishing)
    return entered + _leave(segment, now_in - wanted, at, tell=tell, by_publishing=by_publishing)


def _enter(
    segment: Segment, lead_ids: set[int], at: datetime, *, by: User | None = None, tell: bool = True,
    by_publishing: bool = False,
) -> int:  # fmt: skip
    ids = sorted(lead_ids)
    rows = (SegmentMember(segment=segment, lead_id=pk, entered_at=at) for pk in ids)
    SegmentMember.objects.bulk_create(rows, batch_size=_CHUNK, ignore_conflicts=True)
    _count(segment, len(ids))
    if tell:
        _tell(Kind.SEGMENT_ENTERED, segment, ids, by, at, by_publishing)
    return len(ids)


def _leave(
    segment: Segment, lead_ids: set[int], at: datetime, *, by: User | None = None, tell: bool = True,
    by_publishing: bool = False,
) -> int:  # fmt: skip
    ids = sorted(lead_ids)
    if ids:
        segment.members.current().filter(lead__in=ids).update(left_at=at)
    _count(segment, -len(ids))
    if tell:
        _tell(Kind.SEGMENT_LEFT, segment, ids, by, at, by_publishing)
    return len(ids)


def _count(segment: Segment, change: int) -> None:
    if change:
        Segment.objects.filter(pk=segment.pk).update(member_count=F("member_count") + change)


def recount() -> None:
    """Count the members of every segment anew, after rows came or went past this package."""
    inside = SegmentMember.objects.current().filter(segment=OuterRef("pk")).order_by()
    counted = inside.values("segment").annotate(n=Count("pk")).values("n")
    Segment.objects.update(member_count=Coalesce(Subquery(counted), 0))


def _tell(
    kind: Kind, segment: Segment, ids: list[int], by: User | None, at: datetime, by_publishing: bool
) -> None:
    if ids:
        data: dict[str, Any] = {"segment": segment.pk, "name": segment.name}
        if by_publishing:
            data["by_publishing"] = True
        record_many(kind, ids, by=by, subjects=[segment] * len(ids), data=data, at=at)


@transaction.atomic
def follow_merge(*, survivor_id: int, merged_id: int, at: datetime) -> None:
    """The lists that were kept by hand hold the survivor instead of the merged row."""
    stays = SegmentMember.objects.current().filter(lead=merged_id).select_related("segment")
    for stay in stays.order_by("segment_id"):
        segment = Segment.objects.select_for_update().get(pk=stay.segment_id)
        _leave(segment, {merged_id}, at, tell=False)
        inside = segment.members.current().filter(lead=survivor_id).exists()
        if not segment.is_dynamic and not inside:
            _enter(segment, {survivor_id}, at, tell=False)


@transaction.atomic
def forget(lead_ids: Collection[int]) -> None:
    """Take erased people off every list, past stays included."""
    stays = SegmentMember.objects.filter(lead__in=lead_ids)
    touched = sorted(set(stays.values_list("segment_id", flat=True)))
    for segment in Segment.objects.select_for_update().filter(pk__in=touched).order_by("pk"):
        gone = segment.members.current().filter(lead__in=lead_ids).count()
        segment.members.filter(lead__in=lead_ids).delete()
        _count(segment, -gone)
