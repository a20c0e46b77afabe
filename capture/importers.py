"""What the stage takes in from files: who came to an event, as the tools of webinars export it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _l

from capture.models import Occasion, Registration
from capture.services import attendance
from leadflow.imports.parsing import number
from leadflow.imports.registry import Context, Field, Lookup, Outcome, Row, Target, Trace, register
from leadflow.imports.targets import SOURCE
from leadflow.kit import clock, text
from leadflow.models import Origin
from leadflow.people.models import User
from leadflow.services.leads import intake

_CAME = ("attended", "yes", "true", "1", "present", "joined", "ja", "came")
_MISSED = ("no-show", "no show", "did not attend", "not attended", "no", "false", "0", "absent", "missed", "registered", "nein")  # fmt: skip
NEWS = timedelta(days=14)
_TIMES = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%b %d, %Y %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M")  # fmt: skip


def name_of(row: Occasion) -> str:
    """An event as a file and the wizard name it: its title and its day."""
    return f"{row.title}, {row.starts_here.date().isoformat()}"


def _begun() -> Iterator[Occasion]:
    """Events at which somebody can have been, the latest first."""
    rows = Occasion.objects.filter(cancelled_at=None, starts_at__lte=clock.now())
    yield from rows.order_by("-starts_at", "-pk")[:500]


def _events(_words: set[str], _context: Context) -> Mapping[str, Occasion]:
    found: dict[str, Occasion] = {}
    for row in _begun():  # the latest of those that share a title
        found.setdefault(text.search_text(name_of(row)), row)
        found.setdefault(text.search_text(row.title), row)
    return found


def _event_names(_context: Context) -> list[str]:
    return [name_of(row) for row in _begun()]


def _states(_words: set[str], _context: Context) -> Mapping[str, bool]:
    came = {text.search_text(word): True for word in _CAME}
    return came | {text.search_text(word): False for word in _MISSED}


def _state_names(_context: Context) -> list[str]:
    return [_CAME[0], _MISSED[0]]


_FIELDS = (
    Field(key="event", label=_l("Event"), lookup=Lookup(_events, _event_names), required=True, for_all=True, aliases=("webinar", "webinar name", "topic", "event name")),
    Field(key="email", label=_l("Email"), required=True, aliases=("e-mail", "mail", "email address", "user email", "attendee email")),
    Field(key="first_name", label=_l("First name"), aliases=("given name", "forename", "vorname")),
    Field(key="last_name", label=_l("Last name"), aliases=("surname", "family name", "nachname")),
    Field(key="status", label=_l("Attended"), lookup=Lookup(_states, _state_names), aliases=("status", "attendance", "attendance status", "attended?")),
    Field(key="minutes", label=_l("Minutes there"), aliases=("time in session (minutes)", "duration", "duration (minutes)", "attended minutes", "minutes", "time in session")),
    Field(key="joined_at", label=_l("Joined at"), aliases=("join time", "joined", "first join", "entry time")),
    Field(key="left_at", label=_l("Left at"), aliases=("leave time", "left", "last leave", "exit time")),
    Field(key="source", label=_l("Source of new people"), lookup=SOURCE, for_all=True),
)  # fmt: skip


def _take(rows: Sequence[Row], context: Context) -> list[Outcome]:
    people = _people(rows, context)
    found: dict[int, Outcome] = {
        row.line: Outcome(one.state, None, one.reason)
        for row, one in zip(rows, people, strict=True)
        if one.lead_id is None
    }
    known = [(r, one) for r, one in zip(rows, people, strict=True) if one.lead_id is not None]
    for pk in sorted({row.values["event"].pk for row, _one in known}):
        mine = [(row, one) for row, one in known if row.values["event"].pk == pk]
        occasion = mine[0][0].values["event"]
        seen = [_seen(row, one, occasion) for row, one in mine]
        origin = _origin(occasion, context)
        taken = attendance.take_in(occasion=occasion, seen=seen, at=context.at, origin=origin)
        for (row, _one), marked in zip(mine, taken, strict=True):
            undo = {"was": marked.was, "now": marked.now} if marked.told != "unchanged" else {}
            found[row.line] = Outcome(marked.told, marked.row.pk, undo=undo)
    return [found[row.line] for row in rows]


def _untake(traces: Sequence[Trace], _context: Context, _by: User | None) -> dict[int, str]:
    return attendance.put_back({t.object_id: (t.is_created, t.was, t.now) for t in traces})


def _origin(occasion: Occasion, context: Context) -> str:
    """Who came the other day is news, to which sequences and goals react; what is older is history."""
    is_news = occasion.ends_at > context.at - NEWS
    return Origin.LIVE if is_news and context.origin == Origin.IMPORT else context.origin


def _people(rows: Sequence[Row], context: Context) -> list[intake.Taken]:
    """Who each line is about: known by her address, else made where whoever imports chose so."""
    chosen = intake.Choices(
        by=context.by, via="attendance", origin=context.origin, existing="fill", create=context.create,
        match="email",
    )  # fmt: skip
    keys = ("email", "first_name", "last_name", "source")
    return intake.take_in_many(
        [
            intake.Arrival(
                values={k: row.values[k] for k in keys if k in row.values}, at=context.at
            )
            for row in rows
        ],
        chosen,
    )


def _seen(row: Row, one: intake.Taken, occasion: Occasion) -> attendance.Seen:
    joined = _moment(row.get("joined_at"), occasion.zone)
    minutes = _minutes(row.get("minutes"))
    came = row.values.get("status")
    if came is None:  # a list of those who were there has no such column
        came = minutes != 0
    return attendance.Seen(
        lead_id=one.lead_id or 0,
        came=bool(came),
        is_new=one.state == "created",
        minutes=minutes,
        joined_at=joined,
        left_at=_moment(row.get("left_at"), occasion.zone),
    )


def _minutes(cell: str) -> int | None:
    """How long she stayed; None where the tool left a dash."""
    with suppress(ValueError):
        return min(max(0, int(number(cell))), 100_000)
    return None


def _moment(cell: str, zone: ZoneInfo) -> datetime | None:
    """A time as tools write it, on the event's wall where it names no zone. None where it is none:
    a person is not lost for a clock that nobody can read."""
    found: datetime | None = None
    with suppress(ValueError):
        found = datetime.fromisoformat(cell)
    for way in _TIMES if found is None else ():
        with suppress(ValueError):
            found = datetime.strptime(cell, way)  # noqa: DTZ007 the zone follows
            break
    return found.replace(tzinfo=found.tzinfo or zone) if found else None


def _give() -> Iterator[Mapping[str, Any]]:
    rows = Registration.objects.select_related("occasion", "lead")
    for row in rows.order_by("pk").iterator(2_000):
        yield {
            "event": name_of(row.occasion),
            "email": row.lead.email,
            "first_name": row.lead.first_name,
            "last_name": row.lead.last_name,
            "status": row.state,
            "minutes": row.minutes,
            "joined_at": row.joined_at.isoformat() if row.joined_at else "",
            "left_at": row.left_at.isoformat() if row.left_at else "",
            "source": "",
        }


def install() -> None:
    """Make attendance importable; called once by apps.py."""
    target = Target(
        key="attendance", label=_l("Who came to an event"), model=Registration, permission="form.edit",
        fields=lambda: _FIELDS, keys=(), apply_many=_take, export=_give, may_be_new=True,
        changes_known=False, undo_many=_untake, url_name="capture:occasions",
    )  # fmt: skip
    register(target)
