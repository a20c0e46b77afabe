"""Calendar files (RFC 5545): one event as invitation, as its change, or as its cancellation.

A calendar knows an event by its UID and believes the copy with the highest sequence number, so a file
for a moved or cancelled event carries the same UID and a number that went up. Times stand in UTC:
each calendar shows them in its own zone, and no zone table travels along.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from icalendar import Calendar, vCalAddress, vText
from icalendar import Event as _Event


class Method(StrEnum):
    """What the receiver is to do with the file."""

    PUBLISH = "PUBLISH"  # here is an event; nobody expects an answer
    REQUEST = "REQUEST"  # you are invited
    CANCEL = "CANCEL"  # it does not take place


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a mailbox."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of a calendar. `stamp` is when this state of it was written."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    summary: str
    stamp: datetime
    sequence: int = 0
    description: str = ""
    location: str = ""
    url: str = ""
    organizer: Person | None = None
    attendees: tuple[Person, ...] = ()


def calendar(*events: Event, method: Method = Method.PUBLISH) -> bytes:
    """The file of these events. ValueError for a time without zone or an end before its start."""
    book = Calendar()
    book.add("prodid", "-//LeadFlow//EN")
    book.add("version", "2.0")
    book.add("calscale", "GREGORIAN")
    book.add("method", method.value)
    for event in events:
        book.add_component(_written(event, method))
    data: bytes = book.to_ical()
    return data


def media_type(method: Method = Method.PUBLISH) -> str:
    """As a download and as a part of a mail; mail programs read the method here."""
    return f"text/calendar; charset=utf-8; method={method.value}"


def _written(event: Event, method: Method) -> _Event:
    if event.ends_at < event.starts_at:
        raise ValueError("an event ends after it starts")
    row = _Event()
    row.add("uid", event.uid)
    row.add("sequence", event.sequence)
    row.add("dtstamp", _utc(event.stamp))
    row.add("dtstart", _utc(event.starts_at))
    row.add("dtend", _utc(event.ends_at))
    row.add("summary", event.summary)
    row.add("status", "CANCELLED" if method == Method.CANCEL else "CONFIRMED")
    for name in ("description", "location", "url"):
        if words := getattr(event, name):
            row.add(name, words)
    if event.organizer:
        row.add("organizer", _address(event.organizer), encode=False)
    for person in event.attendees:
        row.add("attendee", _attendee(person), encode=False)
    return row


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a time of an event has a zone")
    return at.astimezone(UTC)


def _address(person: Person) -> vCalAddress:
    address = vCalAddress(f"mailto:{person.email}")
    if person.name:
        address.params["CN"] = vText(_parameter(person.name))
    return address


def _attendee(person: Person) -> vCalAddress:
    address = _address(person)
    address.params["ROLE"] = vText("REQ-PARTICIPANT")
    address.params["PARTSTAT"] = vText("ACCEPTED")
    return address


def _parameter(words: str) -> str:
    """The grammar has no way to write a double quote or a control character into a parameter."""
    return "".join("'" if sign == '"' else sign for sign in words if sign.isprintable())
