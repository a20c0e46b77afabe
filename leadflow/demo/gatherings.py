"""The demo's events: a webinar that is over, with who came, and one to come, full, with a waiting list."""

from datetime import datetime, timedelta

from capture.models import Occasion, Registration
from capture.services import attendance, forms, invitations, occasions, registrations
from leadflow.demo.cast import Cast
from leadflow.kit import clock
from leadflow.models import Campaign, Lead, Organisation, Origin

State = Registration.State
PAST, NEXT = "What a roof earns in ten years", "Your roof, your numbers: live"
CAME, MISSED = 22, 13
PLACES, WAITING = 12, 4


def tell(cast: Cast, *, end: datetime) -> None:
    """Make them as they stand at the end; the people of the demo register and come."""
    people = Lead.objects.filter(origin=Origin.DEMO, merged_into=None).exclude(email="")
    guests = list(people.order_by("-created_at", "-pk")[: CAME + MISSED + PLACES + WAITING])
    _past(cast, guests[: CAME + MISSED], end)
    _next(cast, guests[CAME + MISSED :], end)


def _occasion(title: str, cast: Cast, starts: datetime, capacity: int | None) -> Occasion:
    local = starts.replace(minute=0, second=0, microsecond=0)
    values = {
        "title": title,
        "kind": Occasion.Kind.WEBINAR,
        "starts_at": local,
        "ends_at": local + timedelta(minutes=45),
        "time_zone": Organisation.current().time_zone,
        "join_url": "https://meet.brightwell.example/roofs",
        "host": cast.marketer,
        "capacity": capacity,
        "campaign": Campaign.objects.filter(name="Solar for food producers").first(),
        "topic": "roofs",
        "points": 10,
        "description": "A case with its numbers, and your questions answered live.",
    }
    return occasions.plan(values=values, by=cast.marketer, origin=Origin.DEMO)


def _seats(occasion: Occasion, guests: list[Lead], asked: datetime) -> list[Registration]:
    hall = occasion.capacity
    rows = [
        Registration(
            occasion=occasion,
            lead=lead,
            state=State.REGISTERED if hall is None or place < hall else State.WAITING,
            asked_at=asked + timedelta(hours=place),
            changed_at=asked + timedelta(hours=place),
            origin=Origin.DEMO,
        )
        for place, lead in enumerate(guests)
    ]
    made = Registration.objects.bulk_create(rows)
    seated = [row for row in made if row.state == State.REGISTERED]
    registrations.note(seated, "event.registered", occasion, at=asked)
    return made


def _past(cast: Cast, guests: list[Lead], end: datetime) -> None:
    occasion = _occasion(PAST, cast, end - timedelta(days=6), None)
    made = _seats(occasion, guests, end - timedelta(days=16))
    came = [row.pk for row in made[:CAME]]
    attendance.mark(occasion=occasion, ids=came, came=True, by=cast.marketer)
    attendance.close(occasion=occasion, by=cast.marketer)


def _next(cast: Cast, guests: list[Lead], end: datetime) -> None:
    occasion = _occasion(NEXT, cast, end + timedelta(days=6), PLACES)
    form = forms.create(
        name=NEXT, by=cast.marketer, start="webinar", occasion=occasion, origin=Origin.DEMO
    )
    if occasion.starts_at > clock.now():  # a story told of another year leaves it a draft
        forms.publish(form=form, by=cast.marketer)
    for row in _seats(occasion, guests, end - timedelta(days=2)):
        invitations.welcome(row, occasion, at=end)


def remove() -> None:
    """Take them away again; one for which somebody of her own registered stays."""
    Occasion.objects.filter(origin=Origin.DEMO, registrations=None).delete()
