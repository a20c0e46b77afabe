"""Words from bytes: what a charset says, and what is likely where it says nothing or says it wrongly. Pure.

Mail names charsets that do not exist, none at all, or an old one whose newer cousin it means; its headers
hold raw bytes though they should not. Nothing here raises, and no byte makes the rest unreadable.
"""

import re
from email.errors import MessageError
from email.header import decode_header
from email.message import Message

# What is meant by a name, as browsers read it: the larger charset that grew out of the one that is named.
_MEANT = {
    "ascii": "cp1252", "us-ascii": "cp1252", "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252",
    "iso-8859-8-i": "iso-8859-8", "gb2312": "gb18030", "gbk": "gb18030", "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949", "shift_jis": "cp932", "x-sjis": "cp932", "sjis": "cp932", "tis-620": "cp874",
    "iso-2022-jp": "iso2022_jp_ext", "unicode-1-1-utf-7": "utf-7", "x-gbk": "gb18030", "x-euc-jp": "euc-jp",
}  # fmt: skip
_WORD = r"=\?[^?\s]{1,60}\?[bBqQ]\?[^?]{0,2000}\?="
_ENCODED = re.compile(rf"{_WORD}(?:\s{{1,9}}{_WORD})*")
# Codecs of the language that are no charsets of mail: they unpack, or read escapes.
_NONE = frozenset({
    "base64", "base_64", "base64_codec", "hex", "hex_codec", "rot13", "rot_13", "bz2", "bz2_codec", "zip", "zlib",
    "zlib_codec", "uu", "uu_codec", "quopri", "quoted_printable", "quopri_codec", "unicode_escape", "undefined",
    "raw_unicode_escape", "idna", "punycode", "mbcs", "oem",
})  # fmt: skip


def words(raw: bytes, charset: str | None) -> str:
    """The text of some bytes: UTF-8 where they are, then what is named, then the alphabet of the West."""
    named = (charset or "").strip().strip("\"'").lower()
    meant = _MEANT.get(named, named)
    first = (
        ("utf-8",)
        if meant in ("", "cp1252", "8bit", "unknown", "unknown-8bit")
        else (meant, "utf-8")
    )
    for one in first:
        if (found := _strictly(raw, one)) is not None:
            return found
    return _leniently(raw, meant) or raw.decode("cp1252", "replace")


def _strictly(raw: bytes, charset: str) -> str | None:
    if charset.replace("-", "_") in _NONE:
        return None
    try:
        return raw.decode(charset)
    except (LookupError, ValueError):
        return None


def _leniently(raw: bytes, charset: str) -> str:
    """In the charset that is named, with marks for what is no sign of it; a few bad bytes are no reason to
    read the rest in another alphabet."""
    if not charset or charset.replace("-", "_") in _NONE:
        return ""
    try:
        found = raw.decode(charset, "replace")
    except (LookupError, ValueError):
        return ""
    return found if found.count("\ufffd") * 20 <= len(found) else ""


def header(message: Message, name: str, most: int) -> str:
    """The first header of that name as people read it: encoded words decoded, raw bytes too."""
    low = name.lower()
    found = next((str(value) for key, value in message.raw_items() if key.lower() == low), "")
    return decoded(found[:most])


def decoded(value: str) -> str:
    """A header's value as it is read; what cannot be decoded stays as it stands."""
    plain = value if value.isascii() else words(_as_bytes(value), None)
    return _ENCODED.sub(lambda run: _run(run[0]), plain)


def _as_bytes(value: str) -> bytes:
    """The bytes of a header whose raw ones the parser hid in it."""
    try:
        return value.encode("utf-8", "surrogateescape")
    except ValueError:
        return value.encode("utf-8", "replace")


def _run(run: str) -> str:
    """Encoded words that stand together: a letter may be split between two of them."""
    try:
        parts = decode_header(run)
    except (MessageError, ValueError):
        return run
    return "".join(
        part if isinstance(part, str) else words(part, charset) for part, charset in parts
    )
