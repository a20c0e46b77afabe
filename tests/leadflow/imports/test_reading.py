"""Delimited text in all the forms in which programs write it."""

import io

import pytest

from leadflow.errors import Invalid
from leadflow.imports import reading


def read(raw: bytes):
    file = io.BytesIO(raw)
    shape = reading.look(file)
    return shape, [line.cells for line in reading.lines(file, shape.encoding, shape.delimiter)]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(sign):
    raw = f"name{sign}city\nAda, Inc{sign}Ulm\n".replace("Ada, Inc", '"Ada, Inc"').encode()
    assert read(raw)[1] == [["Ada, Inc", "Ulm"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_letters_survive_each_encoding(encoding):
    shape, rows = read("Straße,Ort\nMüller,Köln\n".encode(encoding))
    assert (shape.headers, rows) == (["Straße", "Ort"], [["Müller", "Köln"]])


def test_nul_bytes_are_dropped():
    assert read(b"a,b\nx\0y,z\n")[1] == [["xy", "z"]]


def test_blank_lines_are_no_data_and_numbers_are_those_of_the_file():
    file = io.BytesIO(b"a,b\n\n1,2\n,\n3,4\n")
    assert [(x.number, x.cells) for x in reading.lines(file, "utf-8", ",")] == [
        (3, ["1", "2"]),
        (5, ["3", "4"]),
    ]


def test_columns_without_a_name_and_with_the_same_name_are_told_apart():
    assert read(b"name,,name\n1,2,3\n")[0].headers == ["name", "Column 2", "name (2)"]


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"PK\x03\x04rest", b"%PDF-1.7"])
def test_what_is_no_table_is_refused(raw):
    with pytest.raises(Invalid):
        read(raw)
