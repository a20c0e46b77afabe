"""The mails of an event: a place confirmed, a wait, a reminder, a change, an end.

They are essential: whoever registered asked for them, and they sell nothing. Each has a key of its
own, made of the registration, its round and the sequence of the event, so that none leaves twice and
a moved event has reminders of its own.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from capture.models import Occasion, Registration
from capture.selectors.occasions import in_words
from capture.services.promises import leads_away
from leadflow.kit import clock, ics, tokens
from leadflow.mail import services as mail
from leadflow.mail.models import Delivery
from leadflow.models import Lead, Organisation

PURPOSE = "place.v1"
MAILS_A_DAY = (
    10  # to one person, about places she asked for: nobody's mailbox is filled by a stranger
)
REMINDERS = {"day": timedelta(days=1), "hour": timedelta(hours=1)}
State = Registration.State


def token_of(row: Registration) -> str:
    """What stands in the links of a registration; it opens this one and nothing else."""
    return tokens.sign(settings.SECRET_KEY, PURPOSE, row.public_id)


def page_of(row: Registration) -> str:
    """The address of her own page of the event."""
    return f"{settings.PUBLIC_BASE_URL}/e/{token_of(row)}/"


# --- what is sent, and when -----------------------------------------------------------------------


def welcome(row: Registration, occasion: Occasion, *, at: datetime) -> None:
    """Tell her what she got: a place with all that she needs, or where she stands in line."""
    if not row.lead.email:
        return
    messages = []
    if not _had_enough(row.lead, at):
        messages.append(_message(row, occasion, _first_word(row), at))
    if row.state == State.REGISTERED:
        messages += _reminders(row, occasion, at)
    mail.queue_many(messages)


def _first_word(row: Registration) -> str:
    return "welcome" if row.state == State.REGISTERED else "waiting"


def moved_up(row: Registration, occasion: Occasion, *, at: datetime) -> None:
    """A place became free, and it is hers."""
    if row.lead.email:
        up = _message(row, occasion, "moved_up", at)
        mail.queue_many([up, *_reminders(row, occasion, at)])


def tell(occasion: Occasion, *, at: datetime) -> None:
    """Write to everybody whom the state of an event concerns: that it is off, or that it changed.

    Once for each sequence of the event, whoever asks again.
    """
    is_off = occasion.cancelled_at is not None
    states = [State.REGISTERED, State.WAITING] if is_off else [State.REGISTERED]
    if occasion.sequence == 0 or occasion.ends_at <= at:
        return
    rows = Registration.objects.filter(occasion=occasion, state__in=states).select_related("lead")
    messages = []
    for row in rows.exclude(lead__email="").order_by("pk"):
        messages.append(_message(row, occasion, "cancelled" if is_off else "changed", at))
        messages += [] if is_off else _reminders(row, occasion, at)
    mail.queue_many(messages)


def stop(row: Registration, occasion: Occasion) -> None:
    """Nothing more about this place: she gave it back."""
    words = ("welcome", "waiting", "moved_up", "changed", *REMINDERS)
    keys = [_key(row, occasion.sequence, word) for word in words]
    mail.cancel(keys=keys, reason=_("The place was given back"))


def stop_reminders(occasion: Occasion, *, sequence: int) -> None:
    """The time of these reminders is not that of the event any more."""
    rows = Registration.objects.filter(occasion=occasion)
    keys = [_key(row, sequence, word) for row in rows for word in REMINDERS]
    mail.cancel(keys=keys, reason=_("The event was changed or cancelled"))


def _reminders(row: Registration, occasion: Occasion, at: datetime) -> list[mail.Message]:
    """Those whose time is still to come."""
    due = {word: occasion.starts_at - before for word, before in REMINDERS.items()}
    return [_message(row, occasion, word, when) for word, when in due.items() if when > at]


def _key(row: Registration, sequence: int, word: str) -> str:
    return f"event:{row.pk}:{row.round}:{sequence}:{word}"


def _had_enough(lead: Lead, at: datetime) -> bool:
    since = clock.to_real(at) - timedelta(days=1)
    sent = Delivery.objects.filter(key__startswith="event:", lead=lead, created_at__gte=since)
    return sent.exclude(key__endswith=":day").exclude(key__endswith=":hour").count() >= MAILS_A_DAY


# --- what it says ---------------------------------------------------------------------------------


def _message(row: Registration, occasion: Occasion, word: str, due_at: datetime) -> mail.Message:
    organisation = Organisation.current()
    with override(organisation.language):
        subject, lines = _WORDS[word](row, occasion)
        text = "\n\n".join([_hello(row.lead), *lines, organisation.name])
    return mail.Message(
        key=_key(row, occasion.sequence, word),
        kind=Delivery.Kind.ESSENTIAL,
        to=row.lead.email,
        to_name=f"{row.lead.first_name} {row.lead.last_name}".strip(),
        subject=subject[:300],
        text=text,
        lead_id=row.lead_id,
        track=False,
        due_at=due_at,
        origin=row.origin,
        headers={"X-Campaign": f"event-{occasion.pk}"},
        calendar=calendar_of(row, occasion) if word in _WITH_CALENDAR else b"",
    )


def _hello(lead: Lead) -> str:
    """By her first name, unless a stranger wrote an address of the web into it."""
    name = "" if leads_away(lead.first_name) else lead.first_name.strip()
    return _("Hello %(name)s,") % {"name": name} if name else _("Hello,")


Words = tuple[str, list[str]]


def _welcome(row: Registration, occasion: Occasion) -> Words:
    first = _("you have a place at “%(title)s”.") % {"title": occasion.title}
    return (
        _("Your place: %(title)s") % {"title": occasion.title},
        [first, _facts(occasion), _footer(row)],
    )


def _waiting(row: Registration, occasion: Occasion) -> Words:
    told = _(
        "“%(title)s” is full. You are on the waiting list: when a place is given back, it goes to who "
        "waits longest, and we write to you."
    )
    away = _("You do not want to wait? Leave the list here: %(url)s") % {"url": page_of(row)}
    return (
        _("On the waiting list: %(title)s") % {"title": occasion.title},
        [told % {"title": occasion.title}, _when(occasion), away],
    )


def _moved_up(row: Registration, occasion: Occasion) -> Words:
    first = _("a place at “%(title)s” became free, and it is yours.") % {"title": occasion.title}
    return (
        _("You have a place now: %(title)s") % {"title": occasion.title},
        [first, _facts(occasion), _footer(row)],
    )


def _changed(row: Registration, occasion: Occasion) -> Words:
    first = _("“%(title)s” has changed. This is how it stands now:") % {"title": occasion.title}
    return (
        _("Changed: %(title)s") % {"title": occasion.title},
        [first, _facts(occasion), _footer(row)],
    )


def _cancelled(row: Registration, occasion: Occasion) -> Words:
    del row
    first = _("we are sorry: “%(title)s” does not take place.") % {"title": occasion.title}
    lines = [first, *filter(None, [occasion.cancel_note]), _when(occasion)]
    return _("Cancelled: %(title)s") % {"title": occasion.title}, lines


def _day(row: Registration, occasion: Occasion) -> Words:
    return _reminder(row, occasion, _("Tomorrow: %(title)s"))


def _hour(row: Registration, occasion: Occasion) -> Words:
    return _reminder(row, occasion, _("In one hour: %(title)s"))


def _reminder(row: Registration, occasion: Occasion, subject: str) -> Words:
    first = _("a short reminder of “%(title)s”.") % {"title": occasion.title}
    return subject % {"title": occasion.title}, [first, _facts(occasion), _footer(row)]


_WORDS = {
    "welcome": _welcome,
    "waiting": _waiting,
    "moved_up": _moved_up,
    "changed": _changed,
    "cancelled": _cancelled,
    "day": _day,
    "hour": _hour,
}
_WITH_CALENDAR = frozenset({"welcome", "moved_up", "changed", "cancelled"})


def _when(occasion: Occasion) -> str:
    return _("When: %(when)s") % {"when": in_words(occasion)}


def _facts(occasion: Occasion) -> str:
    lines = [_when(occasion)]
    if occasion.place:
        lines.append(_("Where: %(place)s") % {"place": occasion.place})
    if occasion.join_url:
        lines.append(_("Join here: %(url)s") % {"url": occasion.join_url})
    return "\n".join(lines)


def _footer(row: Registration) -> str:
    return _("Your place, the calendar file, and the way to give it back: %(url)s") % {
        "url": page_of(row)
    }


# --- the calendar file ----------------------------------------------------------------------------


def is_off(row: Registration) -> bool:
    """Whether her calendar should let go of it."""
    return row.occasion.cancelled_at is not None or row.state == State.CANCELLED


def calendar_of(row: Registration, occasion: Occasion) -> bytes:
    """The event for her calendar; the same event at every change, with a number that goes up."""
    host = urlsplit(settings.PUBLIC_BASE_URL).hostname or "leadflow"
    event = ics.Event(
        uid=f"event-{occasion.pk}@{host}",
        starts_at=occasion.starts_at,
        ends_at=occasion.ends_at,
        summary=occasion.title,
        stamp=occasion.cancelled_at or row.changed_at,
        sequence=occasion.sequence,
        description="\n\n".join(filter(None, [occasion.description, occasion.join_url])),
        location=occasion.place or occasion.join_url,
        url=page_of(row),
    )
    return ics.calendar(event, method=ics.Method.CANCEL if is_off(row) else ics.Method.PUBLISH)


def tell_many(ids: Iterable[int]) -> None:
    """Tell the people of these events how they stand now."""
    rows: Sequence[Occasion] = list(Occasion.objects.filter(pk__in=set(ids)).order_by("pk"))
    for row in rows:
        tell(row, at=clock.now())
