"""Who takes text messages out: one interface, and the one that keeps them here.

A provider is a class with `send`, registered under a name by whoever installs it; `TEXT_VIA` names the one
in use. Without one nothing leaves: what would have left is kept and can be read.
"""

from collections.abc import Callable
from typing import Protocol

from django.conf import settings

LOCAL = "local"


class Refused(Exception):
    """The carrier will not take this message; the words say why."""


class CarrierDown(Exception):
    """Nothing was handed over: all messages wait and are tried again later."""


class Carrier(Protocol):
    """Hands over one message at a time."""

    def send(self, *, channel: str, to: str, words: str, key: str) -> str:
        """Hand it over; the carrier's own id of it. `key` is the same for the same message.

        Raises Refused, or CarrierDown where nothing left. Anything else it raises says that nobody knows:
        the message is uncertain, and is not sent again.
        """


class Local:
    """Keeps them here: for trying out, for tests, and for whoever has no provider."""

    def send(self, *, channel: str, to: str, words: str, key: str) -> str:
        """Nothing leaves."""
        del channel, to, words, key
        return ""


_MAKERS: dict[str, Callable[[], Carrier]] = {LOCAL: Local}


def register(name: str, make: Callable[[], Carrier]) -> None:
    """Make a carrier known; called by apps.py of whoever brings one."""
    _MAKERS[name] = make


def is_local() -> bool:
    """Whether nothing leaves."""
    return (settings.TEXT_VIA or LOCAL) == LOCAL


def chosen() -> tuple[str, Carrier]:
    """(its name, the carrier that the settings name). Raises CarrierDown where there is none of that name."""
    name = settings.TEXT_VIA or LOCAL
    make = _MAKERS.get(name)
    if make is None:
        raise CarrierDown(f"there is no carrier “{name}”")
    return name, make()
