from hypothesis import given
from hypothesis import strategies as st

from leadflow.kit import text


def test_control_characters_go_and_line_breaks_stay():
    assert text.clean("a\x00b\r\nc\x1b[31m\td\u202e") == "ab\nc[31m\td"


def test_a_name_keeps_its_capitals_and_loses_its_odd_spaces():
    assert text.name("  Zoë \t\n van   der\u00a0Berg ") == "Zoë van der Berg"


def test_decomposed_letters_become_one():
    assert text.name("Zoe\u0308") == "Zoë"


def test_search_text_forgets_case_and_accents():
    assert text.search_text("Müller", None, "ÉCOLE  Straße") == "muller ecole strasse"


def test_truncation_prefers_the_gap_between_words():
    assert text.truncate("Quarterly review of the pipeline", 22) == "Quarterly review of…"
    assert text.truncate("short", 22) == "short"
    assert text.truncate("Donaudampfschifffahrt", 10) == "Donaudamp…"
    assert text.truncate("anything", 1) == "a"


@given(st.text(max_size=200), st.integers(0, 50))
def test_truncation_never_exceeds_its_length(value, length):
    assert len(text.truncate(value, length)) <= length


@given(st.text(max_size=200))
def test_normalising_twice_changes_nothing(value):
    assert text.name(text.name(value)) == text.name(value)
    assert text.search_text(text.search_text(value)) == text.search_text(value)
    assert "\x00" not in text.clean(value)
