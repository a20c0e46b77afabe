"""A time in the words of a hurried note: "Call Ann tomorrow 10", "mail the offer friday 9:30"."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WORD = (
    r"today|tonight|tomorrow|next week|in (?P<n>\d{1,3}) (?P<unit>day|week)s?|"
    r"(?:on |next )?(?P<day>mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?"
)
_CLOCK = r"(?:at )?(?P<hour>[01]?\d|2[0-3])(?:[:.](?P<minute>[0-5]\d))? ?(?P<half>am|pm)?"
_SAID = re.compile(rf"(?:^|\s)(?P<word>{_WORD})(?:,? {_CLOCK})?\s*$", re.IGNORECASE)
_MORNING, _EVENING = time(9), time(19)


@dataclass(frozen=True)
class Heard:
    """What is to be done, and the wall-clock time; None where no day was named."""

    what: str
    at: datetime | None


def hear(words: str, *, now: datetime) -> Heard:
    """Take a day and a time off the end of `words`; without a time it is nine in the morning.

    `now` is the wall clock of whoever wrote it, without a zone, and so is the answer.
    """
    words = " ".join(words.split())
    found = _SAID.search(words)
    if found is None or not (what := words[: found.start()].strip(" ,")):
        return Heard(words, None)
    return Heard(what, datetime.combine(_day(found, now.date()), _time(found)))


def _day(found: re.Match[str], today: date) -> date:
    word = found["word"].lower()
    if found["n"]:
        return today + timedelta(days=int(found["n"]) * (7 if found["unit"] == "week" else 1))
    if found["day"]:
        number = next(n for n, name in enumerate(_DAYS) if name[:3] == found["day"].lower()[:3])
        return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
    if word == "next week":
        return today + timedelta(days=7 - today.weekday())
    return today + timedelta(days=1 if word == "tomorrow" else 0)


def _time(found: re.Match[str]) -> time:
    if not found["hour"]:
        return _EVENING if found["word"].lower() == "tonight" else _MORNING
    hour, half = int(found["hour"]), (found["half"] or "").lower()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return time(hour, int(found["minute"] or 0))
