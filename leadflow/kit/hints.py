"""Hints to other processes, saved up while much is done in a row.

A hint only says "look": the database says what is due, and ticks look anyway. Whoever works through
thousands of rows would give one with every commit; saved up, one of each kind goes out at the end, and the
ticks read what is there meanwhile; spaced out, the first goes at once and few follow. A process that dies before gives none, which costs one tick.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

Send = Callable[[], None]

_saved: ContextVar[dict[str, Send] | None] = ContextVar("saved", default=None)
_spaced: ContextVar["_Spaced | None"] = ContextVar("spaced", default=None)
_needless: ContextVar[str] = ContextVar("needless", default="")


def give(name: str, send: Send) -> None:
    """Send a hint, or note that it is to be sent when the bulk of the work is done."""
    saved, spaced = _saved.get(), _spaced.get()
    if name == _needless.get():
        return
    if saved is not None:
        saved[name] = send
    elif spaced is None or spaced.is_time(name):
        send()
    else:
        spaced.held[name] = send


@contextmanager
def saved_up(*, within: float | None = None) -> Iterator[None]:
    """Save hints up until the block ends, each kind once; none where it took longer than `within` seconds,
    for work that nobody waits for: ticks have come meanwhile, and the next one reads the rest. A block
    within another ends with the outer one."""
    if _saved.get() is not None:
        yield
        return
    saved: dict[str, Send] = {}
    token, begun = _saved.set(saved), time.monotonic()
    try:
        yield
    finally:
        _saved.reset(token)
        is_late = within is not None and time.monotonic() - begun > within
        for send in () if is_late else saved.values():
            send()


@dataclass
class _Spaced:
    """When each kind was given last, and what is held back since."""

    every: float
    given: dict[str, float] = field(default_factory=dict)
    held: dict[str, Send] = field(default_factory=dict)

    def is_time(self, name: str) -> bool:
        """Whether one may go out now; then it counts as given, with those held back before."""
        now = time.monotonic()
        if now - self.given.get(name, -math.inf) < self.every:
            return False
        self.given[name] = now
        self.held.pop(name, None)
        return True


@contextmanager
def spaced_out(*, every: float) -> Iterator[None]:
    """Give the first hint of each kind at once and the next only after so many seconds; what is held back
    goes out when the block ends. For long work of which somebody waits for the beginning."""
    spaced = _Spaced(every)
    token = _spaced.set(spaced)
    try:
        yield
    finally:
        _spaced.reset(token)
        for name, send in spaced.held.items():
            give(name, send)


@contextmanager
def needless(name: str) -> Iterator[None]:
    """Give no hint of this kind in the block: whoever it would wake is at work in it."""
    token = _needless.set(name)
    try:
        yield
    finally:
        _needless.reset(token)
