"""The ways out: a delivery goes by the name of one, which is looked up here.

A name is a family, or a family and which one of it: `smtp`, `mailbox:12`. Each name has its own
circuit breaker (`models.Transport`), so one server that is down holds up nobody else's mail.
"""

from collections.abc import Callable
from typing import Protocol

from django.conf import settings

from leadflow.mail import provider, smtp
from leadflow.mail.models import OUTBOX, SMTP, Delivery
from leadflow.models import Origin


class Session(Protocol):
    """An open connection that hands over one message at a time."""

    handed_over: int

    @property
    def is_usable(self) -> bool:
        """Whether another message may go over it."""

    def announce(
        self, following: smtp.Envelope | None, before_waiting: Callable[[], None] | None
    ) -> None:
        """What comes behind the next message, and what is to be done rather than wait before its text."""

    def is_ahead(self, envelope: smtp.Envelope | None) -> bool:
        """Whether the envelope of that message was sent along with the message before it."""

    def hand_over(
        self, sender: str, recipient: str, message: bytes, begin: Callable[[], int | None]
    ) -> smtp.Result:
        """Send one message; `begin` is called at the last moment and may refuse by returning None."""

    def goodbye(self) -> None:
        """End it; never fails."""


Open = Callable[[], Session]  # raises smtp.TransportDown where nobody answers
PROVIDER = "provider"  # an HTTP API that django-anymail knows: `provider:postmark`
_FAMILIES: dict[str, Callable[[str], Open | None]] = {}


class NoSuchWay(LookupError):
    """A delivery names a way out that is not there any more."""


def register(family: str, find: Callable[[str], Open | None]) -> None:
    """Make a family of ways known: `find` gets what stands behind the colon of a name, and gives what
    opens a session, or None where there is no such way. Called by apps.py of whoever owns it."""
    _FAMILIES[family] = find


def way(name: str) -> Open:
    """What opens a session of this name. Raises NoSuchWay."""
    family, _colon, which = name.partition(":")
    found = _FAMILIES[family](which) if family in _FAMILIES else None
    if found is None:
        raise NoSuchWay(name)
    return found


def usual(kind: str) -> str:
    """The way that mail of a kind goes by, where it names none itself."""
    marketing = kind == Delivery.Kind.MARKETING
    chosen: str = settings.MAIL_VIA_MARKETING if marketing else settings.MAIL_VIA_ESSENTIAL
    return chosen or (SMTP if settings.SMTP_HOST else OUTBOX)


def of(delivery: Delivery) -> str:
    """The way that a delivery goes by: demo mail stays here, whatever is set."""
    if delivery.origin == Origin.DEMO:
        return OUTBOX
    return delivery.via or usual(delivery.kind)


register(SMTP, lambda _which: smtp.connect)
register(PROVIDER, provider.find)
