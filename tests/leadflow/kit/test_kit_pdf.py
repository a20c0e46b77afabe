"""A document in any script: each name finds a font that holds it, and none becomes a command."""

import re
import zlib

import pytest

from leadflow.kit import pdf

TEMPLATE = """
#let d = json(bytes(sys.inputs.data))
#set text(font: d.fonts)
#for name in d.names [#name \\ ]
"""
NAMES = {
    "Zoë Łukasz Nguyễn": "NotoSans",
    "Ελένη Παππά": "NotoSans",
    "Иван Ёлкин": "NotoSans",
    "محمد عبد الله": "NotoSansArabic",
    "שרה לוי": "NotoSansHebrew",
    "प्रिया शर्मा": "NotoSansDevanagari",
    "தமிழ்": "NotoSansTamil",
    "สมชาย": "NotoSansThai",
    "សុខា": "NotoSansKhmer",
    "გიორგი": "NotoSansGeorgian",
    "王小明 山田": "DroidSansFallback",
    "김철수": "NanumGothicCoding",
}


def fonts_in(document):
    """The families whose signs a PDF carries, its packed streams looked into."""
    whole = document
    for stream in re.finditer(rb"stream\r?\n(.*?)endstream", document, re.DOTALL):
        unpack = zlib.decompressobj()
        try:
            whole += unpack.decompress(stream[1])
        except zlib.error:
            continue
    return {name.decode() for name in re.findall(rb"/BaseFont ?/[A-Z]+\+(\w+)", whole)}


@pytest.mark.parametrize(("name", "font"), NAMES.items())
def test_a_name_is_set_in_a_font_that_holds_its_script(name, font):
    document = pdf.render(TEMPLATE, {"names": [name]})

    assert document.startswith(b"%PDF-")
    assert fonts_in(document) - {"NotoSans"} == {font} - {"NotoSans"}  # which holds the spaces


def test_what_a_visitor_typed_is_never_a_command():
    hostile = ['#read("/etc/passwd")', '#import "@preview/x:1.0.0"', "$a$ *b* <c> // \\ ]"]

    assert pdf.render(TEMPLATE, {"names": hostile}).startswith(b"%PDF-")
