"""The audit page: who did what, and which value was overwritten; filtered, paged, exported."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.events.models import Event
from leadflow.history.models import FieldChange
from leadflow.kit import clock
from leadflow.models import Lead
from leadflow.people.access import Scope, scope_of, team_ids
from leadflow.people.models import User
from leadflow.timeline.selectors import entries_of
from leadflow.web.csv import export as csv_export
from leadflow.web.filters import Applied, Filter, FilterSet
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, render_part
from leadflow.web.tables import Column, Table

CHUNK = 1_000
_SPANS = {
    "1": _("Last 24 hours"),
    "7": _("Last 7 days"),
    "30": _("Last 30 days"),
    "90": _("Last 90 days"),
}
_SYSTEM = "0"


def _people() -> Sequence[tuple[str, Any]]:
    return [
        (_SYSTEM, "LeadFlow"),
        *((str(pk), name) for pk, name in User.objects.values_list("pk", "name")),
    ]


def _who(field: str) -> Filter:
    def build(values: list[str]) -> Q:
        ids = [int(value) for value in values if value != _SYSTEM]
        nobody = Q(**{f"{field}__isnull": True}) if _SYSTEM in values else Q()
        return Q(**{f"{field}__in": ids}) | nobody

    return Filter("who", _("Who"), choices=_people, build=build, icon="user")


def _when() -> Filter:
    def build(values: list[str]) -> Q:
        return Q(recorded_at__gte=clock.now() - timedelta(days=max(map(int, values))))

    return Filter(
        "when", _("When"), choices=lambda: list(_SPANS.items()), build=build, icon="calendar"
    )


def _record_of(values: list[str], *, type_field: str, id_field: str) -> Q:
    """`lead 12` or `pipeline.deal 7`: a word for the table, and a number."""
    word, _space, number = values[0].strip().replace("#", " ").rpartition(" ")
    if not number.isdecimal() or len(number) > 18:
        return Q(pk__in=[])
    named = Q(**{id_field: int(number)})
    return named & Q(**{f"{type_field}__iendswith": word.strip()}) if word.strip() else named


def _of_event(values: list[str]) -> Q:
    found = _record_of(values, type_field="subject_type", id_field="subject_id")
    word, _space, number = values[0].strip().replace("#", " ").rpartition(" ")
    if word.strip().lower() in ("lead", "") and number.isdecimal() and len(number) < 19:
        found |= Q(lead_id=int(number))
    return found


def _of_change(values: list[str]) -> Q:
    return _record_of(values, type_field="object_type", id_field="object_id")


EVENTS = FilterSet(
    [
        _who("actor_id"),
        Filter(
            "kind",
            _("What"),
            path="kind__in",
            choices=lambda: [(kind.value, kind.value) for kind in Kind],
            icon="activity",
        ),
        _when(),
        Filter("record", _("Record"), build=_of_event, icon="file-text"),
    ]
)
CHANGES = FilterSet(
    [_who("by_id"), _when(), Filter("record", _("Record"), build=_of_change, icon="file-text")]
)
_EVENT_TABLE = Table(
    "console.audit",
    columns=[
        Column("when", _("When"), sort="id", always=True),
        Column("who", _("Who"), always=True),
        Column("what", _("What"), always=True),
        Column("record", _("Record")),
        Column("origin", _("How"), default=True),
    ],
    default_sort="-when",
)
_CHANGE_TABLE = Table(
    "console.changes",
    columns=[
        Column("when", _("When"), sort="id", always=True),
        Column("who", _("Who"), always=True),
        Column("record", _("Record"), always=True),
        Column("field", _("Field"), always=True),
        Column("before", _("Before")),
        Column("after", _("After")),
        Column("cause", _("Cause")),
    ],
    default_sort="-when",
)


def events_for(user: User) -> "QuerySet[Event]":
    """Of everybody for an admin; for a manager, what her people did and what happened to their leads."""
    if scope_of(user, "audit.view") == Scope.ALL:
        return Event.objects.all()
    leads = Lead.objects.visible_to(user, "audit.view").values("pk")
    return Event.objects.filter(Q(actor_id__in=_people_of(user)) | Q(lead_id__in=leads))


def changes_for(user: User) -> "QuerySet[FieldChange]":
    """The overwritten values that the same rule opens."""
    if scope_of(user, "audit.view") == Scope.ALL:
        return FieldChange.objects.all()
    leads = Lead.objects.visible_to(user, "audit.view").values("pk")
    of_lead = Q(object_type=Lead._meta.label_lower, object_id__in=leads)
    return FieldChange.objects.filter(Q(by_id__in=_people_of(user)) | of_lead)


def _people_of(user: User) -> Any:
    return User.objects.filter(memberships__team__in=team_ids(user)).values("pk")


@require_safe
@access("audit.view")
def audit(request: HtmxHttpRequest) -> HttpResponse:
    """What happened, or with `?show=changes` which values were overwritten."""
    show_changes = request.GET.get("show") == "changes"
    applied, rows = _asked(request, show_changes)
    page = (_CHANGE_TABLE if show_changes else _EVENT_TABLE).page(request, rows)
    if show_changes:
        page.rows = _changes_in_words(page.rows)
    else:
        page.rows = entries_of(page.rows, request.user)
    context = {
        "page": page,
        "applied": applied,
        "show_changes": show_changes,
        "drop": None if page.rows else applied.best_to_drop(_all(request.user, show_changes)),
        "record": request.GET.get("record", "")[:60],
    }
    return render_part(request, "console/audit.html", "list", context)


@require_POST
@access("audit.view")
def audit_export(request: HtmxHttpRequest) -> HttpResponseBase:
    """The same rows as a file; that somebody took them is itself on record."""
    show_changes = request.GET.get("show") == "changes"
    _applied, rows = _asked(request, show_changes)
    name = "changes" if show_changes else "audit"
    with transaction.atomic():
        count = rows.order_by().count()
        data = {"what": name, "rows": count}
        record(Kind.DATA_EXPORTED, by=request.user, data=data)
    header = [str(c.label) for c in (_CHANGE_TABLE if show_changes else _EVENT_TABLE).columns]
    lines = _change_lines(rows) if show_changes else _event_lines(rows, request.user)
    return csv_export(name, header, lines)


def _all(user: User, show_changes: bool) -> "QuerySet[Any]":
    return changes_for(user) if show_changes else events_for(user)


def _asked(request: HtmxHttpRequest, show_changes: bool) -> tuple[Applied, "QuerySet[Any]"]:
    applied = (CHANGES if show_changes else EVENTS).read(request)
    return applied, applied.narrow(_all(request.user, show_changes))


def _changes_in_words(rows: Sequence[FieldChange]) -> list[dict[str, Any]]:
    people = dict(User.objects.filter(pk__in={r.by_id for r in rows}).values_list("pk", "name"))
    return [
        {
            "change": row,
            "who": people.get(row.by_id or 0, "?") if row.by_id else "LeadFlow",
            "record": f"{row.object_type.rpartition('.')[2]} {row.object_id}",
            "before": _shown(row.old),
            "after": _shown(row.new),
        }
        for row in rows
    ]


def _shown(value: Any) -> str:
    return "–" if value in (None, "") else str(value)


def _chunks(rows: "QuerySet[Any]") -> Iterator[list[Any]]:
    stream = rows.order_by("-id").iterator(chunk_size=CHUNK)
    while chunk := list(islice(stream, CHUNK)):
        yield chunk


def _event_lines(rows: "QuerySet[Event]", user: User) -> Iterator[Sequence[Any]]:
    for chunk in _chunks(rows):
        for entry in entries_of(chunk, user):
            event = entry.event
            about = f"{event.subject_type} {event.subject_id}" if event.subject_id else ""
            lead = f"lead {event.lead_id}" if event.lead_id else ""
            what = f"{event.kind}: {entry.shown.text}"
            yield event.recorded_at, entry.actor, what, lead or about, event.origin


def _change_lines(rows: "QuerySet[FieldChange]") -> Iterator[Sequence[Any]]:
    for chunk in _chunks(rows):
        for row in _changes_in_words(chunk):
            change = row["change"]
            yield (
                change.recorded_at, row["who"], row["record"], change.field,
                row["before"], row["after"], change.cause,
            )  # fmt: skip
