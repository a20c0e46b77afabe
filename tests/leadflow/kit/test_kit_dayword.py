"""A day and a time at the end of a hurried note."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.kit.dayword import hear

NOW = datetime(2026, 5, 6, 11, 20)  # a Wednesday


@pytest.mark.parametrize(
    ("words", "what", "at"),
    [
        ("Call Ann tomorrow 10", "Call Ann", (7, 10, 0)),
        ("Call Ann tomorrow at 9:30", "Call Ann", (7, 9, 30)),
        ("call Ann, today 4pm", "call Ann", (6, 16, 0)),
        ("Send the offer on Friday", "Send the offer", (8, 9, 0)),
        ("Send the offer wed", "Send the offer", (13, 9, 0)),
        ("Ring back in 3 days", "Ring back", (9, 9, 0)),
        ("Ring back in 1 week 12am", "Ring back", (13, 0, 0)),
        ("Plan next week 8.15", "Plan", (11, 8, 15)),
        ("Read it tonight", "Read it", (6, 19, 0)),
    ],
)
def test_the_end_says_when(words, what, at):
    heard = hear(words, now=NOW)

    assert (heard.what, heard.at) == (what, datetime(2026, 5, *at))


@pytest.mark.parametrize(
    "words",
    [
        "Order 10 chairs",
        "Call Ann",
        "tomorrow 10",
        "Ask about the Monday report again",
        "Sunday",
        "",
    ],
)
def test_words_that_name_no_day_at_their_end_stay_whole(words):
    assert hear(words, now=NOW) == hear(words, now=NOW).__class__(words, None)


@given(st.text(max_size=200))
def test_any_text_is_heard_without_an_error(words):
    heard = hear(words, now=NOW)

    assert heard.at is None or heard.what
