"""The bytes of a message: plain values are written as they are, all others by Python's `email` package.

Most of a letter is the same for each reader, and the package parses and folds every header of it anew.
What is printable ASCII and fits its line needs neither; names with commas, umlauts and long subjects do.
"""

import base64
import re
from binascii import b2a_qp
from collections.abc import Iterable
from email.headerregistry import Address as Mailbox
from email.policy import SMTP as _POLICY

from leadflow.kit.remembering import remembered

_LINE = 78  # RFC 5322, 2.1.1: what a line should not pass
# RFC 2047, 2: with an encoded word in it 76
_POLICIES = {
    False: _POLICY.clone(max_line_length=76),
    True: _POLICY.clone(max_line_length=76, utf8=True),
}
_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOTTED = rf"{_ATOM}(?:\.{_ATOM})*"
_ADDRESS = re.compile(rf"{_DOTTED}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_NAME = re.compile(rf"{_ATOM}(?: {_ATOM})*")
_WORD = "=?"  # how an encoded word begins
# RFC 2369 and 5322 know no encoded words there, so the package's way with a long one is no way
_LITERAL = frozenset(
    {"message-id", "in-reply-to", "references", "list-unsubscribe", "list-unsubscribe-post"}
)
_METHOD = re.compile(r"^METHOD:([A-Z]+)$", re.MULTILINE)

Field = tuple[str, str | Mailbox]


def written(
    head: Iterable[Field], *, text: str, html: str, calendar: str, mark: str, international: bool
) -> bytes:
    """A message of these header fields and parts; `mark` tells its parts from those of any other.

    Raises ValueError for a value that no header may have.
    """
    lines = [_field(name, value, international) for name, value in head]
    kind, body = _part("plain", text)
    if html:
        kind, body = _many("alternative", f"=_a{mark}", [(kind, body), _part("html", html)])
    if calendar:
        kind, body = _many("mixed", f"=_m{mark}", [(kind, body), _calendar(calendar)])
    return b"".join([*lines, b"MIME-Version: 1.0\r\n", kind, b"\r\n", body])


def mailbox(name: str, address: str) -> Mailbox:
    """A name and an address as a header takes them. Raises ValueError for what is no address."""
    local, _at, domain = address.rpartition("@")
    if not local or not domain or any(sign.isspace() for sign in domain):
        raise ValueError(f"{address!r} is no address")
    return Mailbox(display_name=name, username=local, domain=domain)


def is_plain(address: str) -> bool:
    """Whether an address needs neither quotes nor anything beyond ASCII."""
    return bool(_ADDRESS.fullmatch(address))


# --- the head ---------------------------------------------------------------------------------------


def _field(name: str, value: str | Mailbox, international: bool) -> bytes:
    plain = _plain_mailbox(value) if isinstance(value, Mailbox) else _plain_text(name, value)
    if plain is not None:
        if len(name) + 2 + len(plain) <= _LINE:
            return f"{name}: {plain}\r\n".encode("ascii")
        if name.lower() in _LITERAL:
            return _folded(name, plain)
    if isinstance(value, Mailbox):
        return _mailbox_by_library(
            name, value.display_name, value.username, value.domain, international
        )
    return _by_library(name, value, international)


def _plain_mailbox(value: Mailbox) -> str | None:
    """As it may stand there unquoted; None where it may not."""
    address = f"{value.username}@{value.domain}"
    if not is_plain(address):
        return None
    if not value.display_name:
        return address
    needs_none = _NAME.fullmatch(value.display_name) and _WORD not in value.display_name
    return f"{value.display_name} <{address}>" if needs_none else None


def _plain_text(name: str, value: str) -> str | None:
    if name.lower() == "reply-to":
        return value if is_plain(value) else None
    return value if _PLAIN.fullmatch(value) and _WORD not in value else None


def _folded(name: str, value: str) -> bytes:
    """Broken between its words alone, whatever their length."""
    lines = [f"{name}:"]
    for word in value.split(" "):
        is_first = lines == [f"{name}:"]
        if is_first or len(lines[-1]) + 1 + len(word) <= _LINE:
            lines[-1] += f" {word}"
        else:
            lines.append(f" {word}")
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


# what a batch shares, the sender for instance, is encoded and folded once
@remembered
def _by_library(name: str, value: str, international: bool) -> bytes:
    return _encoded(name, value, international)


@remembered
def _mailbox_by_library(
    name: str, shown: str, local: str, domain: str, international: bool
) -> bytes:
    return _encoded(name, Mailbox(shown, local, domain), international)


def _encoded(name: str, value: str | Mailbox, international: bool) -> bytes:
    policy = _POLICIES[international]
    return policy.fold_binary(*policy.header_store_parse(name, value))


# --- the parts --------------------------------------------------------------------------------------

_Part = tuple[bytes, bytes]  # what its head says of its kind, and what it says


def _part(subtype: str, words: str) -> _Part:
    kind = f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
    return (kind + "Content-Transfer-Encoding: quoted-printable\r\n").encode("ascii"), quoted(words)


def quoted(words: str) -> bytes:
    """As quoted-printable with line ends of two bytes (RFC 2045, 6.7)."""
    raw = words.encode("utf-8")
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not raw.endswith(b"\n"):
        raw += b"\n"
    return b2a_qp(raw, istext=True).replace(b"\n", b"\r\n")


def _many(subtype: str, boundary: str, parts: list[_Part]) -> _Part:
    """Parts below one another. Their boundary holds `=_`, which no encoded part can hold."""
    kind = f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n'.encode("ascii")
    edge = f"--{boundary}".encode("ascii")
    body = b"".join(b"%b\r\n%b\r\n%b\r\n" % (edge, head, words) for head, words in parts)
    return kind, body + edge + b"--\r\n"


def _calendar(calendar: str) -> _Part:
    """The calendar file; mail programs read in the head of the part what they are to do with it."""
    found = _METHOD.search(calendar)
    kind = (
        f'Content-Type: text/calendar; charset="utf-8"; method="{found[1] if found else "PUBLISH"}"\r\n'
        "Content-Transfer-Encoding: base64\r\n"
        'Content-Disposition: attachment; filename="event.ics"\r\n'
    )
    # the ledger keeps bare line ends, the format wants both
    file = base64.encodebytes(calendar.replace("\n", "\r\n").encode("utf-8"))
    return kind.encode("ascii"), file.replace(b"\n", b"\r\n")
