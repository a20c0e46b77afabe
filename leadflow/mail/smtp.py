"""The SMTP client: one message, one recipient, and exact knowledge of how far it came.

The stock client raises the same error for a cut before MAIL and for a cut after the server took the
message. This one calls `begin` between the server's 354 and the first byte, and tells what happened.
"""

import select
import smtplib
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any

from django.conf import settings

from leadflow.mail import mime
from leadflow.mail.ledger import Answer

TIMEOUT = 60.0
PARTING = 2.0
SOON = 0.02  # seconds; how long the end of one message may wait for the beginning of the next
REUSE = 100
_DROPPED = (smtplib.SMTPServerDisconnected, OSError)
_GO_AHEAD = 354
_EXPECTED = ((250,), (250, 251), (_GO_AHEAD,))  # what MAIL, RCPT and DATA are answered with
_ABOUT_RECEIVER = (False, True, False)


@dataclass(frozen=True)
class Server:
    """A server that takes mail, and how to sign in there."""

    host: str
    port: int = 587
    security: str = "starttls"  # or tls, none
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)  # of the provider, in place of a password


def configured() -> Server:
    """The server that the settings name."""
    return Server(
        settings.SMTP_HOST, settings.SMTP_PORT, settings.SMTP_SECURITY, settings.SMTP_USER,
        settings.SMTP_PASSWORD,
    )  # fmt: skip


class Outcome(StrEnum):
    """How a hand-over ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # a final no, 5xx
    DEFERRED = "deferred"  # a clean not-now: 4xx, or cut before the dot
    DOWN = "down"  # the transport itself: 421, 454, no sign-in
    FENCED = "fenced"  # begin said no; nothing was sent
    LOST = "lost"  # cut after the dot, before the answer


@dataclass(frozen=True)
class Result:
    """The outcome with the server's words, and the attempt where one was begun."""

    outcome: Outcome
    answer: Answer
    no: int | None = None


@dataclass(frozen=True)
class Envelope:
    """From whom to whom, and how many bytes."""

    sender: str
    recipient: str
    size: int


class TransportDown(Exception):
    """No session could be had: refused, no greeting, TLS or sign-in failed."""


class NotLetIn(TransportDown):
    """The server was reached and refused the sign-in."""


