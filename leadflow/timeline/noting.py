"""How notes, research and what is pinned read."""

from django.utils.translation import gettext as _

from leadflow.events.models import Event
from leadflow.timeline.names import Names
from leadflow.timeline.shown import Shown, filled


def noted(event: Event, names: Names) -> Shown:
    text = names.notes.get(event.data.get("note") or 0, "")
    is_research = event.data.get("kind") == "research"
    known = _("wrote a research note") if is_research else _("wrote a note")
    words = known if text else _("wrote a private note")
    files = names.files.get(event.data.get("note") or 0, ()) if text else ()
    icon = "clipboard-list" if is_research else "note"
    return Shown(icon, names.actor(event), words, quote=text[:1_000], files=files)


def researched(event: Event, names: Names) -> Shown:
    """A line of the checklist; what was found stands with the tick, as long as it stands."""
    is_done = event.data.get("done")
    text = _("found out: {label}") if is_done else _("took “{label}” back: it is to be found out")
    found = names.found.get(event.data.get("check") or 0, "") if is_done else ""
    return Shown("list-check", names.actor(event), filled(text, event), quote=found)


def pinned(event: Event, names: Names) -> Shown:
    words = _("pinned an entry to the top") if event.data.get("pinned") else _("unpinned an entry")
    return Shown("pin", names.actor(event), words)
