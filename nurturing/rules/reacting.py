"""When a rule that reacts must stop: pure, no Django, no database."""

from collections.abc import Sequence
from datetime import datetime, timedelta

MOST_HOPS = 5  # facts that may lead to one another before a rule no longer reacts
DAY = timedelta(days=1)
MOST_A_DAY = 10  # reactions of one rule to one record


def too_often(reactions: Sequence[datetime], at: datetime) -> bool:
    """Whether a rule reacted to one record so often within a day that only a circle explains it."""
    return sum(at - DAY < one <= at for one in reactions) >= MOST_A_DAY


def comes_back(is_own: bool, reactions: Sequence[datetime], at: datetime) -> bool:
    """Whether a fact that the rule itself led to would make it react to the same record again today."""
    return is_own and any(at - DAY < one <= at for one in reactions)
