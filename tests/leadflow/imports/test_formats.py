"""Workbooks and address books come in as plain tables, and tables with titles, sums and foreign signs."""

import io
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from leadflow.errors import Conflict, Invalid
from leadflow.imports import headings, mapping, services, workbooks
from leadflow.imports.models import Import
from leadflow.imports.parsing import number
from leadflow.models import Company, Lead

pytestmark = pytest.mark.django_db


def book(*rows, more=None):
    """A workbook with these rows in its first sheet, and further sheets by name."""
    made = Workbook()
    for row in rows:
        made.active.append(row)
    for name, lines in (more or {}).items():
        other = made.create_sheet(name)
        for row in lines:
            other.append(row)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def upload(raw, entity="lead", name="file.csv", by=None):
    raw = raw if isinstance(raw, bytes) else raw.encode()
    return services.upload(entity=entity, name=name, file=io.BytesIO(raw), by=by)


def cells(imported):
    return [list(line.cells) for line in services.lines_of(imported)]


def test_a_workbook_comes_in_with_numbers_and_days_written_plainly(bring):
    raw = book(
        ["Name", "Employees", "Revenue", "Founded"],
        ["Acme", 12, 1234.5, 1999],
        ["Zeta", None, 7.0, datetime(2001, 5, 6)],
    )

    imported = upload(raw, "company")

    assert imported.kind == "xlsx"
    assert cells(imported) == [["Acme", "12", "1234.5", "1999"], ["Zeta", "", "7", "2001-05-06"]]
    assert services.work_here(imported).created == 1  # a day is no year
    assert Company.objects.get().revenue == 1234.5


def test_lines_of_a_workbook_are_numbered_as_in_the_sheet():
    raw = book(["email"], ["ada@a.example"], [None], ["a\nb"], ["bo@b.example"])

    imported = upload(raw)

    assert [line.number for line in services.lines_of(imported)] == [2, 4, 5]


def test_another_sheet_of_a_workbook_can_be_chosen():
    raw = book(["x"], [1], more={"People": [["email", "city"], ["ada@a.example", "Ulm"]]})
    imported = upload(raw)

    services.read_as(imported, sheet="People")

    assert imported.headers == ["email", "city"]
    assert cells(imported) == [["ada@a.example", "Ulm"]]


def test_the_workbook_is_kept_only_until_the_import_begins(django_capture_on_commit_callbacks):
    imported = upload(book(["email"], ["ada@a.example"], more={"Two": [["x"]]}))
    stored, name = imported.original.storage, imported.original.name

    with django_capture_on_commit_callbacks(execute=True):
        services.start(imported, by=None)

    assert not stored.exists(name)
    with pytest.raises(Conflict):
        services.read_as(Import.objects.get(), sheet="Two")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, "yes"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4), "2026-01-02 03:04:00"),
        (1e22, "1e+22"),
        (12345678901.0, "12345678901"),
        ("#N/A", ""),
        ("#DIV/0!", ""),
        ("#hashtag", "#hashtag"),
        ("two\nlines", "two lines"),
    ],
)
def test_a_cell_is_written_plainly(value, said):
    assert workbooks._word(value) == said


def test_abuse_G02_a_sheet_of_too_many_cells_is_refused(monkeypatch):
    monkeypatch.setattr(workbooks, "MAX_CELLS", 20)

    with pytest.raises(Invalid, match="2 million"):
        upload(book(*[["a", "b", "c"] for _n in range(9)]))


def test_an_old_workbook_is_refused_with_the_way_out():
    with pytest.raises(Invalid, match=r"xlsx or CSV"):
        upload(b"\xd0\xcf\x11\xe0" + b"\0" * 600)


CARDS = """BEGIN:VCARD
VERSION:3.0
N:Byron;Ada;King;;
FN:Ada King Byron
ORG:Analytic Engines;Mathematics
TITLE:Countess
EMAIL;TYPE=home:ada@home.example
EMAIL;TYPE=work,pref:ada@analytic.example
TEL;TYPE=cell:+49 30 123456
ADR;TYPE=work:;;1 Lane;London;;N1;UK
PHOTO;ENCODING=b;TYPE=JPEG:AAAA
 BBBB
UID:urn:1
END:VCARD
BEGIN:VCARD
VERSION:4.0
FN:Dr. Juan de la Vega
EMAIL:juan@vega.example
END:VCARD
"""


def test_an_address_book_comes_in_card_by_card(bring):
    done = bring("lead", CARDS, columns={"0": "first_name", "1": "last_name", "2": "email"})

    assert (done.kind, done.created) == ("vcard", 2)
    assert list(Lead.objects.order_by("pk").values_list("first_name", "last_name", "email")) == [
        ("Ada", "Byron", "ada@analytic.example"),
        ("Juan", "de la Vega", "juan@vega.example"),
    ]


