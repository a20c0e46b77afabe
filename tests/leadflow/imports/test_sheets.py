"""Corners of workbooks: days, formulas, merged cells, hidden sheets, numbers as text, empty rows."""

import csv
import io
from datetime import date, datetime, time

import pytest
from openpyxl import Workbook

from leadflow.errors import Invalid
from leadflow.imports import workbooks


def a_book(*rows, sheet="People"):
    book = Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    return book


def stored(book):
    file = io.BytesIO()
    book.save(file)
    return file


def lines(book, sheet="People"):
    into = io.BytesIO()
    workbooks.write(stored(book), sheet, into)
    return list(csv.reader(io.StringIO(into.getvalue().decode())))


def test_days_moments_and_times_are_written_plainly():
    book = a_book(
        [date(2026, 3, 2), datetime(2026, 3, 2, 9, 30), datetime(2026, 3, 2), time(9, 30)]
    )

    assert lines(book) == [["2026-03-02", "2026-03-02 09:30:00", "2026-03-02", "09:30:00"]]


def test_days_counted_from_1904_are_the_same_days():
    book = a_book([date(2026, 3, 2)])
    book.epoch = datetime(1904, 1, 1)

    assert lines(book) == [["2026-03-02"]]


def test_a_formula_that_was_never_worked_out_is_blank():
    assert lines(a_book(["=1+1", "kept"])) == [["", "kept"]]


@pytest.mark.parametrize("failed", ["#N/A", "#REF!", "#DIV/0!", "#NAME?", "#VALUE!"])
def test_what_a_formula_failed_to_work_out_is_blank(failed):
    assert lines(a_book([failed, "kept"])) == [["", "kept"]]


def test_words_that_begin_with_a_hash_stay():
    assert lines(a_book(["#1 choice", "#SALES", "#"])) == [["#1 choice", "#SALES", "#"]]


def test_numbers_written_as_text_keep_their_zeros_and_real_ones_lose_nothing():
    book = a_book(["00420", 420.0, 4915112345678, 0.1, 1e20])

    assert lines(book)[0][:4] == ["00420", "420", "4915112345678", "0.1"]


def test_a_merged_cell_says_its_word_once():
    book = a_book(["Name", None, "Email"], ["Ann", "Lee", "a@b.example"])
    book.active.merge_cells("A1:B1")

    assert lines(book) == [["Name", "", "Email"], ["Ann", "Lee", "a@b.example"]]


def test_empty_rows_keep_their_number():
    book = a_book(["Email"], [], [None], ["a@b.example"])

    assert lines(book) == [["Email"], [], [], ["a@b.example"]]


def test_hidden_sheets_are_not_offered():
    book = a_book(["Email"])
    for title, state in (("Notes", "visible"), ("Prices", "hidden"), ("Secret", "veryHidden")):
        book.create_sheet(title).sheet_state = state

    assert workbooks.sheets(stored(book)) == ["People", "Notes"]


def test_each_sheet_is_read_by_its_name():
    book = a_book(["first"])
    book.create_sheet("Other").append(["second"])

    assert (lines(book), lines(book, "Other")) == ([["first"]], [["second"]])
    with pytest.raises(Invalid, match="no sheet"):
        lines(book, "Gone")


def test_line_breaks_in_a_cell_are_blanks_and_yes_is_yes():
    assert lines(a_book(["one\ntwo", True, False])) == [["one two", "yes", "no"]]