class Wire(smtplib.SMTP):
    """A session that hands over one message at a time.

    Where the server offers pipelining, the envelope of the next message goes along with the text of the
    one before it (RFC 2920, 3.1): then its 354 is there when the first was accepted.
    """

    handed_over = 0
    _following: Envelope | None = None
    _ahead: Envelope | None = None  # what the server was sent the envelope of, beyond this message
    _before_waiting: Callable[[], None] | None = None

    @property
    def is_usable(self) -> bool:
        """Whether another message may go over it: it is still open, and not too long in use."""
        return self.sock is not None and self.handed_over < REUSE

    def announce(
        self, following: Envelope | None, before_waiting: Callable[[], None] | None
    ) -> None:
        """Say what comes behind the next message, and what is to be done rather than wait for its 354."""
        self._following, self._before_waiting = following, before_waiting

    def is_ahead(self, envelope: Envelope | None) -> bool:
        """Whether the server has the envelope of that message already."""
        return self.sock is not None and envelope is not None and self._ahead == envelope

    def hand_over(
        self, sender: str, recipient: str, message: bytes, begin: Callable[[], int | None]
    ) -> Result:
        """Send one message; `begin` is called after 354 and may refuse by returning None."""
        self.handed_over += 1
        try:
            refusal = self._envelope(Envelope(sender, recipient, len(message)))
        except _DROPPED as error:
            self.close()
            return Result(Outcome.DEFERRED, Answer(None, f"cut before the message: {error}"))
        except BaseException:
            self.close()
            raise
        if refusal is not None:
            if self._before_waiting is not None:
                self._before_waiting()
            return self._refused(refusal)
        # After 354 there is no way back: the server discards what has no final dot, and would take any
        # further command, a QUIT too, for text of the message and wait for more.
        try:
            no = begin()
        except BaseException:
            self.close()
            raise
        if no is None:
            self.close()
            return Result(Outcome.FENCED, Answer(None, "not sent"))
        return self._body(message, no)

    def _envelope(self, envelope: Envelope) -> Answer | None:
        """MAIL, RCPT and DATA; the answer that was not the expected one, if any."""
        if self._ahead is not None:
            is_this, self._ahead = self._ahead == envelope, None
            if not is_this:
                raise smtplib.SMTPServerDisconnected("another message was announced")
            return self._answers()
        self.ehlo_or_helo_if_needed()
        lines = self._lines(envelope)
        if isinstance(lines, Answer):
            return lines
        if self.has_extn("pipelining"):
            self.send(_joined(lines))
            return self._answers()
        return self._one_by_one(lines)

    def _lines(self, envelope: Envelope) -> tuple[bytes, bytes, bytes] | Answer:
        """The commands of an envelope, or why this server cannot have them."""
        options = [f"size={envelope.size}"] if self.has_extn("size") else []
        encoding = "ascii"
        if not (envelope.sender + envelope.recipient).isascii():
            if not self.has_extn("smtputf8"):
                return Answer(553, "5.6.7 the server takes no international addresses")
            encoding = "utf-8"
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        mail = f"MAIL FROM:{_in_brackets(envelope.sender)}"
        lines = (
            "".join([mail, *(f" {option}" for option in options)]),
            f"RCPT TO:{_in_brackets(envelope.recipient)}",
        )
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError("a command is one line")
        return lines[0].encode(encoding), lines[1].encode(encoding), b"DATA"

    def _one_by_one(self, lines: tuple[bytes, bytes, bytes]) -> Answer | None:
        for line, expected, about in zip(lines, _EXPECTED, _ABOUT_RECEIVER, strict=True):
            self.send(line + b"\r\n")
            code, text = self.getreply()
            if code not in expected:
                return Answer(code, _words(text), about_receiver=about)
        return None

    def _answers(self) -> Answer | None:
        """RFC 2920: one write, three answers; the first that was not the expected one counts.

        A server that says 354 all the same now waits for text: nothing but a cut tells it that there is none.
        """
        wrong: Answer | None = None
        for expected, about in zip(_EXPECTED, _ABOUT_RECEIVER, strict=True):
            if self._before_waiting is not None and not self._comes_soon():
                self._before_waiting()
            try:
                code, text = self.getreply()
            except _DROPPED:
                if wrong is None:
                    raise
                break  # it said why, and left
            if wrong is None and code not in expected:
                wrong = Answer(code, _words(text), about_receiver=about)
        if wrong is not None and code == _GO_AHEAD:
            self.close()
        return wrong

    def _comes_soon(self) -> bool:
        """Whether an answer is there, or comes any moment."""
        ends = time.monotonic() + SOON
        while self.sock is not None and not self._has_read(self.sock):
            left = ends - time.monotonic()
            if left <= 0 or not select.select([self.sock], [], [], left)[0]:
                return False
        return True

    def _has_read(self, sock: Any) -> bool:
        """Whether a line of an answer came along with an earlier one, and lies in a buffer."""
        if self.file is None:
            return False
        patience = sock.gettimeout()
        sock.setblocking(False)
        try:
            return b"\n" in self.file.peek(1)
        except ssl.SSLWantReadError:
            return False
        except OSError:
            return True  # reading it tells what is wrong
        finally:
            sock.settimeout(patience)

    def _refused(self, answer: Answer, no: int | None = None) -> Result:
        code = answer.code or 0
        if code in (421, 454, 530, 535, 538) or code < 400:
            self.close()
            return Result(Outcome.DOWN, answer, no)
        if no is None:
            self._reset()
        return Result(Outcome.DEFERRED if code < 500 else Outcome.REFUSED, answer, no)

    def _reset(self) -> None:
        if self.sock is None:
            return
        try:
            self.rset()
        except _DROPPED:
            self.close()

    def _body(self, message: bytes, no: int) -> Result:
        text = _dot_stuffed(message) + b".\r\n"
        # one write: what the system did not take whole has no final dot, and a server keeps
        # nothing without it
        taken, error = self._push(text + self._along())
        if taken < len(text):
            self.close()
            return Result(Outcome.DEFERRED, Answer(None, f"cut inside the message: {error}"), no)
        try:
            code, text = self.getreply()
        except _DROPPED as error:
            self.close()
            return Result(Outcome.LOST, Answer(None, f"cut after the message: {error}"), no)
        if 200 <= code < 300:
            return Result(Outcome.ACCEPTED, Answer(code, _words(text)), no)
        if code < 400:
            self.close()
            return Result(Outcome.LOST, Answer(code, _words(text)), no)
        return self._refused(Answer(code, _words(text)), no)

    def _along(self) -> bytes:
        """The envelope of the next message, where there is one and the server can have it now."""
        following = self._following
        if following is None or not self.is_usable or not self.has_extn("pipelining"):
            return b""
        try:
            lines = self._lines(following)
        except ValueError:  # it fails alone, when it is its turn
            return b""
        if isinstance(lines, Answer):
            return b""
        self._ahead = following
        return _joined(lines)

    def _push(self, data: bytes) -> tuple[int, Exception | None]:
        """Write; how many bytes the system took, and what kept it from taking more."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self.sock.send(rest) :]  # type: ignore[union-attr]
        except OSError as error:
            return len(data) - len(rest), error
        return len(data), None

    def goodbye(self) -> None:
        """Leave politely; whether the server hears it does not matter, so nobody waits for it long."""
        if self._ahead is not None:  # it waits for a text that does not come
            self.close()
        try:
            if self.sock is not None:
                self.sock.settimeout(PARTING)
            self.quit()
        except (*_DROPPED, smtplib.SMTPException):
            self.close()


class TLSWire(smtplib.SMTP_SSL, Wire):
    """The same over TLS from the first byte (port 465)."""


def connect(server: Server | None = None) -> Wire:
    """A greeted, encrypted and signed-in session with a server, or with that of the settings.

    Raises TransportDown where there is none to be had.
    """
    server = server or configured()
    try:
        return _connect(server)
    except smtplib.SMTPAuthenticationError as error:
        said = _words(error.smtp_error)
        raise NotLetIn(f"{server.host}:{server.port}: {error.smtp_code} {said}") from error
    except (OSError, smtplib.SMTPException) as error:
        raise TransportDown(f"{server.host}:{server.port}: {error}") from error


@cache
def _trust() -> ssl.SSLContext:
    """Whom the machine trusts: reading it takes some tens of milliseconds, so it is read once."""
    return ssl.create_default_context()


def _connect(server: Server) -> Wire:
    if server.security == "tls":
        wire: Wire = TLSWire(server.host, server.port, timeout=TIMEOUT, context=_trust())
    else:
        wire = Wire(server.host, server.port, timeout=TIMEOUT)
    try:
        wire.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            wire.starttls(context=_trust())
            wire.ehlo()
        if server.token:
            told = f"user={server.user}\x01auth=Bearer {server.token}\x01\x01"
            wire.auth("XOAUTH2", lambda asked=None: told if asked is None else "")
        elif server.user:
            wire.login(server.user, server.password)
    except (OSError, smtplib.SMTPException):
        wire.close()
        raise
    return wire


def _in_brackets(address: str) -> str:
    return f"<{address}>" if mime.is_plain(address) else smtplib.quoteaddr(address)


def _joined(lines: tuple[bytes, bytes, bytes]) -> bytes:
    return b"".join(line + b"\r\n" for line in lines)


def _dot_stuffed(message: bytes) -> bytes:
    """As RFC 5321 4.5.2 wants it: line ends of two bytes, a dot before a dot at the start of a line."""
    ends = message.count(b"\r\n")
    if not message.count(b"\n") == message.count(b"\r") == ends:  # ours have both bytes
        lines = message.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        message = lines.replace(b"\n", b"\r\n")
    quoted = message.replace(b"\n.", b"\n..")
    quoted = b"." + quoted if quoted.startswith(b".") else quoted
    return quoted if quoted.endswith(b"\r\n") else quoted + b"\r\n"


def _words(text: bytes | str) -> str:
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(shown.split())
