"""Calendar files, read back by the parser of another hand."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from leadflow.kit.ics import Event, Method, Person, calendar, media_type

AT = datetime(2026, 3, 29, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))


def event(**told):
    return Event(
        **{
            "uid": "b-1@crm.example",
            "starts_at": AT,
            "ends_at": AT + timedelta(minutes=30),
            "summary": "Demo",
            "stamp": datetime(2026, 3, 1, tzinfo=UTC),
            **told,
        }
    )


def read(data: bytes):
    book = Calendar.from_ical(data)
    return book, next(iter(book.walk("VEVENT")))


def test_times_stand_in_utc():
    data = calendar(event())

    assert b"DTSTART:20260329T073000Z\r\n" in data
    assert b"DTEND:20260329T080000Z\r\n" in data
    assert b"TZID" not in data


def test_a_moved_event_keeps_its_uid_and_counts_up():
    _book, first = read(calendar(event(), method=Method.REQUEST))
    _book, moved = read(calendar(event(sequence=3), method=Method.REQUEST))

    assert first["uid"] == moved["uid"] == "b-1@crm.example"
    assert (first["sequence"], moved["sequence"]) == (0, 3)


def test_a_cancellation_says_so_twice():
    book, row = read(calendar(event(sequence=1), method=Method.CANCEL))

    assert book["method"] == "CANCEL"
    assert row["status"] == "CANCELLED"
    assert media_type(Method.CANCEL) == "text/calendar; charset=utf-8; method=CANCEL"


def test_organizer_and_attendee_are_mailboxes_with_names():
    _book, row = read(
        calendar(
            event(
                organizer=Person("mia@x.example", 'Mia "M" Ola'),
                attendees=(Person("lea@y.example", "Léa; Roux, CEO"),),
            )
        )
    )

    assert row["organizer"] == "mailto:mia@x.example"
    assert row["organizer"].params["CN"] == "Mia 'M' Ola"
    assert row["attendee"].params["CN"] == "Léa; Roux, CEO"


def test_several_events_share_one_file():
    data = calendar(event(), event(uid="b-2@crm.example"))

    assert data.count(b"BEGIN:VEVENT") == 2
    assert data.count(b"BEGIN:VCALENDAR") == 1


@pytest.mark.parametrize(
    "told",
    [{"starts_at": AT.replace(tzinfo=None)}, {"ends_at": AT - timedelta(minutes=1)}],
)
def test_a_time_without_zone_or_an_end_before_the_start_is_refused(told):
    with pytest.raises((ValueError, TypeError)):
        calendar(event(**told))


@given(
    words=st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200),
    name=st.text(max_size=60),
)
def test_nobodys_words_add_a_line_to_the_file(words, name):
    data = calendar(
        event(summary=words, location="\r\nBEGIN:VALARM", attendees=(Person("a@b.example", name),))
    )

    _book, row = read(data)
    assert str(row.get("summary", "")) == words
    assert b"\r\nBEGIN:VALARM" not in data
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
