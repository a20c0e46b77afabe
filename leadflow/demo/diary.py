"""What visitors of the demo booked: meetings that were held, missed, moved and called off, and those to come."""

from datetime import datetime, timedelta
from itertools import cycle
from random import Random

from leadflow.calendars import arranging, bookings, selectors
from leadflow.calendars.models import Booking, MeetingType
from leadflow.demo.telling import DEMO, Story
from leadflow.models import Lead, LeadStage
from leadflow.people.models import User
from leadflow.services import activities

_TYPES = (
    {
        "name": "Twenty minutes about your roof",
        "slug": "roof-call",
        "kind": MeetingType.Kind.DISCOVERY,
        "words": "We look at your roof from above while we talk, and you know what fits on it.",
        "minutes": 20,
        "after": 10,
    },
    {
        "name": "See the yield of your roof",
        "slug": "roof-demo",
        "kind": MeetingType.Kind.DEMO,
        "words": "The numbers of your own roof, hour by hour over a year.",
        "place": MeetingType.Place.LINK,
        "place_details": "https://meet.brightwell.example/roofs",
        "minutes": 45,
        "before": 15,
        "after": 15,
        "per_day": 4,
    },
)
_NOTES = (
    "We have two halls, one of them is new.", "", "Please bring the case of the cold store.", "",
    "My colleague from finance joins us.", "Can we speak about storage too?", "",
)  # fmt: skip
_PAST = (
    "held", "held", "missed", "held", "cancelled", "held", "moved", "held", "missed", "held",
)  # fmt: skip
_BREATH = timedelta(hours=3)  # nothing is booked so close to the end of the story
_AHEAD = ("booked", "booked", "cancelled", "booked", "moved", "booked", "booked", "booked")


def tell(story: Story) -> None:
    """Two meeting types, and what was made of each booking."""
    dice = Random(13)  # noqa: S311  a story, no secret
    types = [_type(values, story.cast.reps, story.cast.admin) for values in _TYPES]
    guests = _guests(dice, story.end)
    for number, (fate, lead) in enumerate(zip((*_PAST, *_AHEAD), cycle(guests), strict=False)):
        meeting, ago = types[number % len(types)], len(_PAST) - number
        if ago > 0:
            at = story.end - timedelta(days=2 * ago + 2)
            window = at + timedelta(hours=12), min(at + timedelta(days=9), story.end - _BREATH)
        else:
            at = story.end - timedelta(hours=30 + ago)
            window = story.end + _BREATH, story.end + timedelta(days=9)
        if _has_enough(lead, meeting, at):
            continue
        free = [*selectors.free_slots(meeting, window, at=at)]
        if starts := dice.sample(free, min(2, len(free))):
            booking = _book(meeting, lead, starts[0], number, at)
            _go_on(booking, fate, at, starts[-1])


def _has_enough(lead: Lead, meeting: MeetingType, at: datetime) -> bool:
    """In a small story guests come round again; nobody books more of one kind than she may."""
    ahead = Booking.objects.standing().filter(meeting_type=meeting, lead=lead, starts_at__gt=at)
    return ahead.count() >= bookings.MOST_AHEAD


def _type(values: dict[str, object], reps: list[User], by: User) -> MeetingType:
    row = MeetingType(origin=DEMO)
    return arranging.save_meeting_type(row=row, values=values, hosts=reps, by=by)


def _guests(dice: Random, end: datetime) -> list[Lead]:
    """People in talks since before they booked, in no order."""
    people = Lead.objects.living().active().filter(created_at__lt=end - timedelta(days=24))
    rows = people.in_stage(LeadStage.SAL, LeadStage.SQL, LeadStage.OPPORTUNITY)
    found = list(rows.exclude(owner=None).exclude(email="").order_by("pk"))
    dice.shuffle(found)
    return found


def _book(meeting: MeetingType, lead: Lead, start: datetime, number: int, at: datetime) -> Booking:
    guest = bookings.Guest(
        name=lead.name, email=lead.email, note=_NOTES[number % len(_NOTES)], zone="Europe/Amsterdam"
    )
    return bookings.book(
        meeting=meeting, lead=lead, starts_at=start, guest=guest, key=f"demo:{number}", at=at,
        origin=DEMO,
    )  # fmt: skip


def _go_on(booking: Booking, fate: str, at: datetime, other: datetime) -> None:
    """What became of it; `other` is the time that the visitor would have taken else."""
    over = booking.starts_at + booking.meeting_type.length
    if fate == "cancelled":
        bookings.cancel(booking=booking, at=at + timedelta(hours=3))
    elif fate == "moved":
        bookings.move(booking=booking, starts_at=other, at=at + timedelta(hours=2))
    elif fate == "missed":
        bookings.miss(booking=booking, by=booking.host, at=over)
    elif fate == "held" and booking.activity:
        activities.complete(booking.activity, by=booking.host, outcome="held", at=over)


def remove() -> None:
    """Take them away again; a meeting type that a visitor of her own booked stays, and is hers."""
    Booking.objects.filter(origin=DEMO).delete()
    ours = MeetingType.objects.filter(origin=DEMO)
    ours.filter(bookings=None).delete()
    ours.update(origin=MeetingType._meta.get_field("origin").default)
