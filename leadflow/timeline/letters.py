"""Mail in words: what was sent, and what people wrote."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.events.models import Event
from leadflow.timeline.names import Names
from leadflow.timeline.shown import Shown, filled, person, quoted, reasons


def mailed(event: Event, names: Names) -> Shown:
    is_broadcast = str(event.data.get("campaign") or "").startswith("broadcast-")
    text = lazy("sent the broadcast “{title}”") if is_broadcast else lazy("sent “{title}”")
    icon = "speakerphone" if is_broadcast else "mail"
    return Shown(icon, names.actor(event), filled(text, event), reasons(event.data.get("reason")))


def replied(event: Event, names: Names) -> Shown:
    title = quoted(event.data.get("title"))
    text = _("replied to %s") % title if title else _("replied")
    return _letter(event, names, text)


def wrote(event: Event, names: Names) -> Shown:
    title = quoted(event.data.get("title"))
    return _letter(event, names, _("wrote %s") % title if title else _("wrote a mail"))


def _letter(event: Event, names: Names, text: str) -> Shown:
    quote = names.letters.get(event.data.get("mail") or 0, "")
    return Shown("mail-down", person(event, names), text, quote=quote[:1_000], tone="accent")
