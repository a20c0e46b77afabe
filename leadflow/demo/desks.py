"""What lies on the desks when the story ends: some of it late, some due today, the rest ahead."""

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import cycle

from django.utils.timezone import localtime

from leadflow.demo.telling import DEMO, Story
from leadflow.insights import targets
from leadflow.insights.models import Target
from leadflow.kit.periods import add_months
from leadflow.models import Activity, Lead, LeadStage
from leadflow.people.models import User
from leadflow.services import activities, todos
from leadflow.services.todos import Plan
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
    set_targets(story)
    plan_todos(story)
    for boss, subject in (
        (story.cast.manager, "Look at the stuck deals with the team"),
        (story.cast.manager, "Agree on the price for the two large roofs"),
        (story.cast.admin, "Set up the calendar of next year's holidays"),
        (story.cast.admin, "Check who still needs a sign-in"),
        (story.cast.marketer, "Write the invitation to the next webinar"),
        (story.cast.marketer, "Look at the cost per lead of LinkedIn"),
    ):
        _plan(story, turns, boss, ("todo", subject))


def plan_todos(story: Story) -> None:
    """Work that repeats, that matters, and that the manager gave to her reps."""
    boss, morning = story.cast.manager, localtime(story.end).replace(hour=9, minute=0, second=0)
    at = story.end - timedelta(minutes=20)
    for n, rep in enumerate(story.cast.reps):
        weekly = Plan(
            kind="todo", subject="Look through the open offers", repeat="weekly",
            due_at=morning + timedelta(days=1 + n), priority=Activity.Priority.LOW,
        )  # fmt: skip
        todos.add(weekly, owner=rep, by=rep, at=at, origin=DEMO)
        asked = Plan(
            kind="todo", subject="Send me your forecast", due_at=morning + timedelta(days=2),
            priority=Activity.Priority.HIGH, remind=60,
        )  # fmt: skip
        todos.add(asked, owner=rep, words="Two lines are enough", by=boss, at=at, origin=DEMO)


def set_targets(story: Story) -> None:
    """What the manager expects of each rep this month and in the last two."""
    first = targets.month_of(story.end).start_on
    rows = [
        Target(
            user=rep, month=add_months(first, -back), amount=Decimal(180_000 + 20_000 * n), calls=15,
            mails=6, meetings=2,
        )
        for n, rep in enumerate(story.cast.reps)
        for back in range(3)
    ]  # fmt: skip
    targets.set_many(rows=rows, by=story.cast.admin)


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
    morning = localtime(end).replace(hour=9, minute=0, second=0, microsecond=0)
    if when == "late":
        return morning - timedelta(days=dice.randint(1, 3), minutes=-30 * dice.randint(0, 15))
    if when == "today":
        tonight = localtime(end).replace(
            hour=21, minute=30
        )  # also where the office is further east
        due = end + max((tonight - end) * dice.random(), timedelta(minutes=1))
        return due + timedelta(minutes=-localtime(due).minute % 15)  # as people say a time
    return morning + timedelta(days=dice.randint(1, 12), minutes=30 * dice.randint(0, 14))
