"""Text as people type it, made safe to store, compare and show."""

import re
import unicodedata

# NUL breaks PostgreSQL; the other controls and the bidirectional overrides only deceive a reader.
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_SPACE = re.compile(r"\s+")


def clean(value: str) -> str:
    """Without NUL, control and direction-override characters; line breaks and tabs stay."""
    if value.isascii() and value.isprintable():  # most cells of most files
        return value
    return _CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(value: str) -> str:
    """Clean, in composed form, with every run of white space made one space."""
    if value.isascii() and value.isprintable() and "  " not in value:
        return value.strip(" ")
    spaced = _SPACE.sub(" ", value)
    return _SPACE.sub(" ", unicodedata.normalize("NFC", clean(spaced))).strip()


def name(value: str) -> str:
    """A person's or a company's name as it is shown: her own capitals, tidy spaces."""
    return one_line(value)


def search_text(*parts: str | None) -> str:
    """What search compares: lower case, no accents, one space between words."""
    joined = clean(" ".join(part for part in parts if part))
    if joined.isascii():  # most names: nothing to take apart
        return _SPACE.sub(" ", joined.lower()).strip()
    joined = unicodedata.normalize("NFKD", joined)
    bare = "".join(sign for sign in joined if not unicodedata.combining(sign))
    return _SPACE.sub(" ", bare.casefold()).strip()


def truncate(value: str, length: int, end: str = "…") -> str:
    """At most `length` characters; a cut falls between words where one is near."""
    if len(value) <= length:
        return value
    if length <= len(end):
        return value[:length]
    cut = value[: length - len(end)]
    space = cut.rfind(" ")
    if space >= len(cut) * 2 // 3:
        cut = cut[:space]
    return cut.rstrip() + end
