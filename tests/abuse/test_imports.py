"""Hostile files."""

import io
import pathlib
import tracemalloc
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from leadflow.errors import Invalid
from leadflow.imports import ledger, reading, services
from leadflow.imports.models import Import
from leadflow.mail.models import Delivery
from leadflow.models import Lead
from leadflow.services import addresses

pytestmark = pytest.mark.django_db


class Endless(io.RawIOBase):
    """A file of so many bytes that nobody has to hold."""

    def __init__(self, start: bytes, filling: bytes, size: int) -> None:
        self.start, self.filling, self.size, self.at = start, filling, size, 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, at, whence=0):
        self.at = at
        return at

    def tell(self):
        return self.at

    def readinto(self, buffer):
        count = min(len(buffer), self.size - self.at)
        block = (self.filling * (count // len(self.filling) + 2))[:count]
        if self.at < len(self.start):
            head = self.start[self.at :][:count]
            block = head + block[len(head) :]
        buffer[:count] = block
        self.at += count
        return count


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@x", "\t=1", "＝1", "=cmd|'/C calc'!A0"])
def test_abuse_G01_a_formula_leaves_as_text_and_comes_back_as_it_was(start):
    file = io.BytesIO(f'email,first_name\nno address,"{start}"\n'.encode())
    done = services.work_here(services.upload(entity="lead", name="x.csv", file=file, by=None))
    rejected = "".join(ledger.rejected(done))
    assert f"'{start}" in rejected.replace('"', "")
    again = io.BytesIO(rejected.replace("no address", "a@b.example").encode())
    imported = services.upload(entity="lead", name="y.csv", file=again, by=None)
    services.work_here(imported)
    assert Lead.objects.get().first_name == start.strip()


@pytest.mark.parametrize(
    ("start", "filling"),
    [
        (b"a,b\n", b"x" * 1024),  # one field without end
        (b'a,b\n1,"', b"line\n"),  # a quote that is never closed
        (b"a,b\n", b"1,"),  # columns without end
    ],
)
def test_abuse_G02_a_file_that_bursts_is_refused_in_bounded_memory(start, filling):
    file = io.BufferedReader(Endless(start, filling, 100_000_000))
    tracemalloc.start()
    with pytest.raises(Invalid):
        for _line in reading.lines(file, "utf-8", ","):
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000_000


def test_abuse_G07_a_suppressed_address_stays_suppressed_when_it_comes_in_again(drain_events):
    from leadflow.models import Suppression

    addresses.suppress(email="gone@x.example", reason=Suppression.Reason.ERASED, by=None)
    file = io.BytesIO(b"email\ngone@x.example\n")
    done = services.work_here(services.upload(entity="lead", name="x.csv", file=file, by=None))
    drain_events()
    assert done.created == 1
    assert addresses.is_suppressed("gone@x.example")
    assert not Delivery.objects.exists()


def packed(**parts):
    """A zip archive of these parts, as small as they go."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def sheet(cells):
    """A workbook with this for its first sheet."""
    kinds = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    return packed(
        **{"[Content_Types].xml": kinds, "xl/workbook.xml": "<workbook/>"},
        **{"xl/worksheets/sheet1.xml": cells},
    )


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a0 "lol">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]><worksheet><sheetData><row><c><v>&a9;</v></c></row></sheetData></worksheet>"
)
BOMBS = {
    "a sheet that unpacks a hundredfold and more": lambda: sheet(b"<x>" + b"0" * 60_000_000),
    "entities that grow tenfold nine times": lambda: sheet(LAUGHS),
    "an entity that names a file": lambda: sheet(
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet>&e;</worksheet>'
    ),
    "names that climb out of the folder": lambda: packed(
        **{"../../../../tmp/leadflow-climbed": "x", "/tmp/leadflow-climbed": "x"}
    ),
    "archives in an archive": lambda: packed(
        **{
            "xl/workbook.xml": packed(a=packed(a=b"0" * 5_000_000)),
            "people.csv": "email\na@a.example",
        }
    ),
    "an archive cut short": lambda: sheet("<x/>")[:60],
    "a gzip of a gigabyte of nothing": lambda: b"\x1f\x8b" + b"\0" * 50,
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
@pytest.mark.parametrize("name", ["people.xlsx", "people.csv", "people.zip"])
def test_abuse_G04_a_packed_bomb_is_refused_and_unpacks_nothing(client, alice, bomb, name):
    client.force_login(alice)
    file = SimpleUploadedFile(name, bomb())
    tracemalloc.start()

    answer = client.post(reverse("imports:new"), {"entity": "lead", "file": file})

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer.status_code == 422
    assert not Import.objects.exists()
    assert not Lead.objects.exists()
    assert peak < 30_000_000
    assert not pathlib.Path("/tmp/leadflow-climbed").exists()
