"""What the stage does when something happened elsewhere."""

from collections.abc import Sequence
from datetime import datetime

from capture.services import (
    booking,
    following,
    incentives,
    invitations,
    later,
    letters,
    notices,
    promises,
    readings,
    registrations,
    submissions,
    trials,
    visits,
)
from leadflow.assets import content
from leadflow.assets.models import ContentItem
from leadflow.events.models import Event
from leadflow.events.registry import history_safe

_SEEING = frozenset({"page.viewed", "file.downloaded", "mail.clicked"})


@history_safe
def follow_merged_leads(events: Sequence[Event]) -> None:
    """Move the answers of a lead that was merged into another to the one that stays."""
    for event in events:
        loser = event.data.get("merged") or event.data.get("loser")
        if loser and event.lead_id:
            submissions.move(from_lead=int(loser), to_lead=event.lead_id)
            visits.move(from_lead=int(loser), to_lead=event.lead_id)
            registrations.move(from_lead=int(loser), to_lead=event.lead_id)


def place_in_funnel(events: Sequence[Event]) -> None:
    """A form that speaks to a part of the funnel says how far down its leads are."""
    following.place(int(event.data["submission"]) for event in events)


def fill_company(events: Sequence[Event]) -> None:
    """The answer about the company's size fills the company, where nothing was known."""
    following.fill_company(int(event.data["submission"]) for event in events)


def tell_people(events: Sequence[Event]) -> None:
    """Tell the people whom the form names that somebody sent it."""
    notices.tell(int(event.data["submission"]) for event in events)


def join_visits(events: Sequence[Event]) -> None:
    """The visits of a browser that agreed to be known belong to the person who sent a form from it."""
    ids = [int(event.data["submission"]) for event in events]
    visits.join(ids)
    readings.of_answers(ids)


def place_readers(events: Sequence[Event]) -> None:
    """What she read says how far down the funnel she is."""
    since: dict[int, datetime] = {}
    for event in events:
        if event.lead_id and event.data.get("kind") in _SEEING:
            at = event.occurred_at
            since[event.lead_id] = min(since.get(event.lead_id, at), at)
    readings.place(since)


def gather_readings(events: Sequence[Event]) -> None:
    """An item of the library came, or moved to another address: find who saw its page."""
    for event in events:
        if event.subject_type != content.SUBJECT:
            continue
        field = str(event.data.get("name", "")).partition(".")[2]  # none in the fact of a new one
        item = ContentItem.objects.filter(pk=event.subject_id or 0).first()
        if item is not None and not field:
            readings.gather(item)
        elif item is not None and field == "place":
            readings.gather_anew(item)


def keep_promises(events: Sequence[Event]) -> None:
    """Send what the form promised: the report, the files, the marketer's words."""
    promises.fulfil(int(event.data["submission"]) for event in events)


def give_offers(events: Sequence[Event]) -> None:
    """Give what the form offers to who sent it, and send it to her."""
    incentives.give_many(int(event.data["submission"]) for event in events)


def register_guests(events: Sequence[Event]) -> None:
    """Give a place at the form's event to whoever the door could not give one at once."""
    registrations.register_many(int(event.data["submission"]) for event in events)


def begin_trials(events: Sequence[Event]) -> None:
    """Note that a trial began, where the form begins one."""
    trials.begin_many(int(event.data["submission"]) for event in events)


def tell_guests(events: Sequence[Event]) -> None:
    """The event changed or is off: tell the people who have a place."""
    invitations.tell_many(int(event.data["occasion"]) for event in events)


def book_times(events: Sequence[Event]) -> None:
    """Book the time that an answer chose, where that was not done with it: it waited, or looked like spam."""
    booking.book_all(int(event.data["submission"]) for event in events)


def go_on_confirmed(events: Sequence[Event]) -> None:
    """Her mailbox confirmed the consent of a form: what waited for that goes on."""
    waited = promises.go_on(int(event.data.get("consent") or 0) for event in events)
    incentives.give_many(waited)


def take_in(events: Sequence[Event]) -> None:
    """Mail of somebody whom nobody knows becomes a lead."""
    by = {int(event.data["mail"]): event.actor_id for event in events if not event.lead_id}
    letters.take_in(by)


def remind_unfinished(events: Sequence[Event]) -> None:
    """Write once to who asked to be reminded of the form that she began."""
    later.remind(int(event.data["unfinished"]) for event in events)
