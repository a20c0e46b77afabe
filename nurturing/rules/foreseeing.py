"""What would come if somebody entered now: her walk with its times. No Django, no database.

Nothing that people do is made up: a wait for a to-do is told as the latest time, and what a branch asks
is answered by whoever calls, from what is true today.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from leadflow.calendars.hours import Hours
from nurturing.rules import timing
from nurturing.rules.walking import Step, Tree, ends_walk

_MOST = 200  # steps of one walk; a tree has far fewer


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one person: her hours, her mails of late, the ways that she would go, her dates."""

    hours: Hours
    seed: int
    sent: Sequence[datetime] = ()
    ways: Mapping[str, str] = field(default_factory=dict)
    days: Mapping[str, date | None] = field(default_factory=dict)
    caps: timing.Caps = timing.CAPS
    fresh: timedelta = timing.FRESH
    rests_until: datetime | None = None  # no mail before, because hers came back lately


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A step of the walk and when it would be taken; `is_latest` where something she or an owner does
    may bring it about earlier. `is_left_out` is a mail that would come too late to make sense."""

    step: Step
    at: datetime
    way: str = ""
    is_latest: bool = False
    is_left_out: bool = False
    waits_until: datetime | None = None


def foresee(
    tree: Tree,
    known: Known,
    at: datetime,
    *,
    start: str = "",
    mails: int = 0,
    within: timedelta | None = None,
) -> list[Foreseen]:
    """The walk of somebody who stands at `start` (the first step where none is told) at that moment.

    It ends with the last step, after so many `mails`, with the first step later than `within`, or before a
    branch of which nobody knows which way she goes.
    """
    found: list[Foreseen] = []
    sent, now, latest = list(known.sent), at, False
    step = tree.find(start or tree.first)
    while step is not None and len(found) < _MOST:
        step_id = str(step["id"])
        if step["type"] in ("condition", "split") and step_id not in known.ways:
            break
        one = _taken(step, known, sent, now, latest)
        if within is not None and one.at - at > within:
            break
        found.append(one)
        now, latest = one.waits_until or one.at, latest or _may_be_sooner(step)
        if mails_in([one]):
            sent.append(one.at)
        if ends_walk(step) or (mails and len(mails_in(found)) >= mails):
            break
        way = known.ways.get(step_id, "")
        step = tree.find(tree.into(step_id, way) if way else tree.following(step_id))
    return found


def mails_in(walk: Sequence[Foreseen]) -> list[Foreseen]:
    """The mails of a walk that would leave by themselves; not those that an owner sends."""
    return [
        one
        for one in walk
        if one.step["type"] == "email" and not one.is_left_out and not one.step.get("manual")
    ]


def _may_be_sooner(step: Step) -> bool:
    return step["type"] == "wait_until" and step.get("until") == "todo"


def _taken(
    step: Step, known: Known, sent: Sequence[datetime], now: datetime, latest: bool
) -> Foreseen:
    match step["type"]:
        case "wait" | "wait_until":
            end = max(now, _ends(step, known, now))
            return Foreseen(step, now, is_latest=latest, waits_until=end)
        case "email" if not step.get("manual"):
            due = max(now, known.rests_until or now)
            moment = timing.mail_time(due, known.hours, sent, known.seed, known.caps, known.fresh)
            left_out = moment is None
            return Foreseen(step, moment or now, is_latest=latest, is_left_out=left_out)
    return Foreseen(step, now, way=known.ways.get(str(step["id"]), ""), is_latest=latest)


def _ends(step: Step, known: Known, now: datetime) -> datetime:
    if step["type"] == "wait":
        return timing.wait_ends(step, now, known.hours)
    match step.get("until"):
        case "hour":
            return timing.until_hour(step, now, known.hours.zone)
        case "date_field":
            day = known.days.get(str(step["id"]))
            return timing.until_day(step, day, known.hours.zone) if day else now
    return now + timedelta(days=int(step["most_days"]))


def most_in_a_week(moments: Sequence[datetime]) -> int:
    """The most of these mails that fall into any seven days."""
    ordered = sorted(moments)
    return max(
        (sum(one <= other < one + timing.WEEK for other in ordered) for one in ordered), default=0
    )