def test_the_headings_of_an_address_book_are_known():
    assert set(upload(CARDS).mapping.values()) >= {
        "email", "first_name", "last_name", "phone", "company_name", "job_title", "city",
    }  # fmt: skip


def test_a_broken_address_book_is_refused():
    with pytest.raises(Invalid, match="address book"):
        upload("BEGIN:VCARD\nVERSION:3.0\nN:Byron;Ada\n")


# headings


@pytest.mark.parametrize(
    ("text", "heading", "first"),
    [
        ("email,name\na@a.example,Ada\n", 1, ["a@a.example", "Ada"]),
        ("All contacts\n\nemail,name\na@a.example,Ada\n", 3, ["a@a.example", "Ada"]),
        ("Report 2026,\nemail,name\na@a.example,Ada\nTotal,\n", 2, ["a@a.example", "Ada"]),
        ("a@a.example,Ada\nb@b.example,Bo\n", 0, ["a@a.example", "Ada"]),
        ("email\na@a.example\n", 1, ["a@a.example"]),
        ("Name,2024,Ort\nAda,1,Ulm\n", 1, ["Ada", "1", "Ulm"]),
    ],
)
def test_the_line_of_the_headings_is_found(text, heading, first):
    imported = upload(text)

    assert imported.heading == heading
    assert cells(imported)[0] == first


def test_a_file_can_be_read_otherwise_than_was_guessed():
    imported = upload("Kontakte;2026\nemail;name\na@a.example;Ada\n")

    services.read_as(imported, delimiter=";", heading=2)

    assert imported.headers == ["email", "name"]
    assert imported.mapping["0"] == "email"


def test_a_heading_line_that_is_not_there_is_refused():
    with pytest.raises(Invalid, match="no line 9"):
        services.read_as(upload("email\na@a.example\n"), heading=9)


# lines that are no record


def test_repeated_headings_and_sums_are_skipped_with_the_reason(bring):
    done = bring(
        "company", "Name,Employees\nAcme,10\nname,EMPLOYEES\nZeta,5\nTotal:,15\nGesamtsumme,15\n"
    )

    assert (done.created, done.skipped, done.failed) == (2, 3, 0)
    assert "headings once more" in done.rows.get(line_no=3).reason
    assert "adds up" in done.rows.get(line_no=5).reason


@pytest.mark.parametrize(
    "cells",
    [["Total", ""], ["Total Energies", "15"], ["Sum", "Ltd", "3"], ["", "15"], ["Acme", "1"]],
)
def test_what_only_looks_like_a_sum_is_a_record(cells):
    assert headings.no_record(cells, ["Name", "Employees"]) == ""


# days and numbers


@pytest.mark.parametrize(
    ("cells", "sign", "is_unsure"),
    [
        (["1,5", "2"], ",", False),
        (["1.234,50"], ",", False),
        (["1,234.50"], ".", False),
        (["1.234.567"], ",", False),
        (["1,234", "12"], "", True),
        (["1,234", "0.5"], ".", False),
        (["12", "word"], "", False),
    ],
)
def test_the_sign_before_the_cents_is_found_or_asked(cells, sign, is_unsure):
    assert mapping.guess_decimals(cells) == sign
    assert mapping.may_be_either_number(cells) is is_unsure


@pytest.mark.parametrize(
    ("cell", "decimals", "value"),
    [
        ("1.234,5", ",", "1234.5"),
        ("1,234", ",", "1.234"),
        ("1,234", ".", "1234"),
        ("1.234", ".", "1.234"),
        ("1 234,5 €", ",", "1234.5"),
        ("−3,5", ",", "-3.5"),
    ],
)
def test_a_number_is_read_by_the_sign_of_the_file(cell, decimals, value):
    assert str(number(cell, decimals)) == value


def test_a_number_that_the_sign_of_the_file_contradicts_is_refused():
    with pytest.raises(ValueError, match="not a number"):
        number("1.5", ",")


def test_an_iso_day_is_the_same_in_every_order(bring):
    done = bring("lead", "email,created\na@a.example,2024-03-04\n", choices={"dates": "mdy"})

    assert (done.failed, Lead.objects.get().created_at.date().isoformat()) == (0, "2024-03-04")


@pytest.mark.parametrize(
    ("cells", "is_unsure"),
    [(["3/4/2026"], True), (["3/4/2026", "13/4/2026"], False), (["3.4.2026"], False), ([], False)],
)
def test_an_order_of_days_that_stays_open_is_asked(cells, is_unsure):
    assert mapping.may_be_either_day(cells) is is_unsure


# what was decided for a heading


def test_a_heading_means_next_time_what_it_was_said_to_mean(bring):
    bring("lead", "email,Spitzname,Ort\na@a.example,Addi,Ulm\n",
          columns={"0": "email", "1": "first_name"})  # fmt: skip

    imported = upload("ORT,spitzname,email\nBonn,Bo,b@b.example\n")

    assert imported.mapping == {"1": "first_name", "2": "email"}
