"""What was planned, done, given away and booked, in words."""

from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.kit import days
from leadflow.models import Activity
from leadflow.services import outcomes
from leadflow.timeline.names import Names
from leadflow.timeline.shown import Presenter, Shown, Words, person, quoted, reasons

_ACTIVITY_ICONS = {
    "call": "phone",
    "email": "mail",
    "meeting": "calendar-event",
    "demo": "device-desktop",
    "discovery": "phone-call",
    "social": "share",
    "todo": "checkbox",
}


def acted(verb: Words) -> Presenter:
    """A call, mail, meeting or to-do: planned, done or booked."""

    def present(event: Event, names: Names) -> Shown:
        activity: Activity | None = names.activities.get(event.data.get("activity") or 0)
        kind = event.data.get("kind") or "todo"
        title = (activity.subject if activity else "") or event.data.get("title") or ""
        text = str(verb) % {"one": _one(kind), "title": quoted(title)}
        if activity and activity.subject_ref.startswith("mail:"):
            text = _("wrote %s") % quoted(title)
        kept = (activity.outcome if activity else "") or event.data.get("outcome") or ""
        outcome = outcomes.words(kept)
        due = _moment(event.data.get("due_at"))
        why = reasons(
            outcome, _("Due %s") % due if due and event.kind == Kind.ACTIVITY_PLANNED else ""
        )
        return Shown(
            _ACTIVITY_ICONS.get(kind, "checkbox"),
            names.actor(event),
            " ".join(text.split()),
            why,
            quote=activity.body[:500] if activity else "",
        )

    return present


def delegated(event: Event, names: Names) -> Shown:
    """A to-do that went to a colleague."""
    activity: Activity | None = names.activities.get(event.data.get("activity") or 0)
    words = {
        "one": _one(event.data.get("kind") or "todo"),
        "title": quoted(activity.subject if activity else ""),
        "who": names.user(event.data.get("to")),
    }
    text = _("gave %(one)s %(title)s to %(who)s") % words
    quote = activity.given_words if activity else ""
    return Shown("arrow-forward-up", names.actor(event), " ".join(text.split()), [], quote=quote)


def met(verb: Words) -> Presenter:
    """A booking: the visitor's doing, unless somebody of ours did it for her."""

    def present(event: Event, names: Names) -> Shown:
        kind = event.data.get("kind") or "meeting"
        title = quoted(event.data.get("title"))
        text = str(verb) % {"what": _activity_label(kind), "title": title}
        due = _moment(event.data.get("due_at"))
        missed = event.kind == Kind.MEETING_MISSED
        who = names.actor(event) if event.actor_id and not missed else person(event, names)
        icon = "calendar-off" if event.kind == Kind.MEETING_CANCELLED else "calendar-event"
        return Shown(
            icon, who, " ".join(text.split()), [_("For %s") % due] if due else [], tone="accent"
        )

    return present


def _one(kind: str) -> str:
    """A call, an email."""
    return _("an email") if kind == "email" else _("a %(what)s") % {"what": _activity_label(kind)}


def _activity_label(kind: str) -> str:
    return str(dict(Activity.Kind.choices).get(kind, kind)).lower()


def _moment(text: Any) -> str:
    moment: datetime | None = parse_datetime(text) if isinstance(text, str) else None
    return date_format(localtime(moment), f"{days.short()} H:i") if moment else ""
