from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.kit import best_times

MONDAY, SATURDAY = "2026-11-30", "2026-12-05"


def at(day, time):
    return datetime.fromisoformat(f"{day}T{time}")


@pytest.mark.parametrize(
    ("words", "inside", "outside"),
    [
        ("Mornings", "11:59", "12:00"),
        ("in the morning", "08:00", "07:59"),
        ("afternoon or evening", "20:30", "11:00"),
        ("9-12", "09:00", "12:00"),
        ("9:30 – 11:15", "11:14", "09:29"),
        ("between 9 and 12", "10:00", "13:00"),
        ("2-4 pm", "14:00", "02:30"),
        ("10am to 2pm", "13:59", "14:00"),
        ("after 5 pm", "17:00", "16:59"),
        ("before 10", "09:59", "10:00"),
        ("weekdays 14:00-17:00", "16:00", "09:00"),
        ("Mon-Fri 9-12", "09:00", "08:00"),
        ("9-12 Mon to Wed", "09:00", "13:00"),
    ],
)
def test_words_of_people_say_when(words, inside, outside):
    assert best_times.holds(words, at(MONDAY, inside)) is True
    assert best_times.holds(words, at(MONDAY, outside)) is False


@pytest.mark.parametrize("words", ["weekdays", "Mon-Fri", "Tuesdays or Monday", "Monday morning"])
def test_days_that_are_not_named_are_outside(words):
    assert best_times.holds(words, at(MONDAY, "09:00")) is True
    assert best_times.holds(words, at(SATURDAY, "09:00")) is False


def test_each_day_keeps_the_times_that_stand_with_it():
    words = "Mon 9-12, Sat 14-16"

    assert best_times.holds(words, at(MONDAY, "10:00")) is True
    assert best_times.holds(words, at(SATURDAY, "10:00")) is False
    assert best_times.holds(words, at(SATURDAY, "15:00")) is True


def test_a_span_over_midnight_goes_on_the_next_morning():
    assert best_times.holds("Mon 22:00-02:00", at("2026-12-01", "01:00")) is True
    assert best_times.holds("Mon 22:00-02:00", at(MONDAY, "01:00")) is False


def test_any_time_is_always_right():
    assert best_times.holds("any time", at(SATURDAY, "03:00")) is True


@pytest.mark.parametrize(
    "words",
    [
        "",
        "when the kids sleep",
        "not before 10",
        "25-26",
        "mondays with luck",
        "13 pm-14 pm",
        "9-9",
    ],
)
def test_what_cannot_be_read_warns_nobody(words):
    assert best_times.holds(words, at(MONDAY, "10:00")) is None


@given(st.text(max_size=200))
def test_no_words_break_it(words):
    best_times.holds(words, at(MONDAY, "10:00"))


@given(st.integers(0, 23), st.integers(1, 24), st.integers(0, 1439))
def test_a_written_span_holds_exactly_its_minutes(start, end, minute):
    if start >= end:
        return
    there = at(MONDAY, f"{minute // 60:02}:{minute % 60:02}")

    assert best_times.holds(f"{start}:00-{end}:00", there) is (start * 60 <= minute < end * 60)
