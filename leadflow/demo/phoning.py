"""The demo's call list: made some days ago, called on since, and not done yet."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle

from django.db.models import Q
from django.utils.timezone import localtime

from leadflow.calling import services
from leadflow.calling.models import CallList, Outcome
from leadflow.demo.telling import DEMO, Story
from leadflow.mail import personal
from leadflow.mail.models import Delivery
from leadflow.models import Activity, Lead, LeadStage
from leadflow.people.models import User
from leadflow.services import activities

NAME = "Storage before the winter"
_SCRIPT = (
    "Good day, this is … from Brightwell. May I ask two things about your roof?\n\n"
    "1. How much of what you need do you need at night?\n"
    "2. Who decides about a storage, and by when?\n\n"
    "Whoever wants numbers gets the yield report within a week. Whoever has no time: when may we call again?"
)
_MOST, _SILENT = 26, 4  # people with a number, and without
_DAYS, _TURNS = 5, 3
# how the calls ended in turn, and what was said
_SAID: tuple[tuple[str, str], ...] = (
    ("no_answer", ""),
    ("interested", "Has two halls, wants to see numbers first."),
    ("voicemail", "Left our number."),
    ("call_back", "In a meeting until noon."),
    ("no_answer", ""),
    ("not_interested", "Rents the hall, the landlord says no."),
    ("busy", ""),
    ("meeting", "We walk over the roof together."),
    ("no_answer", ""),
    ("wrong_number", "The number is that of the bakery next door."),
    ("voicemail", ""),
    ("call_back", "Asks for the time after the audit."),
    ("do_not_call", "Wants mail and no calls."),
    ("interested", "Pays for 640 MWh a year, half of it at night."),
)


def tell(story: Story) -> None:
    """Make the list and call for it on the weekdays since, with tries left for those who were not reached."""
    callers = story.cast.reps[:2]
    begin = localtime(story.end).replace(hour=10, minute=0, second=0, microsecond=0)
    begin -= timedelta(days=_DAYS)
    ids = _people(callers, begin)
    if not ids:
        return
    values = {
        "name": NAME, "script": _SCRIPT, "tries": 2, "days": 14, "pause": 20, "ending": "recycle",
        "from_hour": 9, "to_hour": 18,
    }  # fmt: skip
    made = services.create(
        values=values, callers=callers, lead_ids=ids, by=story.cast.manager, at=begin, origin=DEMO
    )
    said = cycle(_SAID)
    for turn in range(_DAYS * _TURNS):
        at = begin + timedelta(days=turn // _TURNS, minutes=12 * (turn % _TURNS))
        for n, caller in enumerate(callers):
            _call(made, caller, said, at + timedelta(minutes=3 * n), story.end)


def _people(callers: list[User], before: datetime) -> list[int]:
    """Customers, and people with whom nobody has a deal or writes letters yet; the newest first."""
    written_to = Delivery.objects.filter(key__startswith=personal.KEY, lead__isnull=False)
    rows = Lead.objects.living().active().exclude(stage=LeadStage.OPPORTUNITY)
    rows = rows.filter(Q(owner=None) | Q(owner__in=callers), origin=DEMO, created_at__lt=before)
    rows = rows.exclude(pk__in=written_to.values("lead"))
    ids = rows.order_by("-created_at", "pk").values_list("pk", flat=True)
    return [*ids.exclude(phone="")[:_MOST], *ids.filter(phone="")[:_SILENT]]


def _call(
    made: CallList, by: User, said: Iterator[tuple[str, str]], at: datetime, end: datetime
) -> None:
    """One person is called, where somebody can be."""
    held = services.claim(made, by=by, at=at) if at < end - timedelta(minutes=10) else None
    if held is None:
        return
    outcome, words = next(said)
    over = at + timedelta(minutes=2)
    again = _morning(end, 1) if outcome == Outcome.CALL_BACK else None
    services.say(held, outcome, words=words, asked_for=again, by=by, at=over)
    if outcome == Outcome.MEETING:
        activities.plan(
            kind=Activity.Kind.MEETING, subject="Walk over the roof", lead=held.lead, owner=by,
            due_at=_morning(end, 3), by=by, at=over, origin=DEMO,
        )  # fmt: skip


def _morning(end: datetime, days: int) -> datetime:
    day = localtime(end) + timedelta(days=days)
    return day.replace(hour=10, minute=30, second=0, microsecond=0)


def remove() -> None:
    """Take the list away, with what was said on it."""
    CallList.objects.filter(origin=DEMO).delete()
