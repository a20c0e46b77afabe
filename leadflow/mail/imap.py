"""The IMAP client: looks into one folder and reads, never marks, moves or deletes.

What the server sends is not trusted either: a line, a message and the whole session have a limit.
"""

import base64
import imaplib
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from leadflow.kit.text import one_line, truncate

TIMEOUT = 20.0
SESSION = 120.0
_LITERAL = 11_000_000
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class Failed(Exception):
    """A mailbox could not be read; the words are for the person who set it up."""


class Refused(Failed):
    """The server was reached and does not let us in."""


@dataclass(frozen=True)
class Account:
    """How a mailbox is reached; with a `token` of its provider, or by password."""

    host: str
    port: int
    security: str
    username: str
    password: str
    folder: str = "INBOX"
    token: str = ""


@dataclass(frozen=True)
class Found:
    """A message of the folder before it is fetched."""

    uid: int
    size: int


class _Guarded(imaplib.IMAP4):
    """A session that gives up on a server that sends without end."""

    deadline = 0.0

    def read(self, size: int) -> bytes:
        """A literal, unless it is longer than any message that we ask for."""
        if size > _LITERAL:
            raise self.abort("too much")
        self._in_time()
        return super().read(size)

    def readline(self) -> bytes:
        """A line of an answer."""
        self._in_time()
        return super().readline()

    def _in_time(self) -> None:
        if self.deadline and time.monotonic() > self.deadline:
            raise self.abort("too slow")


class _GuardedTLS(imaplib.IMAP4_SSL, _Guarded):
    """The same over TLS from the first byte."""


class Session:
    """An open folder, for reading."""

    def __init__(self, wire: _Guarded, folder: str) -> None:
        self._wire = wire
        self._expect(
            wire.select(_quoted(folder), readonly=True),
            _("There is no folder “%(name)s” in this mailbox.") % {"name": folder},
        )
        self.validity = self._number("UIDVALIDITY")
        self.next_uid = self._number("UIDNEXT")

    def newer(self, uid: int) -> list[int]:
        """The UIDs after this one, in order."""
        return [one for one in self._search(f"UID {uid + 1}:*") if one > uid]

    def since(self, day: date) -> list[int]:
        """The UIDs of what came on this day or later, in order."""
        return self._search(f"SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}")

    def sizes(self, uids: list[int]) -> list[Found]:
        """How long each of these messages is; what was deleted meanwhile is left out."""
        if not uids:
            return []
        answer = self._answer("FETCH", ",".join(map(str, uids)), "(UID RFC822.SIZE)")
        lines = [one for one in answer if isinstance(one, bytes)]
        pairs = ((_UID.search(line), _SIZE.search(line)) for line in lines)
        found = {int(uid[1]): int(size[1]) for uid, size in pairs if uid and size}
        return [Found(uid, found[uid]) for uid in uids if uid in found]

    def fetch(self, uid: int, *, most: int | None = None) -> bytes:
        """The message, or its headers up to `most` bytes."""
        what = "BODY.PEEK[]" if most is None else f"BODY.PEEK[HEADER]<0.{most}>"
        answer = self._answer("FETCH", str(uid), f"({what})")
        return next((part[1] for part in answer if isinstance(part, tuple)), b"")

    def _search(self, *criteria: str) -> list[int]:
        answer = self._answer("SEARCH", *criteria)
        return sorted(int(n) for part in answer if isinstance(part, bytes) for n in part.split())

    def _answer(self, command: str, *args: str) -> list[Any]:
        what = _("The server did not answer as a mail server does.")
        return self._expect(self._wire.uid(command, *args), what)

    def _expect(self, answer: tuple[str, list[Any]], sentence: str) -> list[Any]:
        state, data = answer
        if state != "OK":
            raise Failed(sentence)
        return data

    def _number(self, name: str) -> int:
        data = self._wire.response(name)[1]
        value = data[-1] if data else None
        return int(value) if isinstance(value, bytes) and value.isdigit() else 0


@contextmanager
def session(account: Account) -> Iterator[Session]:
    """The folder of an account, opened for reading. Raises Failed with words for every way it fails."""
    with _connected(account) as wire:
        yield Session(wire, account.folder)


