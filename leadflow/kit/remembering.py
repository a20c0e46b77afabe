"""Answers that hold for a while: asked once, then remembered until the block ends.

The organisation, its own fields and the rules in force are asked for by everything that handles a lead.
Inside `remembering()` a question marked `remembered` is put to the database once. Outside of it every
question is asked, so nobody meets an old answer who did not say that nothing changes meanwhile.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_answers: ContextVar[dict[Hashable, Any] | None] = ContextVar("answers", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Remember answers until the block ends; what one thread remembers no other sees."""
    if _answers.get() is not None:  # the outer block remembers longer
        yield
        return
    token = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(token)


def remembered(question: Callable[P, R]) -> Callable[P, R]:
    """Let the answers of this function be remembered; whoever gets one must not change it."""

    @wraps(question)
    def ask(*args: P.args, **more: P.kwargs) -> R:
        known = _answers.get()
        if known is None:
            return question(*args, **more)
        key = (question, args, tuple(sorted(more.items())) if more else ())
        if key not in known:
            known[key] = question(*args, **more)
        answer: R = known[key]
        return answer

    return ask
