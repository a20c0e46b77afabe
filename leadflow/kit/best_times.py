"""When somebody likes to be reached, read out of the words in which people say it.

"Mornings", "Mon-Fri 9-12", "after 5 pm", "Tuesday or Thursday afternoon". What cannot be read is
told as it stands, and nobody is warned by a guess.
"""

import re
from dataclasses import dataclass
from datetime import datetime

Span = tuple[int, int]  # from which minute of a day until before which
Said = frozenset[int] | Span  # days of the week, or times of the day

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEK, _END, _ALL = frozenset(range(5)), frozenset({5, 6}), frozenset(range(7))
_NOON, _MIDNIGHT = 12 * 60, 24 * 60
_PARTS = {
    "morning": (8 * 60, _NOON),
    "midday": (11 * 60 + 30, 14 * 60),
    "noon": (11 * 60 + 30, 14 * 60),
    "lunchtime": (11 * 60 + 30, 14 * 60),
    "afternoon": (_NOON, 17 * 60),
    "evening": (17 * 60, 21 * 60),
}
_SETS = {"weekday": _WEEK, "workday": _WEEK, "weekend": _END, "daily": _ALL, "everyday": _ALL}
_FILLERS = frozenset({
    "and", "or", "on", "in", "the", "at", "between", "from", "best", "only", "please", "usually", "mostly",
    "around", "about", "time", "times", "to", "o'clock", "oclock", "early", "late", "call", "me", "ok", "fine",
})  # fmt: skip
_TIME = r"(\d{1,2})(?:[:.h](\d\d))?\s*(am|pm|a\.m\.|p\.m\.|h|uhr)?"
_SPAN = re.compile(rf"{_TIME}\s*(?:-|to|until|till|and)\s*{_TIME}(?![\w:])")
_EDGE = re.compile(rf"(after|from|before|until|till)\s+{_TIME}(?![\w:])")
_DAY = "(mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_DAY_SPAN = re.compile(rf"{_DAY}\s*(?:-|to|through)\s*{_DAY}\b")
_WORD = re.compile(r"[a-z'][a-z'.]*")
_GAP = re.compile(r"[\s,;&/+()]+")
_ANY = frozenset({"any", "anytime", "always", "daily", "everyday"})
_FULL_DAYS = frozenset({
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "tues", "weds", "thur", "thurs",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Window:
    """Days of the week (Monday is 0), and from which minute of the day until before which."""

    days: frozenset[int]
    start: int = 0
    end: int = _MIDNIGHT

    def holds(self, there: datetime) -> bool:
        """Whether a moment on her own clock is inside; one over midnight belongs to its first day."""
        minute, day = there.hour * 60 + there.minute, there.weekday()
        if self.start < self.end:
            return day in self.days and self.start <= minute < self.end
        late = day in self.days and minute >= self.start
        return late or ((day - 1) % 7 in self.days and minute < self.end)


def holds(words: str, there: datetime) -> bool | None:
    """Whether that moment on her own clock is one of the times said; None where nothing can be read."""
    windows = read(words)
    return any(one.holds(there) for one in windows) if windows else None


def read(words: str) -> tuple[Window, ...]:
    """The windows that the words name; none where a part of them is not understood."""
    rest = words.lower().replace("–", "-").replace("—", "-").strip()[:120]
    found: list[Said] = []
    while rest:
        token = _next(rest)
        if token is None:
            return ()
        length, value = token
        if value is not None:
            found.append(value)
        rest = rest[length:]
    return _windows(found)


def _next(rest: str) -> tuple[int, Said | None] | None:
    """How many signs the next part takes and what it says; None where it is not known."""
    if gap := _GAP.match(rest):
        return gap.end(), None
    if span := _DAY_SPAN.match(rest):
        if not all(
            _is_day(word)
            for word in re.findall(r"[a-z]+", span[0])
            if word not in ("to", "through")
        ):
            return None
        first, last = _DAYS.index(span[1]), _DAYS.index(span[2])
        days = frozenset((first + n) % 7 for n in range((last - first) % 7 + 1))
        return span.end(), days
    if span := _EDGE.match(rest):
        minute = _minute(*span.groups()[1:])
        return None if minute is None else (span.end(), _edge(span[1], minute))
    if span := _SPAN.match(rest):
        times = _span(span.groups())
        return None if times is None else (span.end(), times)
    if word := _WORD.match(rest):
        return _said(word[0], word.end())
    return None


def _said(word: str, length: int) -> tuple[int, Said | None] | None:
    if word in _ANY:
        return length, _ALL
    if word in _FILLERS:
        return length, None
    if _is_day(word):
        return length, frozenset({_DAYS.index(word[:3])})
    single = word.removesuffix("s")
    if single in _SETS:
        return length, _SETS[single]
    if single in _PARTS:
        return length, _PARTS[single]
    return None


def _is_day(word: str) -> bool:
    return word in _DAYS or word in _FULL_DAYS or word.removesuffix("s") in _FULL_DAYS


def _span(told: tuple[str | None, ...]) -> Span | None:
    """From when until when: "2-4 pm" is the afternoon at both ends."""
    hour, minutes, half, *last = told
    end = _minute(*last)
    start = _minute(hour, minutes, half)
    if start is None or end is None:
        return None
    if not half and last[2] and start < _NOON <= end and start + _NOON < end:
        start += _NOON
    return None if start == end else (start, end)


def _edge(word: str, minute: int) -> Span:
    return (minute, _MIDNIGHT) if word in {"after", "from"} else (0, minute)


def _minute(hour: str | None, minutes: str | None, half: str | None) -> int | None:
    number, past = int(hour or 0), int(minutes or 0)
    said = (half or "").replace(".", "")
    if said in {"am", "pm"}:
        if not 1 <= number <= 12:
            return None
        number = number % 12 + (12 if said == "pm" else 0)
    return None if number > 24 or past > 59 or (number == 24 and past) else number * 60 + past


def _windows(found: list[Said]) -> tuple[Window, ...]:
    """Days and times that stand together belong together; days without a time are whole days."""
    groups: list[tuple[set[int], list[Span]]] = []
    had_time = False
    for value in found:
        is_time = isinstance(value, tuple)
        if not groups or (had_time and not is_time and groups[-1][0]):
            groups.append((set(), []))
        days, times = groups[-1]
        if isinstance(value, tuple):
            times.append(value)
        else:
            days.update(value)
        had_time = is_time
    return tuple(
        Window(frozenset(days or _ALL), *span)
        for days, times in groups
        for span in (times or [(0, _MIDNIGHT)])
    )
