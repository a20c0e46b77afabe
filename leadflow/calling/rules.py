"""What follows from a call: pure rules, no database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Outcome(StrEnum):
    """How a call of a list ended, in the order of the keys 1 to 9."""

    INTERESTED = "interested"
    MEETING = "meeting"
    CALL_BACK = "call_back"
    NO_ANSWER = "no_answer"
    VOICEMAIL = "voicemail"
    BUSY = "busy"
    NOT_INTERESTED = "not_interested"
    WRONG_NUMBER = "wrong_number"
    DO_NOT_CALL = "do_not_call"


GOOD = frozenset({Outcome.INTERESTED, Outcome.MEETING})
# the person was not spoken to, or asked for another time: she is called again
AGAIN = frozenset({Outcome.CALL_BACK, Outcome.NO_ANSWER, Outcome.VOICEMAIL, Outcome.BUSY})
# she was on the line
SPOKEN = GOOD | {Outcome.CALL_BACK, Outcome.NOT_INTERESTED, Outcome.DO_NOT_CALL}
UNREACHABLE = "unreachable"  # why a lead leaves the road after the last try


class State(StrEnum):
    """Where a person of a list stands."""

    WAITING = "waiting"
    DONE = "done"
    SPENT = "spent"


@dataclass(frozen=True)
class Policy:
    """At most `tries` calls within `days` days of the first, `pause` hours apart."""

    tries: int
    days: int
    pause: int


@dataclass(frozen=True)
class Then:
    """The state after a call, and from when she may be called again."""

    state: State
    next_at: datetime | None = None


def after(
    policy: Policy,
    outcome: Outcome,
    *,
    tries: int,
    first_at: datetime,
    at: datetime,
    asked_for: datetime | None = None,
) -> Then:
    """What follows from the `tries`-th call, which ended so at `at`; the first was at `first_at`.

    A time that she asked for holds, however often and since when she has been called.
    """
    if outcome not in AGAIN:
        return Then(State.DONE)
    if outcome == Outcome.CALL_BACK and asked_for:
        return Then(State.WAITING, asked_for)
    again = at + timedelta(hours=policy.pause)
    if tries >= policy.tries or again > first_at + timedelta(days=policy.days):
        return Then(State.SPENT)
    return Then(State.WAITING, again)
