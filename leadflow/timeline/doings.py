"""What people did, in words: one line for each kind of behaviour."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.timeline.shown import quoted

ENGAGEMENTS = {
    "mail.opened": ("mail-opened", lazy("opened a mail")),
    "mail.clicked": ("click", lazy("clicked a link")),
    "reply.interested": ("thumb-up", lazy("is interested:")),
    "page.viewed": ("eye", lazy("read a page")),
    "asset.downloaded": ("download", lazy("downloaded a file")),
    "file.downloaded": ("download", lazy("downloaded")),
    "form.viewed": ("forms", lazy("looked at the form")),
    "form.started": ("forms", lazy("began the form")),
    "product.used": ("activity", lazy("used the product:")),
    "form.submitted": ("forms", lazy("filled in a form")),
    "meeting.booked": ("calendar-event", lazy("booked a meeting")),
    "intent.reported": ("target", lazy("is said to look for")),
    "event.registered": ("calendar-plus", lazy("registered for the event")),
    "event.cancelled": ("arrow-back-up", lazy("gave back the place at the event")),
    "event.attended": ("calendar-check", lazy("attended the event")),
    "event.missed": ("calendar-off", lazy("did not come to the event")),
    "trial.begun": ("rocket", lazy("began the trial")),
}


def did(kind: str, label: str | None) -> str:
    """One thing that somebody did, as a sentence about her goes on: read a page “Prices”."""
    _icon, words = ENGAGEMENTS.get(kind, ("", kind.replace(".", " ").replace("_", " ")))
    return f"{words or _('did something')} {quoted(label)}".strip()
