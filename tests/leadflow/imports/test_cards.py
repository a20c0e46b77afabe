"""Corners of address books: versions, character sets, folded lines, several addresses, no name."""

import csv
import io

import pytest

from leadflow.errors import Invalid
from leadflow.imports import cards


def read(*lines, encoding="utf-8"):
    """The filled cells of each card."""
    raw = b"".join(
        (line if isinstance(line, bytes) else line.encode("utf-8")) + b"\r\n" for line in lines
    )
    if encoding != "utf-8":
        raw = raw.decode("utf-8").encode(encoding)
    into = io.BytesIO()
    cards.write(io.BytesIO(raw), into)
    rows = csv.DictReader(io.StringIO(into.getvalue().decode()))
    return [{key: value for key, value in row.items() if value} for row in rows]


def card(*lines, version="3.0", **more):
    return read("BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", **more)


@pytest.mark.parametrize(
    "line",
    [
        "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCrgen;;;",
        "N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=FCrgen;;;",
        b"N;CHARSET=ISO-8859-1:M\xfcller;J\xfcrgen;;;",
    ],
)
def test_names_of_version_2_1_come_in_whatever_their_character_set(line):
    assert card(line, version="2.1") == [{"First name": "Jürgen", "Last name": "Müller"}]


def test_a_name_broken_by_an_equals_sign_is_whole_again():
    found = card(
        "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCl=", "ler;Ann;;;", "EMAIL;INTERNET:a@b.example",
        version="2.1",
    )  # fmt: skip

    assert found == [{"First name": "Ann", "Last name": "Müller", "Email": "a@b.example"}]


def test_a_note_over_several_lines_is_whole_and_what_follows_it_is_read():
    found = card(
        "N:Lee;Ann", "NOTE;ENCODING=QUOTED-PRINTABLE:first=0D=0A=", "second", "EMAIL:a@b.example",
        version="2.1",
    )  # fmt: skip

    assert found[0]["Note"] == "first second"
    assert found[0]["Email"] == "a@b.example"


def test_an_address_that_ends_in_an_equals_sign_elsewhere_eats_no_line():
    found = card("N:Lee;Ann", "URL:https://b.example/?q=", "EMAIL:a@b.example")

    assert (found[0]["Website"], found[0]["Email"]) == ("https://b.example/?q=", "a@b.example")


def test_folded_lines_of_version_3_are_one():
    found = card(
        "N:Lee;Ann;;;", "EMAIL;TYPE=INTERNET:ann.with.a.very.long.", " address@customer.example"
    )

    assert found[0]["Email"] == "ann.with.a.very.long.address@customer.example"


def test_commas_and_semicolons_that_are_escaped_stay_in_their_cell():
    found = card("N:Lee;Ann;;;", "ORG:Customer\\, Sons \\; Co;Sales", "NOTE:one\\ntwo")

    assert (found[0]["Company"], found[0]["Department"]) == ("Customer, Sons ; Co", "Sales")
    assert found[0]["Note"] == "one two"


@pytest.mark.parametrize(
    ("version", "preferred"),
    [("2.1", "EMAIL;INTERNET;PREF"), ("3.0", "EMAIL;TYPE=INTERNET,PREF"), ("4.0", "EMAIL;PREF=1")],
)
def test_of_several_addresses_the_preferred_one_is_first_and_the_next_is_kept(version, preferred):
    found = card(
        "N:Lee;Ann;;;", "EMAIL:second@b.example", f"{preferred}:first@b.example", version=version
    )

    assert (found[0]["Email"], found[0]["Second email"]) == ("first@b.example", "second@b.example")


def test_telephone_numbers_of_version_4_are_addresses_of_their_own_kind():
    found = card("FN:Ann Lee", 'TEL;VALUE=uri;TYPE="voice,work":tel:+49-30-123456', version="4.0")

    assert found[0]["Phone"] == "+49-30-123456"


def test_a_whole_name_is_cut_where_no_parts_are_given():
    assert card("FN:Dr. Ann Marie Lee", version="4.0") == [
        {"First name": "Ann Marie", "Last name": "Lee"}
    ]


@pytest.mark.parametrize("name", [(), ("N:;;;;", "FN:")])
def test_a_card_without_a_name_is_still_a_line(name):
    assert card(*name, "EMAIL:info@b.example", "ORG:B Ltd") == [
        {"Email": "info@b.example", "Company": "B Ltd"}
    ]


def test_cards_of_several_versions_stand_in_one_file():
    found = read(
        "BEGIN:VCARD", "VERSION:3.0", "N:One;A", "END:VCARD", "", "BEGIN:VCARD", "VERSION:2.1", "N:Two;B",
        "END:VCARD",
    )  # fmt: skip

    assert [one["Last name"] for one in found] == ["One", "Two"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_an_address_book_with_a_byte_order_mark_is_known_and_read(encoding):
    assert cards.is_card("BEGIN:VCARD\r\n".encode(encoding))
    assert card("N:Müller;Ann", encoding=encoding)[0]["Last name"] == "Müller"


def test_a_card_that_never_ends_is_refused():
    with pytest.raises(Invalid, match="cannot be read"):
        read("BEGIN:VCARD", "VERSION:3.0", "N:Lee;Ann")
