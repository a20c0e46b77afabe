"""Exports that no spreadsheet runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.web.csv import STARTERS, cell, guarded, lines, restored


@pytest.mark.parametrize("start", STARTERS)
def test_no_cell_starts_a_formula(start):
    assert guarded(f"{start}cmd|'/C calc'!A0").startswith("'")


@given(st.text(max_size=30))
def test_what_comes_back_in_is_what_went_out(text):
    assert restored(guarded(text)) == text


@given(st.text(max_size=30))
def test_whatever_the_text_the_cell_is_harmless(text):
    assert not guarded(text).startswith(STARTERS)


def test_figures_stay_figures():
    assert cell(-5) == -5


def test_a_line_is_quoted_and_the_file_starts_with_its_mark():
    head, row = lines(["name", "say"], [["Zoë", 'a "b", c']])

    assert head.startswith("\ufeff")
    assert row == 'Zoë,"a ""b"", c"\r\n'
