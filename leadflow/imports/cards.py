"""Address books (.vcf): each vCard written out as a line of plain CSV."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from typing import IO, Any

import vobject
from django.utils.translation import gettext as _
from nameparser import HumanName
from vobject.base import ParseError, VObjectError

from leadflow.errors import Invalid
from leadflow.imports.reading import MAX_FIELD

MAX_BYTES = 50_000_000
MAX_CARDS = 20_000
# Headings that the import of leads knows by itself.
HEADINGS = (
    "First name", "Last name", "Email", "Phone", "Company", "Department", "Job title", "City", "Region",
    "Country", "UID", "Second email", "Second phone", "Website", "Birthday", "Categories", "Note",
)  # fmt: skip
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HEAVY = ("PHOTO", "LOGO", "SOUND", "KEY")


def is_card(start: bytes) -> bool:
    """Whether a file that begins like this is an address book."""
    if start.startswith(_UTF16):
        start = start.decode("utf-16", "ignore").encode()
    return start.lstrip(b"\xef\xbb\xbf \t\r\n").upper().startswith(b"BEGIN:VCARD")


def write(file: IO[bytes], into: IO[bytes]) -> None:
    """The cards as CSV in UTF-8 with a heading line. Raises Invalid where they cannot be read."""
    file.seek(0)
    raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise Invalid(_("Larger than 50 MB. Export the address book without pictures."))
    text = io.TextIOWrapper(into, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    for number, card in enumerate(_cards(_readable(raw)), start=1):
        if number > MAX_CARDS:
            raise Invalid(_("More than 20,000 cards. Export them in parts."))
        writer.writerow(" ".join(cell[: MAX_FIELD - 1].split()) for cell in _line(card))
    text.detach()


def _readable(raw: bytes) -> str:
    try:
        said = raw.decode("utf-16" if raw.startswith(_UTF16) else "utf-8-sig")
    except UnicodeDecodeError:
        said = raw.decode("cp1252", "replace")
    lines = _joined(said.replace("\0", "").splitlines())
    return "\n".join(_without_pictures(lines))


def _joined(lines: Iterable[str]) -> Iterator[str]:
    """Version 2.1 goes on after an equals sign at the end of a line, without a blank before."""
    held = ""
    for line in lines:
        whole = held + line
        is_quoted = "QUOTED-PRINTABLE" in whole.partition(":")[0].upper()
        held = whole[:-1] if is_quoted and whole.endswith("=") else ""
        if not held:
            yield whole
    if held:
        yield held


def _without_pictures(lines: Iterable[str]) -> Iterator[str]:
    """A picture is most of a card, and nobody asks for it here."""
    skipping = False
    for line in lines:
        if not line.startswith((" ", "\t")):
            name = line.partition(":")[0].partition(";")[0].rpartition(".")[2].upper()
            skipping = name in _HEAVY
        if not skipping:
            yield line


def _cards(said: str) -> Iterator[Any]:
    try:
        for one in vobject.readComponents(said, ignoreUnreadable=True):
            if one.name == "VCARD":
                yield one
    except (ParseError, VObjectError, ValueError, AttributeError, IndexError, KeyError) as error:
        raise Invalid(_("This address book cannot be read: %(why)s") % {"why": error}) from error


def _line(card: Any) -> Iterator[str]:
    first, last = _names(card)
    emails, phones = _all(card, "email"), _all(card, "tel")
    org = _parts(card, "org")
    address = card.contents.get("adr", [None])[0]
    place = address.value if address else None
    yield first
    yield last
    yield _nth(emails, 0)
    yield _nth(phones, 0)
    yield _nth(org, 0)
    yield _nth(org, 1)
    yield _nth(_all(card, "title"), 0)
    for part in ("city", "region", "country"):
        yield _plain(getattr(place, part, ""))
    yield _nth(_all(card, "uid"), 0)
    yield _nth(emails, 1)
    yield _nth(phones, 1)
    yield _nth(_all(card, "url"), 0)
    yield _nth(_all(card, "bday"), 0)
    yield ", ".join(_parts(card, "categories"))
    yield _nth(_all(card, "note"), 0)


def _names(card: Any) -> tuple[str, str]:
    """Given and family name; where only the whole name stands there it is cut as people read it."""
    parts = card.contents.get("n", [None])[0]
    given, family = _plain(getattr(getattr(parts, "value", None), "given", "")), ""
    family = _plain(getattr(getattr(parts, "value", None), "family", ""))
    if given or family:
        return given, family
    whole = HumanName(_nth(_all(card, "fn"), 0))
    return " ".join(filter(None, [whole.first, whole.middle])), whole.last


def _all(card: Any, name: str) -> list[str]:
    """The values of a property, the preferred one first."""
    found = [(_is_preferred(one), _plain(one.value)) for one in card.contents.get(name, [])]
    return [value for _is, value in sorted(found, key=lambda pair: not pair[0]) if value]


def _is_preferred(one: Any) -> bool:
    bare = getattr(one, "singletonparams", [])  # version 2.1 writes PREF without TYPE=
    types = {str(value).upper() for value in (*one.params.get("TYPE", []), *bare)}
    return "PREF" in types or "1" in one.params.get("PREF", [])


def _parts(card: Any, name: str) -> list[str]:
    value = card.contents.get(name, [None])[0]
    inner = getattr(value, "value", [])
    return [_plain(part) for part in (inner if isinstance(inner, list) else [inner])]


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(_plain(part) for part in value)
    return str(value or "").removeprefix("tel:").removeprefix("mailto:").strip()


def _nth(values: list[str], place: int) -> str:
    return values[place] if place < len(values) else ""