def xoauth2(username: str, token: str) -> str:
    """What SMTP and IMAP are told by who signs in with a token of her provider."""
    return f"user={username}\x01auth=Bearer {token}\x01\x01"


def append(account: Account, folder: str, raw: bytes) -> None:
    """Put a message into a folder, as read. Raises Failed with words for every way it fails."""
    with _connected(account) as wire:
        state, _data = wire.append(_quoted(folder), r"(\Seen)", "", raw)
        if state != "OK":
            raise Failed(_("There is no folder “%(name)s” in this mailbox.") % {"name": folder})


@contextmanager
def _connected(account: Account) -> Iterator[_Guarded]:
    wire = None
    try:
        wire = _connect(account)
        yield wire
    except imaplib.IMAP4.error as error:
        raise Failed(_("The connection to %(host)s broke off.") % {"host": account.host}) from error
    except OSError as error:
        raise Failed(_why(account, error)) from error
    finally:
        if wire is not None:
            _leave(wire)


def _connect(account: Account) -> _Guarded:
    context = ssl.create_default_context()
    if account.security == "tls":
        wire: _Guarded = _GuardedTLS(
            account.host, account.port, ssl_context=context, timeout=TIMEOUT
        )
    else:
        wire = _Guarded(account.host, account.port, timeout=TIMEOUT)
    wire.deadline = time.monotonic() + SESSION
    try:
        if account.security == "starttls":
            wire.starttls(context)
        _sign_in(wire, account)
    except BaseException:
        _leave(wire)
        raise
    return wire


def _sign_in(wire: _Guarded, account: Account) -> None:
    try:
        if account.token:
            bearer = xoauth2(account.username, account.token).encode()
            wire.authenticate("XOAUTH2", lambda asked: b"" if asked else bearer)
        elif "AUTH=PLAIN" in wire.capabilities:  # takes any sign; LOGIN takes ASCII
            told = f"\0{account.username}\0{account.password}".encode()
            wire.authenticate("PLAIN", lambda _asked: told)
        else:
            wire.login(_string(account.username), account.password)
    except UnicodeEncodeError as error:
        raise Failed(_("This server takes passwords of plain letters only.")) from error
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        said = truncate(one_line(str(error).removeprefix("b'").removesuffix("'")), 120)
        raise Refused(
            _("%(host)s refused the user name and password. It said: %(said)s")
            % {"host": account.host, "said": said}
        ) from error


def _leave(wire: _Guarded) -> None:
    """Politely where it works; whether the server hears it does not matter."""
    wire.deadline = 0.0
    _quietly(wire.logout)
    _quietly(wire.shutdown)


def _quietly(action: Callable[[], object]) -> None:
    try:
        action()
    except (OSError, imaplib.IMAP4.error):
        return


def _why(account: Account, error: OSError) -> str:
    """What a person can do something about."""
    where = {"host": account.host, "port": account.port}
    if isinstance(error, socket.gaierror):
        return _("There is no server called %(host)s.") % where
    if isinstance(error, TimeoutError):
        return _("%(host)s did not answer in time at port %(port)s.") % where
    if isinstance(error, ConnectionRefusedError):
        return _("%(host)s takes no connection at port %(port)s.") % where
    if isinstance(error, ssl.SSLCertVerificationError):
        return _("The certificate of %(host)s is not valid for this name.") % where
    if isinstance(error, ssl.SSLError):
        return _("%(host)s does not speak TLS at port %(port)s.") % where
    return _("The connection to %(host)s broke off.") % where


def _quoted(folder: str) -> str:
    """A folder's name as IMAP writes it: modified UTF-7, in quotes (RFC 3501, 5.1.3)."""
    return _string(re.sub(r"&|[^\x20-\x7e]+", _shifted, folder))


def _string(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _shifted(match: re.Match[str]) -> str:
    if match[0] == "&":
        return "&-"
    coded = base64.b64encode(match[0].encode("utf-16-be")).decode()
    return "&" + coded.rstrip("=").replace("/", ",") + "-"
