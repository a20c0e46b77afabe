"""From the bytes of a message to a `Letter`: what it says, cut to a size that may be kept and shown.

Strangers write these bytes. Whatever is malformed, endless or nested beyond sense is cut or read by its
headers alone; nothing attached is opened, so nothing in it can unfold.
"""

import hashlib
import html as entities
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from email.utils import parseaddr, parsedate_to_datetime

import nh3

from leadflow.kit.text import clean, one_line, truncate
from leadflow.mail.compose import clean_html

MAX_BYTES = 10_000_000
HEAD_BYTES = 256_000
_HEADER, _TEXT, _HTML = 2_000, 200_000, 500_000
_PARTS, _BOUNDARIES, _BOXES, _ATTACHMENTS = 200, 5_000, 100, 50
_TAGS, _DEPTH = 30_000, 250
KEPT = (
    "From", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
    "Auto-Submitted", "Precedence", "List-Id", "X-Autoreply", "X-Autorespond", "X-Spam-Flag",
    "X-Delivery-ID", "Return-Path",
)  # fmt: skip
_ID = re.compile(r"<[^<>\s]{1,250}>")
_ANGLED = re.compile(r"^([^<>]*)<([^<>\s]+@[^<>\s]+)>\s*$")
_LINE_ENDS = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6])\b[^>]{0,200}>", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
# Tags that end by themselves.
_OPEN_ENDED = frozenset(
    {
        "area",
        "base",
        "br",
        "col",
        "hr",
        "img",
        "input",
        "li",
        "link",
        "meta",
        "p",
        "source",
        "td",
        "th",
        "tr",
    }
)
_BLANKS = re.compile(r"\n{3,}")


@dataclass(frozen=True)
class Report:
    """What a mail server says about a message of ours (RFC 3464)."""

    action: str
    status: str
    words: str
    receiver: str


@dataclass(frozen=True)
class Letter:
    """A message as it is kept."""

    message_id: str
    headers: Mapping[str, str]
    from_name: str
    from_address: str
    subject: str
    text: str = ""
    html: str = ""
    attachments: list[dict[str, str | int]] = field(default_factory=list)
    size: int = 0
    sent_at: datetime | None = None
    refers_to: tuple[
        str, ...
    ] = ()  # Message-IDs of what it answers or reports on, the nearest first
    report: Report | None = None
    is_report: bool = False
    cut: str = ""  # why only the headers were read

    def header(self, name: str) -> str:
        """One of the headers that are kept; empty where it has none."""
        return self.headers.get(name, "")


def read(raw: bytes, *, size: int | None = None) -> Letter:
    """The message in `raw`. With `size` it is the beginning of a longer one: headers only."""
    size = len(raw) if size is None else size
    cut = _too_much(raw, size)
    if cut:
        return _letter(_parsed(_head(raw)), raw, size, cut)
    try:
        return _letter(_parsed(raw), raw, size, "")
    except (RecursionError, MessageError, LookupError, ValueError):
        return _letter(_parsed(_head(raw)), raw, size, "unreadable")


def _too_much(raw: bytes, size: int) -> str:
    if size > MAX_BYTES or size > len(raw):
        return "too_long"
    if len(_head(raw)) >= HEAD_BYTES or raw.count(b"\n--") > _BOUNDARIES:
        return "too_many_parts"
    return "too_many_parts" if raw.lower().count(b"boundary") > _BOXES else ""


def _head(raw: bytes) -> bytes:
    """The block of headers, its end included, and never more than may be read."""
    ends = [place for place in (raw.find(b"\r\n\r\n"), raw.find(b"\n\n")) if place >= 0]
    return raw[: min([*ends, HEAD_BYTES - 1]) + 1][:HEAD_BYTES]


def _parsed(raw: bytes) -> Message:
    return message_from_bytes(raw, policy=compat32)


def _letter(message: Message, raw: bytes, size: int, cut: str) -> Letter:
    headers = {name: value for name in KEPT if (value := _header(message, name))}
    name, address = _sender(headers.get("From", ""))
    parts = [] if cut else _parts(message)
    text, html = _bodies(parts)
    return Letter(
        message_id=_message_id(headers, raw),
        headers=headers,
        from_name=truncate(one_line(name), 200),
        from_address=one_line(address)[:254],
        subject=truncate(one_line(headers.get("Subject", "")), 500),
        text=text,
        html=html,
        attachments=_attachments(parts),
        size=size,
        sent_at=_date(headers.get("Date", "")),
        refers_to=_refers_to(headers, parts),
        report=_report(parts),
        is_report=message.get_content_type() == "multipart/report",
        cut=cut,
    )


def _header(message: Message, name: str) -> str:
    """The first header of that name as people read it, on one line."""
    return one_line(_decoded(str(message.get(name) or "")[:_HEADER]))


