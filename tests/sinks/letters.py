"""What standards ask of a message on the wire: the sink looks at each one that any test sends."""

import email
import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.policy import default as default_policy
from email.utils import parsedate_to_datetime

ONCE = ("From", "Date", "Message-ID", "To", "Subject", "MIME-Version")
AT_MOST_ONCE = ("Reply-To", "In-Reply-To", "References", "List-Unsubscribe", "Auto-Submitted")
LONGEST = 998  # RFC 5322, 2.1.1, without the line end
ENCODED = 76  # RFC 2045, 6.7 and 6.8, and RFC 2047, 2: a line of encoded text
BOUNDARY = 70  # RFC 2046, 5.1.1
_MESSAGE_ID = re.compile(r"<[^<>@\s]+@[^<>@\s]+>")
_WORD = re.compile(r"=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?=")
_LITERAL = re.compile(rb"(?im)^(List-Unsubscribe|References|In-Reply-To):.*=\?")
_WAY_OUT = re.compile(r"https?://\S+/u/[\w.~-]+")


def complaints(raw: bytes, *, international: bool = False) -> list[str]:
    """Everything that is wrong with a message; none where it is as it should be."""
    message = email.message_from_bytes(raw, policy=default_policy)
    return [
        *_about_lines(raw),
        *_about_headers(message, raw, international),
        *_about_parts(message, international),
        *_about_literals(raw.partition(b"\r\n\r\n")[0]),
        *_about_bulk(message),
        *[f"MIME: {defect!r}" for part in message.walk() for defect in part.defects],
    ]


def _about_lines(raw: bytes):
    if re.search(rb"\r(?!\n)|(?<!\r)\n", raw):
        yield "RFC 5321 2.3.8: a line end that is not CR LF"
    if b"\0" in raw:
        yield "RFC 5321 2.3.8: a NUL"
    if any(len(line) > LONGEST for line in raw.split(b"\r\n")):
        yield "RFC 5322 2.1.1: a line of more than 998 bytes"


def _about_headers(message, raw: bytes, international: bool):
    for name in ONCE:
        if len(message.get_all(name, [])) != 1:
            yield f"RFC 5322 3.6: {len(message.get_all(name, []))} × {name}"
    for name in AT_MOST_ONCE:
        if len(message.get_all(name, [])) > 1:
            yield f"RFC 5322 3.6: {name} more than once"
    if not international:
        for name, value in message.items():
            yield from (f"{name}: {defect!r}" for defect in value.defects)
    yield from _about_values(message)
    head = raw.partition(b"\r\n\r\n")[0]
    if not international and not head.isascii():
        yield "RFC 5322 2.2: a header beyond ASCII"
    yield from _about_word_lines(head.decode("utf-8", "replace"))
    yield from _about_words(head.decode("utf-8", "replace"))


def _about_values(message):
    if message["MIME-Version"] != "1.0":
        yield f"RFC 2045 4: MIME-Version {message['MIME-Version']}"
    if len(message["From"].addresses) != 1:
        yield f"RFC 5322 3.6.2: From {message['From']}"
    if not _MESSAGE_ID.fullmatch(str(message["Message-ID"]).strip()):
        yield f"RFC 5322 3.6.4: Message-ID {message['Message-ID']}"
    if parsedate_to_datetime(str(message["Date"])).tzinfo is None:
        yield "RFC 5322 3.3: a date without its zone"


def _about_word_lines(head: str):
    for line in head.splitlines():
        if _WORD.search(line) and len(line) > ENCODED:
            yield f"RFC 2047 2: a line of {len(line)} characters with an encoded word"


def _about_words(head: str):
    for word in re.findall(r"=\?\S*", head):
        if not _WORD.match(word):
            yield f"RFC 2047: {word}"
    for word in _WORD.findall(head):
        if len(word) > 75:
            yield f"RFC 2047 2: an encoded word of {len(word)} characters"
        try:
            for text, charset in decode_header(word):
                text.decode(charset or "ascii") if isinstance(text, bytes) else text
        except (HeaderParseError, UnicodeDecodeError, LookupError):
            yield f"RFC 2047: {word} cannot be read"


def _about_parts(message, international: bool):
    """Each part says what it is, and is written as it says (RFC 2045)."""
    for part in message.walk():
        if part["Content-Type"] is None:
            yield "RFC 2045 5: a part without its type"
        if not part.is_multipart():
            yield from _about_writing(part, international)
        elif len(part.get_boundary() or "") not in range(1, BOUNDARY + 1):
            yield f"RFC 2046 5.1.1: a boundary of {len(part.get_boundary() or '')} characters"


def _about_writing(part, international: bool):
    written = str(part["Content-Transfer-Encoding"] or "7bit").lower()
    text = part.get_payload()
    if written not in ("7bit", "8bit", "quoted-printable", "base64"):
        yield f"RFC 2045 6.1: {written}"
    if written == "8bit" and not international:
        yield "RFC 6152: eight bits to a server that was not asked"
    if written != "8bit" and not text.isascii():
        yield f"RFC 2045 6.2: {written} beyond ASCII"
    longest = max((len(line) for line in text.splitlines()), default=0)
    if written in ("quoted-printable", "base64") and longest > ENCODED:
        yield f"RFC 2045 6.7: an encoded line of {longest} characters"
    if part.get_content_maintype() == "text" and part.get_content_charset() is None:
        yield "RFC 2046 4.1.2: text without its charset"


def one_name_each(rows) -> list[str]:
    """Every attempt of a message carries one Message-ID, and no two messages share one."""
    names: dict[str, set[str]] = {}
    owners: dict[str, set[str]] = {}
    for row in rows:
        if row["id"]:
            names.setdefault(row["id"], set()).add(row["message_id"])
            owners.setdefault(row["message_id"], set()).add(row["id"])
    wrong = [f"{one}: {found}" for one, found in (names | owners).items() if len(found) > 1]
    return [f"RFC 5322 3.6.4: {words}" for words in wrong]


def _about_literals(head: bytes):
    for name in _LITERAL.findall(head):
        yield f"RFC 2369 2, RFC 5322 3.6.4: an encoded word in {name.decode()}"


def _about_bulk(message):
    """Who can opt out by a link can by one click too; what answers nobody says that a machine wrote it."""
    body = message.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    html = message.get_body(("html",))
    pair = [message["List-Unsubscribe"], message["List-Unsubscribe-Post"]]
    way_out = _WAY_OUT.search(text)
    if body is None:
        yield "no part of plain text"
    if way_out is None and pair == [None, None]:
        return
    if pair[1] != "List-Unsubscribe=One-Click":
        yield "RFC 8058 3.1: bulk mail without List-Unsubscribe-Post"
    if way_out is None or f"<{way_out[0]}>" not in str(pair[0]):
        yield "RFC 8058 3.1: the link at the foot and List-Unsubscribe are not one"
    if html is None:
        yield "bulk mail without an HTML part"
    elif way_out is not None and way_out[0] not in html.get_content().replace("&amp;", "&"):
        yield "the HTML part has no way out"
    if message["Auto-Submitted"] is not None:
        yield "RFC 3834 5: bulk mail is no answer of a machine"
