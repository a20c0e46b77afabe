"""The companies that sales of the demo works as a whole."""

from datetime import datetime

from leadflow.demo.telling import DEMO, WEEK, Story
from leadflow.models import Company
from leadflow.services import accounts, companies

BEGAN = WEEK * 10  # before the end: so long is it known what each scored
_TIERS = (("1", 4), ("2", 6), ("3", 8))


def live(story: Story, sunday: datetime) -> None:
    """In the last weeks there are targets, and what each scores is kept."""
    if sunday < story.end - BEGAN:
        return
    if not Company.objects.filter(origin=DEMO).exclude(tier="").exists():
        choose(story, sunday)
    accounts.keep_scores(on=sunday.date())


def choose(story: Story, at: datetime) -> None:
    """The largest are targets, and the first have an owner."""
    known = Company.objects.living().filter(origin=DEMO, size__isnull=False)
    largest = list(known.order_by("-size", "pk")[: sum(count for _tier, count in _TIERS)])
    for number, company in enumerate(largest[: len(story.cast.reps) * 2]):
        owner = story.cast.reps[number % len(story.cast.reps)]
        companies.update(
            company, values={"owner": owner}, by=story.cast.manager, at=at, origin=DEMO
        )
    first = 0
    for tier, count in _TIERS:
        ids = [company.pk for company in largest[first : first + count]]
        companies.set_tier_many(ids=ids, tier=tier, by=story.cast.marketer, at=at, origin=DEMO)
        first += count