def _decoded(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (MessageError, LookupError, ValueError):
        return value  # as it stands


def _sender(value: str) -> tuple[str, str]:
    """Name and address; also of `Lee, Ann <ann@…>`, which many write without its quotes."""
    if found := _ANGLED.match(value):
        return found[1].strip().strip('"'), found[2]
    return parseaddr(value) if value.count("(") < 5 else ("", "")


def _message_id(headers: Mapping[str, str], raw: bytes) -> str:
    """Its own id; a message without one is known by its bytes."""
    found = _ID.search(headers.get("Message-ID", ""))
    return found[0] if found else f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _refers_to(headers: Mapping[str, str], parts: Iterable[Message]) -> tuple[str, ...]:
    ids = _ID.findall(headers.get("In-Reply-To", ""))
    ids += reversed(_ID.findall(headers.get("References", "")))
    for part in parts:
        if part.get_content_type() == "text/rfc822-headers":
            ids += _ID.findall(_header(_parsed(_bytes(part)[:HEAD_BYTES]), "Message-ID"))
        elif part.get_content_type() == "message/rfc822":
            inner = part.get_payload()
            if isinstance(inner, list) and inner and isinstance(inner[0], Message):
                ids += _ID.findall(_header(inner[0], "Message-ID"))
    return tuple(dict.fromkeys(ids))[:50]


def _date(value: str) -> datetime | None:
    try:
        sent = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return sent if sent.tzinfo else sent.replace(tzinfo=UTC)


def _parts(message: Message) -> list[Message]:
    found = []
    for part in message.walk():
        found.append(part)
        if len(found) == _PARTS:
            break
    return found


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _words(part: Message, most: int) -> str:
    raw = _bytes(part)[: most * 4]
    try:
        text = raw.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        text = raw.decode("utf-8", "replace")
    return clean(text)[:most]


def _is_attached(part: Message) -> bool:
    if part.is_multipart():
        return False
    attached = part.get_content_disposition() == "attachment" or bool(part.get_filename())
    return attached or not part.get_content_type().startswith(("text/", "message/"))


def _bodies(parts: Iterable[Message]) -> tuple[str, str]:
    """The first plain text and the first HTML, the one made of the other where it lacks."""
    found: dict[str, str] = {}
    for part in parts:
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html") and kind not in found and not _is_attached(part):
            found[kind] = _words(part, _TEXT if kind == "text/plain" else _HTML)
    html = found.get("text/html", "")
    html = html if is_sane(html) else ""
    text = found.get("text/plain", "").strip() or text_of(html)
    return text, clean_html(html)


def is_sane(html: str) -> bool:
    """Whether its tags are few and not nested beyond sense: a parser takes the square of the depth."""
    depth = 0
    for count, tag in enumerate(_TAG.finditer(html)):
        if tag[2].lower() not in _OPEN_ENDED:
            depth = max(depth - 1, 0) if tag[1] else depth + 1
        if depth > _DEPTH or count > _TAGS:
            return False
    return True


def text_of(html: str) -> str:
    """What somebody reads of HTML."""
    broken = _LINE_ENDS.sub("\n", html)
    bare = nh3.clean(broken, tags=set(), clean_content_tags={"script", "style", "title"})
    lines = (" ".join(line.split()) for line in entities.unescape(bare).splitlines())
    return clean(_BLANKS.sub("\n\n", "\n".join(lines))).strip()[:_TEXT]


def _attachments(parts: Iterable[Message]) -> list[dict[str, str | int]]:
    """Names, kinds and sizes; what is in them is not kept."""
    found: list[dict[str, str | int]] = []
    for part in parts:
        if _is_attached(part) and len(found) < _ATTACHMENTS:
            name = truncate(one_line(_decoded((part.get_filename() or "")[:_HEADER])), 200)
            payload = part.get_payload()
            size = len(payload) if isinstance(payload, str) else 0
            if str(part.get("Content-Transfer-Encoding", "")).lower().strip() == "base64":
                size = size * 3 // 4
            found.append({"name": name, "type": part.get_content_type()[:100], "size": size})
    return found


def _report(parts: Iterable[Message]) -> Report | None:
    """The words of the delivery-status part about its receiver."""
    for part in parts:
        blocks = part.get_payload() if part.get_content_type() == "message/delivery-status" else []
        for block in blocks if isinstance(blocks, list) else []:
            if isinstance(block, Message) and block.get("Action"):
                return Report(
                    action=_header(block, "Action").lower(),
                    status=_header(block, "Status").split(" ")[0],
                    words=_header(block, "Diagnostic-Code").partition(";")[2].strip()[:400],
                    receiver=_header(block, "Final-Recipient").partition(";")[2].strip()[:254],
                )
    return None


# --- what she wrote herself ----------------------------------------------------------------------

_WROTE = re.compile(r"(wrote|schrieb|a écrit|escribió|ha scritto|schreef|escreveu|skrev)\W{0,3}$")
_OPENS = ("on ", "am ", "le ", "el ", "il ", "op ", "em ", "den ")
_ORIGINAL = re.compile(
    r"^-{2,}\s?(original|ursprüngliche|forwarded|weitergeleitete)", re.IGNORECASE
)
_FROM = ("from: ", "von: ", "de : ", "de: ", "da: ", "van: ")


def without_quotes(text: str) -> str:
    """A reply without the message that it answers, and without a signature; all of it if nothing is left.

    One pass over the lines: the writer of a letter must not choose how long we read it.
    """
    lines = text.splitlines()
    end = next((place for place in range(len(lines)) if _ends(lines, place)), len(lines))
    kept = [line for line in lines[:end] if not line.startswith(">")]
    return "\n".join(kept).strip() or text.strip()


def _ends(lines: list[str], place: int) -> bool:
    line = lines[place][:300]
    if line in ("-- ", "--") or _ORIGINAL.match(line):
        return True
    low = line.strip().lower()
    following = lines[place + 1][:300].strip().lower() if place + 1 < len(lines) else ""
    if low.startswith(_FROM):
        return "@" in low or following.startswith(("sent: ", "date: ", "gesendet: ", "to: "))
    return low.startswith(_OPENS) and bool(_WROTE.search(low) or _WROTE.search(following))
