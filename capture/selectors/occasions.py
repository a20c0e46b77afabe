"""What is asked of events: how they are filled, who comes, what visitors are shown."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _t

from capture.models import WITH_A_PLACE, Occasion, Registration
from capture.models.occasions import OccasionQuerySet
from capture.rules.places import Hall
from leadflow.people.models import User

State = Registration.State
_MOMENT = "l, j F Y, H:i"
FEW = 10  # places left from which visitors are told how many


@dataclass(frozen=True, slots=True)
class Shown:
    """An event as visitors of its form see it."""

    occasion: Occasion
    when: str
    left: int | None  # places, where they are few
    will_wait: bool  # who registers now goes on the waiting list

    @property
    def stamp(self) -> str:
        """Changes with every word of it, for pages that are kept ready."""
        row = self.occasion
        return f"{row.pk}:{row.sequence}:{row.title}:{self.when}:{row.place}:{self.left}:{self.will_wait}"


def hall_of(occasion: Occasion) -> Hall:
    """How it is filled now. Who is to decide by it holds the event's row."""
    rows = Registration.objects.filter(occasion=occasion).order_by()
    counts = rows.aggregate(
        taken=Count("pk", filter=Q(state__in=WITH_A_PLACE)),
        waiting=Count("pk", filter=Q(state=State.WAITING)),
    )
    return occasion.hall(**counts)


def shown(pk: int) -> Shown | None:
    """What the form shows of its event; None for one that is gone."""
    occasion = Occasion.objects.filter(pk=pk).first()
    if occasion is None:
        return None
    if occasion.capacity is None:
        return Shown(occasion, in_words(occasion), None, will_wait=False)
    hall = hall_of(occasion)
    free = 0 if hall.is_full else (hall.free or 0) - hall.waiting
    left = free if 0 < free <= FEW else None
    return Shown(occasion, in_words(occasion), left, will_wait=hall.is_full)


def why_closed(pk: int, at: datetime, *, asks: bool) -> str | None:
    """Why nobody can register now; None while one can.

    Who only asks (`asks`) is also told that it is full; who sent answers is heard, and told then.
    """
    occasion = Occasion.objects.filter(pk=pk).first()
    if occasion is None:
        return None
    words = {"title": occasion.title}
    if occasion.cancelled_at is not None:
        return _t("“%(title)s” does not take place.") % words
    if at >= occasion.ends_at:
        return _t("“%(title)s” is over.") % words
    if at >= occasion.starts_at:
        return _t("“%(title)s” has begun. Registration is closed.") % words
    if asks and not occasion.has_waiting_list and hall_of(occasion).is_full:
        return _t("“%(title)s” is full.") % words
    return None


def in_words(occasion: Occasion) -> str:
    """When it is, by the clock on its wall: Thursday, 3 December 2026, 10:00 – 11:00 (Europe/Berlin)."""
    starts, ends = occasion.starts_here, occasion.ends_here
    is_one_day = ends.date() == starts.date()
    last = date_format(ends, "H:i" if is_one_day else _MOMENT)
    return f"{date_format(starts, _MOMENT)} – {last} ({occasion.time_zone.replace('_', ' ')})"


# --- for the people who work here -----------------------------------------------------------------


def occasions_of(user: User) -> OccasionQuerySet:
    """Every event with its figures: places taken, waiting, attended, missed, new leads."""

    def counted(*states: str) -> Count:
        return Count("registrations", filter=Q(registrations__state__in=states))

    return (
        Occasion.objects.visible_to(user)
        .annotate(
            taken=counted(*WITH_A_PLACE),
            waiting=counted(State.WAITING),
            turned_away=counted(State.TURNED_AWAY),
            cancelled=counted(State.CANCELLED),
            attended=counted(State.ATTENDED),
            missed=counted(State.MISSED),
            new_leads=Count("registrations", filter=Q(registrations__made_lead=True)),
        )
        .annotate(judged=F("attended") + F("missed"))
        .select_related("campaign", "host")
    )


def people_of(occasion: Occasion, user: User, state: str = "") -> QuerySet[Registration]:
    """The registrations that this person may see, of one state where one is named."""
    rows = Registration.objects.visible_to(user).filter(occasion=occasion)
    if state in State.values:
        rows = rows.filter(state=state)
    return rows.select_related("lead__company", "lead__owner")


def told_when_cancelled(occasion: Occasion) -> int:
    """How many people a cancellation writes to."""
    rows = Registration.objects.filter(
        occasion=occasion, state__in=[State.REGISTERED, State.WAITING]
    )
    return rows.count()


def show_rate(attended: int, judged: int) -> float | None:
    """Of those of whom it is known, how many came; None while it is known of nobody."""
    return attended / judged if judged else None
