"""Mail in words: what was sent, and what people wrote."""

from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.events.models import Event
from leadflow.mail.models import InboundMail
from leadflow.timeline.names import Names
from leadflow.timeline.shown import Shown, filled, person, quoted, reasons


def mailed(event: Event, names: Names) -> Shown:
    is_broadcast = str(event.data.get("campaign") or "").startswith("broadcast-")
    text = lazy("sent the broadcast “{title}”") if is_broadcast else lazy("sent “{title}”")
    icon = "speakerphone" if is_broadcast else "mail"
    return Shown(icon, names.actor(event), filled(text, event), reasons(event.data.get("reason")))


def texted(event: Event, names: Names) -> Shown:
    """A text message, by its words."""
    is_kept = event.data.get("carrier") == "local"
    why = [_("It stays here: no carrier is set.")] if is_kept else []
    quote = str(event.data.get("words") or "")
    return Shown("message-2", names.actor(event), _("wrote a text message"), why, quote=quote)


def replied(event: Event, names: Names) -> Shown:
    title = quoted(event.data.get("title"))
    text = _("replied to %s") % title if title else _("replied")
    return _letter(event, names, text)


def wrote(event: Event, names: Names) -> Shown:
    title = quoted(event.data.get("title"))
    return _letter(event, names, _("wrote %s") % title if title else _("wrote a mail"))


def sorted_out(event: Event, names: Names) -> Shown:
    """Somebody said what an answer means."""
    meaning = dict(InboundMail.Meaning.choices).get(str(event.data.get("to")), "")
    words = _("took an answer for: %s") % meaning if meaning else _("sorted an answer")
    return Shown("tag", names.actor(event), words)


def away(event: Event, names: Names) -> Shown:
    """An automatic answer said when she is back."""
    day = parse_date(str(event.data.get("back_on") or ""))
    if day is None:
        return Shown("calendar-off", person(event, names), _("is away"))
    words = _("is away and back on %s") % date_format(day, "DATE_FORMAT")
    return Shown("calendar-off", person(event, names), words)


def _letter(event: Event, names: Names, text: str) -> Shown:
    quote = names.letters.get(event.data.get("mail") or 0, "")
    return Shown("mail-down", person(event, names), text, quote=quote[:1_000], tone="accent")
