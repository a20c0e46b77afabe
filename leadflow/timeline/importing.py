"""How imports are told."""

from django.utils.translation import gettext as _

from leadflow.events.models import Event
from leadflow.timeline.names import Names
from leadflow.timeline.shown import Shown, quoted


def imported(event: Event, names: Names) -> Shown:
    words = {
        "created": _("created"), "updated": _("updated"), "unchanged": _("unchanged"),
        "skipped": _("skipped"), "failed": _("failed"),
    }  # fmt: skip
    facts = [(label, str(event.data.get(key, 0))) for key, label in words.items()]
    text = _("imported %s") % (quoted(event.data.get("name")) or _("a file"))
    return Shown("file-upload", names.actor(event), text, facts=facts)


def import_undone(event: Event, names: Names) -> Shown:
    words = {"undone": _("taken back"), "kept": _("kept")}
    facts = [(label, str(event.data.get(key, 0))) for key, label in words.items()]
    text = _("took the import of %s back") % (quoted(event.data.get("name")) or _("a file"))
    return Shown("arrow-back-up", names.actor(event), text, facts=facts)
