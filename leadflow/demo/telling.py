"""What the tellers of the story share: its people and things, its dice, and how far it has come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from leadflow.calendars import hours
from leadflow.calendars.hours import Hours
from leadflow.calendars.selectors import organisation_hours
from leadflow.demo.cast import Cast
from leadflow.demo.names import Person
from leadflow.models import Origin, Source

T = TypeVar("T")

DEMO = Origin.DEMO
WEEK = timedelta(days=7)
_DAYS = [20, 22, 20, 18, 12, 4, 4]  # how many people of a hundred come on each day of a week


@dataclass(frozen=True, order=True)
class Visit:
    """Somebody will send a form."""

    at: datetime
    number: int  # breaks the tie, so that people are never compared
    person: Person = field(compare=False)
    form: str = field(compare=False)
    source: Source = field(compare=False)
    is_first: bool = field(compare=False, default=True)


@dataclass
class Story:
    """The state of the telling."""

    cast: Cast
    dice: Random
    start: datetime
    end: datetime
    say: Callable[[str], None]
    office: Hours = field(default_factory=organisation_hours)
    count: int = 0
    coming: list[Visit] = field(default_factory=list)
    pace: dict[int, float] = field(default_factory=dict)  # deal -> chance to move in a week

    def some_time(self, monday: datetime) -> datetime:
        """A moment of the week at which people look at websites, before the end of the story."""
        when = monday + timedelta(days=self.dice.choices(range(7), _DAYS)[0])
        when += timedelta(hours=self.dice.randint(6, 18), minutes=self.dice.randint(0, 59))
        return min(when, self.end - timedelta(minutes=self.dice.randint(5, 600)))

    def at_work(self, monday: datetime, last_day: int = 4) -> datetime:
        """A moment of the week at which reps work, before the end of the story."""
        when = monday + timedelta(days=self.dice.randint(0, last_day))
        when += timedelta(hours=self.dice.randint(7, 15), minutes=self.dice.randint(0, 59))
        return min(when, self.end - timedelta(minutes=self.dice.randint(5, 200)))

    def soon(self, after: datetime, minutes: int) -> datetime:
        """So many minutes of office hours after a moment."""
        return hours.add(self.office, after, timedelta(minutes=minutes))

    def pick(self, weighted: Sequence[tuple[T, int]]) -> T:
        """One of the things, the heavier the likelier."""
        return self.dice.choices([one for one, _n in weighted], [n for _one, n in weighted])[0]
