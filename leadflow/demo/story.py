"""Nine months of a made-up business, told through the product's own services with passed-in times.

Week by week people come by, the relay reacts, reps answer, mails go out, deals move. So the demo proves
the flow: what it shows is what the product did.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from leadflow.demo import arrivals, desks, letters, selling
from leadflow.demo.cast import Cast
from leadflow.demo.telling import WEEK, Story
from leadflow.events import relay
from leadflow.insights import rollups

LAST_MINUTE = 8  # so many people ask in the last hour: the hand-overs that wait for an answer


def tell(
    cast: Cast, *, leads: int, start: datetime, end: datetime, say: Callable[[str], None]
) -> None:
    """Live through the months from `start` to `end` with about so many leads."""
    story = Story(cast, Random(20_260_101), start, end, say)  # noqa: S311  the same demo every time
    late = min(LAST_MINUTE, leads // 8)
    first = start.replace(hour=0, minute=0, second=0, microsecond=0)
    mondays = [first + WEEK * n for n in range((end - first) // WEEK + 1)]
    for week, monday in enumerate(mondays):
        arrivals.expect(story, monday, _share(leads - late, week, len(mondays)))
        if monday == mondays[-1]:
            arrivals.expect_now(story, late)
        live(story, monday)
        if week % 8 == 0:
            say(f"  {monday:%B %Y}: {story.count} leads")
    desks.plan_ahead(story)
    letters.mark_segments(cast.marketer, end)
    relay.run()
    rollups.catch_up()


def _share(leads: int, week: int, weeks: int) -> int:
    """How many of the leads come in this week: the business grows, twice as many at the end."""

    def until(n: int) -> int:
        done = n / weeks
        return round(leads * (2 * done + done * done) / 3)

    return until(week + 1) - until(week)


def live(story: Story, monday: datetime) -> None:
    """One week: visitors, answers, mails, talks and deals, with the product's reactions between."""
    sunday = min(monday + WEEK, story.end)
    arrivals.come(story, sunday)
    relay.run()
    if selling.answer(story, sunday):
        relay.run()
    letters.go_out(monday, sunday)
    selling.talk(story, monday)
    selling.push(story, monday)
    selling.sell_again(story, monday)
    letters.are_read(story.dice, monday, sunday)
    if sunday < story.end:
        selling.let_expire(sunday - timedelta(days=1))
    relay.run()
