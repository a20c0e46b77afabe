"""Who gets a place at an event that takes only so many: pure arithmetic, first come, first served."""

from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """What somebody who registers is told."""

    PLACE = "registered"
    WAIT = "waiting"
    FULL = "turned_away"


@dataclass(frozen=True, slots=True)
class Hall:
    """How an event is filled. `capacity` None takes everybody."""

    capacity: int | None
    taken: int = 0
    waiting: int = 0
    has_waiting_list: bool = False

    @property
    def free(self) -> int | None:
        """The places that nobody has; None where there is no limit. Never below zero: a marketer may
        make a hall smaller than it is filled, and nobody loses her place by that."""
        return None if self.capacity is None else max(0, self.capacity - self.taken)

    @property
    def moving_up(self) -> int:
        """How many of those who wait have a place now, the longest waiting first."""
        return self.waiting if self.free is None else min(self.waiting, self.free)

    @property
    def is_full(self) -> bool:
        """Whether the next to come gets no place. Who waits goes before who comes."""
        return self.free is not None and self.free <= self.waiting

    def answer(self) -> Answer:
        """What the next to register gets."""
        if not self.is_full:
            return Answer.PLACE
        return Answer.WAIT if self.has_waiting_list else Answer.FULL
