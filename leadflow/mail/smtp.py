"""The SMTP client: one message, one recipient, and exact knowledge of how far it came.

The stock client raises the same error for a cut before MAIL and for a cut after the server took the
message. This one calls `begin` between the server's 354 and the first byte, and tells what happened.
"""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from django.conf import settings

from leadflow.mail.ledger import Answer

TIMEOUT = 60.0
PARTING = 2.0
REUSE = 100
_DROPPED = (smtplib.SMTPServerDisconnected, OSError)


@dataclass(frozen=True)
class Server:
    """A server that takes mail, and how to sign in there."""

    host: str
    port: int = 587
    security: str = "starttls"  # or tls, none
    user: str = ""
    password: str = field(default="", repr=False)


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


class TransportDown(Exception):
    """No session could be had: refused, no greeting, TLS or sign-in failed."""


class Wire(smtplib.SMTP):
    """A session that hands over one message at a time."""

    handed_over = 0

    @property
    def is_usable(self) -> bool:
        """Whether another message may go over it: it is still open, and not too long in use."""
        return self.sock is not None and self.handed_over < REUSE

    def hand_over(
        self, sender: str, recipient: str, message: bytes, begin: Callable[[], int | None]
    ) -> Result:
        """Send one message; `begin` is called after 354 and may refuse by returning None."""
        self.handed_over += 1
        try:
            refusal = self._envelope(sender, recipient, message)
        except _DROPPED as error:
            self.close()
            return Result(Outcome.DEFERRED, Answer(None, f"cut before the message: {error}"))
        if refusal is not None:
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

    def _envelope(self, sender: str, recipient: str, message: bytes) -> Answer | None:
        """MAIL, RCPT and DATA; the answer that was not the expected one, if any."""
        self.ehlo_or_helo_if_needed()
        options = [f"size={len(message)}"] if self.has_extn("size") else []
        if not (sender + recipient).isascii():
            if not self.has_extn("smtputf8"):
                return Answer(553, "5.6.7 the server takes no international addresses")
            self.command_encoding = "utf-8"
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        code, text = self.mail(sender, options)
        if code != 250:
            return Answer(code, _words(text))
        code, text = self.rcpt(recipient)
        if code not in (250, 251):
            return Answer(code, _words(text), about_receiver=True)
        code, text = self.docmd("DATA")
        return None if code == 354 else Answer(code, _words(text))

    def _refused(self, answer: Answer, no: int | None = None) -> Result:
        code = answer.code or 0
        if code in (421, 454, 530, 535, 538) or code < 400:
            self.close()
            return Result(Outcome.DOWN, answer, no)
        if no is None:
            self._reset()
        return Result(Outcome.DEFERRED if code < 500 else Outcome.REFUSED, answer, no)

    def _reset(self) -> None:
        try:
            self.rset()
        except _DROPPED:
            self.close()

    def _body(self, message: bytes, no: int) -> Result:
        quoted = _dot_stuffed(message)
        try:
            self.send(quoted)
        except _DROPPED as error:
            # The dot never left, and a server keeps nothing without it.
            self.close()
            return Result(Outcome.DEFERRED, Answer(None, f"cut inside the message: {error}"), no)
        try:
            self.send(b".\r\n")
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

    def goodbye(self) -> None:
        """Leave politely; whether the server hears it does not matter, so nobody waits for it long."""
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
    except (OSError, smtplib.SMTPException) as error:
        raise TransportDown(f"{server.host}:{server.port}: {error}") from error


def _connect(server: Server) -> Wire:
    context = ssl.create_default_context()
    if server.security == "tls":
        wire: Wire = TLSWire(server.host, server.port, timeout=TIMEOUT, context=context)
    else:
        wire = Wire(server.host, server.port, timeout=TIMEOUT)
    try:
        wire.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            wire.starttls(context=context)
            wire.ehlo()
        if server.user:
            wire.login(server.user, server.password)
    except (OSError, smtplib.SMTPException):
        wire.close()
        raise
    return wire


def _dot_stuffed(message: bytes) -> bytes:
    lines = message.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    return b"".join((b"." + line if line[:1] == b"." else line) + b"\r\n" for line in lines)


def _words(text: bytes | str) -> str:
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(shown.split())
