"""What lies on the desks when the story ends: some of it late, some due today, the rest ahead."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import cycle

from django.utils.timezone import localtime

from leadflow.demo.telling import DEMO, Story
from leadflow.models import Lead, LeadStage
from leadflow.people.models import User
from leadflow.services import activities
from pipeline.models import Deal

_FOR_LEADS = (
    ("call", "Call about the offer"), ("todo", "Send the roof report"), ("meeting", "Site survey"),
    ("call", "Ask who else decides"),
)  # fmt: skip
_FOR_DEALS = (
    ("meeting", "Walk over the roof"), ("todo", "Send the proposal"), ("call", "Go through the price"),
    ("todo", "Ask the grid operator"), ("call", "Ask for the signature"),
)  # fmt: skip
# Each person's work in turn; None has nothing planned.
_WHEN = ("late", "today", "ahead", "ahead", "today", "ahead", None, "ahead", "late", "ahead")


def plan_ahead(story: Story) -> None:
    """Plan the next step of the people and deals in work, in turn per owner."""
    turns: Counter[int] = Counter()
    deals = Deal.objects.living().open().exclude(owner=None).select_related("owner", "lead")
    kinds = cycle(_FOR_DEALS)
    for deal in deals.order_by("pk"):
        _plan(story, turns, deal.owner, next(kinds), lead=deal.lead, subject_ref=deal.ref)
    working = Lead.objects.living().active().in_stage(LeadStage.SAL, LeadStage.SQL)
    kinds = cycle(_FOR_LEADS)
    for lead in working.exclude(owner=None).select_related("owner").order_by("pk"):
        _plan(story, turns, lead.owner, next(kinds), lead=lead)
    for boss, subject in (
        (story.cast.manager, "Look at the stuck deals with the team"),
        (story.cast.manager, "Agree on the price for the two large roofs"),
        (story.cast.admin, "Set up the calendar of next year's holidays"),
        (story.cast.admin, "Check who still needs a sign-in"),
        (story.cast.marketer, "Write the invitation to the next webinar"),
        (story.cast.marketer, "Look at the cost per lead of LinkedIn"),
    ):
        _plan(story, turns, boss, ("todo", subject))


def _plan(
    story: Story,
    turns: Counter[int],
    owner: User | None,
    what: tuple[str, str],
    lead: Lead | None = None,
    subject_ref: str = "",
) -> None:
    if owner is None:
        return
    when = _WHEN[turns[owner.pk] % len(_WHEN)]
    turns[owner.pk] += 1
    if when is None:
        return
    kind, subject = what
    activities.plan(
        kind=kind, subject=subject, lead=lead, owner=owner, due_at=_due(story, when), by=owner,
        at=story.end - timedelta(minutes=30), subject_ref=subject_ref, origin=DEMO,
    )  # fmt: skip


def _due(story: Story, when: str) -> datetime:
    dice, end = story.dice, story.end
    if when == "late":
        return end - timedelta(hours=dice.randint(2, 70))
    if when == "today":
        tonight = localtime(end).replace(hour=23, minute=30)
        return end + max((tonight - end) * dice.random(), timedelta(minutes=1))
    morning = localtime(end).replace(hour=9, minute=0, second=0, microsecond=0)
    return morning + timedelta(days=dice.randint(1, 12), minutes=30 * dice.randint(0, 14))
