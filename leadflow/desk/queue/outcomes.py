"""How a call or a meeting went, what that suggests next, and the times that something can be put off to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from leadflow.calendars import hours
from leadflow.calendars.models import MeetingType
from leadflow.calendars.selectors import hours_of
from leadflow.models import Activity, Lead
from leadflow.people.models import User
from leadflow.services.outcomes import (
    MISSED,
    NO_ANSWER,
    OF_MEETINGS,
    OUTCOMES,
    REACHED,
    VOICEMAIL,
    WRONG_NUMBER,
)

UNANSWERED = (NO_ANSWER, VOICEMAIL)
TRIES = 5  # calls in vain before a lead is better returned or recycled


@dataclass(frozen=True)
class Suggestion:
    """The next step that an outcome suggests; `words` says why, the person decides."""

    kind: str
    subject: str
    due_at: datetime
    words: str = ""


def of(activity: Activity | None) -> Mapping[str, str | Promise]:
    """What can be said of how it went: a meeting was held or not, anything else is told as a call."""
    meets = activity and activity.kind in MeetingType.Kind.values
    return OF_MEETINGS if meets else OUTCOMES


def tries_of(lead: Lead) -> int:
    """Calls in vain since somebody reached her last."""
    calls = Activity.objects.filter(lead=lead, kind=Activity.Kind.CALL)
    reached = calls.filter(outcome=REACHED).aggregate(last=Max("done_at"))["last"]
    missed = calls.filter(outcome__in=UNANSWERED)
    return (missed.filter(done_at__gt=reached) if reached else missed).count()


def suggest(outcome: str, lead: Lead, user: User, at: datetime) -> Suggestion:
    """What to plan after a call or a meeting that went so."""
    if outcome == MISSED:
        return Suggestion(Activity.Kind.CALL, _("Offer another time"), later(user, at)["hour"])
    if outcome == WRONG_NUMBER:
        due = later(user, at)["hour"]
        return Suggestion(Activity.Kind.TODO, _("Find the right number"), due)
    if outcome in UNANSWERED:
        tries = tries_of(lead)
        words = (
            _("Tried %(n)d of %(most)d times. Another hour of the day often helps.")
            if tries < TRIES
            else _("Tried %(n)d times in vain. Think about returning the lead.")
        ) % {"n": tries, "most": TRIES}
        return Suggestion(
            Activity.Kind.CALL, _("Call again"), _other_hour(later(user, at)["tomorrow"], at), words
        )
    return Suggestion(Activity.Kind.TODO, _("Follow up"), later(user, at)["tomorrow"])


def _other_hour(morning: datetime, at: datetime) -> datetime:
    """In the afternoon where the call in vain was in the morning, and the other way round."""
    return morning + timedelta(hours=5) if localtime(at).hour < 12 else morning


def later(user: User, at: datetime) -> dict[str, datetime]:
    """When she is at work again: in an hour, on the next day, in the next week."""
    mine = hours_of([user], at=at)[user.pk]
    midnight = localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    begins = {
        "hour": at + timedelta(hours=1),
        "tomorrow": midnight + timedelta(days=1),
        "week": midnight + timedelta(days=7 - midnight.weekday()),
    }
    # hours that never open count as always open, or a row could never come back
    return {
        name: hours.next_opening(mine, start) or max(start, start.replace(hour=9))
        for name, start in begins.items()
    }
