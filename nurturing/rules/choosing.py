"""Which way of a split, or which subject of a broadcast, did better: one look, at a time that was fixed
before. No Django, no database."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from leadflow.kit import stats

Tally = tuple[int, int]  # people to whom it worked, people it was tried on
_REST = "rest"


def subject_of(broadcast: int, lead: int, *, subjects: int, share: int) -> int | None:
    """The place of the subject that is tried on this person; None where she is of the rest. The same
    people always, and `share` of a hundred shared out evenly among the subjects."""
    weights = {str(place): share / subjects for place in range(subjects)}
    drawn = stats.shared_out(f"broadcast:{broadcast}", str(lead), {**weights, _REST: 100 - share})
    return None if drawn == _REST else int(drawn)


def may_decide(
    sent: Mapping[str, Tally], began_at: datetime | None, hours: int, least: int, at: datetime
) -> bool:
    """Whether it is time to look: so long after the first person came, and everybody's way was tried on
    enough people. There is one look: whoever looks every day until it suits finds a winner in noise."""
    long_enough = began_at is not None and at >= began_at + timedelta(hours=hours)
    return long_enough and all(trials >= least for _good, trials in sent.values())


def winner(tallies: Mapping[str, Tally]) -> str:
    """The way that did better than each other one by more than chance explains (95 %, Newcombe's
    intervals, widened for the number of comparisons); empty where none did."""
    best = max(sorted(tallies), key=lambda way: _rate(tallies[way]))
    others = [tally for way, tally in tallies.items() if way != best]
    return best if all(_is_above(tallies[best], one, len(others)) for one in others) else ""


def _rate(tally: Tally) -> float:
    good, trials = tally
    return good / trials if trials else 0.0


# Standard normal quantiles for 95 % shared among one, two and three comparisons.
_Z = {1: 1.959964, 2: 2.241403, 3: 2.393980}


def _is_above(one: Tally, other: Tally, comparisons: int) -> bool:
    low, _high = stats.newcombe(other, one, _Z[comparisons])
    return low > 0
