"""Nine months of a made-up business, told through the product's own services with passed-in times.

Week by week people come by, the relay reacts, reps answer, mails go out, deals move. So the demo proves
the flow: what it shows is what the product did.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from django.db import connection

from leadflow.demo import (
    arrivals,
    bargaining,
    branching,
    buyers,
    buying,
    campaigns,
    casting,
    comparing,
    desks,
    diary,
    digging,
    files,
    gates,
    gatherings,
    habits,
    letters,
    magnets,
    mailing,
    offering,
    phoning,
    planning,
    postbox,
    providers,
    reminding,
    selling,
    shelf,
    showing,
    talking,
    targets,
    visiting,
    writing,
)
from leadflow.demo.cast import Cast
from leadflow.demo.telling import WEEK, Story
from leadflow.events import registry, relay
from leadflow.insights import rollups
from leadflow.insights.handlers import roll_up
from leadflow.kit.remembering import remembering
from pipeline.services import chances

LAST_MINUTE = 8  # so many people ask in the last hour: the hand-overs that wait for an answer


def tell(
    cast: Cast, *, leads: int, start: datetime, end: datetime, say: Callable[[str], None]
) -> None:
    """Live through the months from `start` to `end` with about so many leads."""
    story = Story(cast, Random(20_260_101), start, end, say)  # noqa: S311  the same demo every time
    late = min(LAST_MINUTE, leads // 8)
    first = start.replace(hour=0, minute=0, second=0, microsecond=0)
    mondays = [first + WEEK * n for n in range((end - first) // WEEK + 1)]
    with registry.reacting(_all_but_counting()), remembering():
        for week, monday in enumerate(mondays):
            arrivals.expect(story, monday, _share(leads - late, week, len(mondays)))
            if monday == mondays[-1]:
                arrivals.expect_now(story, late)
            live(story, monday)
            if week % 8 == 0:
                _count_rows()
                say(f"  {monday:%B %Y}: {story.count} leads")
        _count_rows()
        files.price_list(story)
        offering.tell(story)
        buying.tell(story)
        buyers.tell(story)
        buyers.share(story)
        buyers.compete(story)
        desks.plan_ahead(story)
        diary.tell(story)
        gates.put_up(story)
        letters.mark_segments(cast.marketer, end)
        branching.think_again(cast.marketer, end)
        magnets.tell(story)
        visiting.tell(story)
        campaigns.tell(cast, start=start, end=end)
        casting.tell(story)
        planning.tell(story, mailing.tell(cast, end=end))
        shelf.tell(cast, start=start, end=end)
        magnets.hand_over(story)
        talking.tell(story)
        bargaining.tell(story)
        showing.tell(story)
        comparing.tell(story)
        gatherings.tell(cast, end=end)
        postbox.tell(cast, end=end)
        writing.tell(story)
        reminding.tell(story)
        providers.tell(story)
        files.cards(story)
        files.address_book(story)
        digging.tell(story)
        phoning.tell(story)
        relay.run()
        habits.tell(cast.marketer, end)
        relay.run()
    chances.recompute(at=end)
    rollups.rebuild()


def _count_rows() -> None:
    """Tell the planner what is there by now: nothing else does, in a transaction that has not ended.

    Tables that it takes for empty are read from end to end, with every version that rows ever had.
    """
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _all_but_counting() -> dict[str, list[registry.Handler]]:
    """Every reaction but the sums of the numbers: counted once at the end, they are the same."""
    every = registry.reactions().items()
    return {kind: [one for one in some if one is not roll_up] for kind, some in every}


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
    if arrivals.confirm(sunday):
        relay.run()
    if selling.answer(story, sunday):
        relay.run()
    letters.go_out(monday, sunday)
    selling.talk(story, monday)
    selling.push(story, monday)
    selling.sell_again(story, monday)
    letters.are_read(story.dice, monday, sunday)
    letters.decide(sunday)
    if sunday < story.end:
        selling.let_expire(sunday - timedelta(days=1))
    relay.run()
    targets.live(story, sunday)
