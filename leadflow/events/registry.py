"""Who reacts to what: the installed table of leadflow/lifecycle.py, checked."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured

from leadflow.events.kinds import Kind
from leadflow.events.models import Event

Handler = Callable[[Sequence[Event]], None]
H = TypeVar("H", bound=Callable[..., None])
ALL = "*"

_installed: dict[str, list[Handler]] = {}


def history_safe(handler: H) -> H:
    """Let imported facts reach this handler: it only computes, it starts nothing and tells nobody."""
    handler.history_safe = True  # type: ignore[attr-defined]
    return handler


def is_history_safe(handler: Handler) -> bool:
    """Whether imported facts may reach it."""
    return bool(getattr(handler, "history_safe", False))


def once_a_batch(handler: H) -> H:
    """Call this handler once for all that a batch of the relay says, after the handlers of each step.

    For one that looks at how its leads stand now: which facts led there does not matter to it.
    """
    handler.once_a_batch = True  # type: ignore[attr-defined]
    return handler


def is_once_a_batch(handler: Handler) -> bool:
    """Whether it is called once a batch, and not for each kind of fact in turn."""
    return bool(getattr(handler, "once_a_batch", False))


def name_of(handler: Handler) -> str:
    """The dotted name by which failures and the flow page know a handler."""
    return f"{handler.__module__}.{handler.__qualname__}"


def faults(reactions: Mapping[str, Sequence[Handler]]) -> list[str]:
    """What is wrong with a table of reactions, in sentences."""
    found: list[str] = []
    for kind, handlers in reactions.items():
        if kind != ALL and kind not in set(Kind):
            found.append(f"{kind} is not a kind of event.")
        names = [name_of(handler) for handler in handlers]
        found += [f"{n} stands twice under {kind}." for n in set(names) if names.count(n) > 1]
        found += [
            f"{name_of(handler)} does not take one batch of events."
            for handler in handlers
            if len(inspect.signature(handler).parameters) != 1
        ]
    return found


def install(reactions: Mapping[str, Sequence[Handler]]) -> None:
    """Make this the table that the relay works by; called once, when the product starts."""
    wrong = faults(reactions)
    if wrong:
        raise ImproperlyConfigured("leadflow/lifecycle.py: " + " ".join(wrong))
    _installed.clear()
    _installed.update({str(kind): list(handlers) for kind, handlers in reactions.items()})


def reactions() -> dict[str, list[Handler]]:
    """The installed table."""
    return dict(_installed)


def handlers_of(kind: str, origin: str) -> list[Handler]:
    """Those that react to a kind, in order; imported facts reach only the history-safe ones."""
    every = chain(_installed.get(kind, []), _installed.get(ALL, []))
    return [h for h in every if origin != "import" or is_history_safe(h)]


@contextmanager
def reacting(reactions: Mapping[str, Sequence[Handler]]) -> Iterator[None]:
    """Work by another table for a while; for tests and rehearsals."""
    before = dict(_installed)
    install(reactions)
    try:
        yield
    finally:
        _installed.clear()
        _installed.update(before)
