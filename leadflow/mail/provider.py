"""Mail through the HTTP API of a provider that django-anymail knows: the way out `provider:postmark`.

Anymail writes the request; the connection is made by `leadflow.net`. `begin` is committed once it stands,
before the first byte: what fails earlier is a clean retry, an answer that does not come is uncertain.
"""

import email
import re
from collections.abc import Callable
from email.policy import default as default_policy
from functools import partial
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives, get_connection

from leadflow import net
from leadflow.mail.ledger import Answer
from leadflow.mail.smtp import REUSE, Envelope, Outcome, Result, TransportDown

_AMAZON = "amazon_ses"  # the one that anymail reaches by boto3, an extra of this package
_KEYS = ("region_name", "aws_access_key_id", "aws_secret_access_key")
_NAME = re.compile(r"[a-z][a-z0-9_]{1,30}")
# what is written anew, and our own signature (DKIM), which does not fit what is: the provider signs
_WRITTEN_BY_US = frozenset(
    {"from", "to", "subject", "date", "reply-to", "mime-version", "content-type"}
    | {"content-transfer-encoding", "dkim-signature"}
)
_CLOSED = (401, 403, 429, 503)  # said of us, or of the moment: all mail waits
# Amazon SES says these with the status of a message that is wrong
_CLOSED_BY_NAME = frozenset(
    {"AccountSuspendedException", "SendingPausedException", "LimitExceededException"}
    | {"MailFromDomainNotVerifiedException"}
)
_LEAST_WRONG, _LEAST_UNKNOWN = 400, 500  # from here on it refused; from here on nobody knows


class _Fenced(Exception):
    """Begin said no."""


class Session:
    """One provider; each message is a request of its own."""

    handed_over = 0

    def __init__(self, backend: Any, lead: Callable[[Callable[[], None]], None]) -> None:
        self.backend = backend
        self._ready: Callable[[], None] = lambda: None
        lead(lambda: self._ready())

    @property
    def is_usable(self) -> bool:
        """Whether another message may go over it."""
        return self.handed_over < REUSE

    def announce(
        self, following: Envelope | None, before_waiting: Callable[[], None] | None
    ) -> None:
        """A request is complete in itself: nothing goes ahead of it."""

    def is_ahead(self, envelope: Envelope | None) -> bool:
        """Never."""
        del envelope
        return False

    def hand_over(
        self, sender: str, recipient: str, message: bytes, begin: Callable[[], int | None]
    ) -> Result:
        """Send one message; `begin` is called once connected and may refuse by returning None."""
        del sender  # it stands in From
        self.handed_over += 1
        begun: list[int] = []

        def ready() -> None:
            no = begin()
            if no is None:
                raise _Fenced
            begun.append(no)

        letter, self._ready = _for_django(message, recipient), ready
        try:
            self.backend.send_messages([letter])
        except _Fenced:
            return Result(Outcome.FENCED, Answer(None, "not sent"))
        except net.AnswerLost as error:
            return Result(Outcome.LOST, Answer(None, f"no answer: {error}"), begun[0])
        except net.Unreachable as error:
            return Result(Outcome.DOWN, Answer(None, str(error)))
        except _anymail_errors() as error:
            if not begun:  # the message cannot be written for this provider
                raise
            return _refused(error, begun[0])
        status = letter.anymail_status  # type: ignore[attr-defined]
        return Result(Outcome.ACCEPTED, Answer(250, f"provider {status.message_id}"), begun[0])

    def goodbye(self) -> None:
        """Nothing is held open between messages."""
        self.backend.close()


def _anymail_errors() -> type[Exception]:
    from anymail.exceptions import AnymailError  # noqa: PLC0415 - only who sends through a provider

    found: type[Exception] = AnymailError
    return found


def _refused(error: Any, no: int) -> Result:
    """What an answer that is no success means for this message, and for all others."""
    code, name = _code_of(error)
    answer = Answer(code, " ".join(str(error).split())[:300])
    if code in _CLOSED or name in _CLOSED_BY_NAME:
        return Result(Outcome.DOWN, answer, no)
    if code is None:  # each receiver was refused, though the request was fine
        return Result(Outcome.REFUSED, Answer(550, answer.text), no)
    if _LEAST_WRONG <= code < _LEAST_UNKNOWN:
        return Result(Outcome.REFUSED, Answer(554, answer.text), no)
    return Result(Outcome.LOST, answer, no)


def _code_of(error: Any) -> tuple[int | None, str]:
    """(status of the answer, the provider's name of the error where it has names)."""
    told = getattr(error, "response", None)
    if not isinstance(told, dict):  # all but Amazon SES
        return getattr(error, "status_code", None), ""
    return told["ResponseMetadata"]["HTTPStatusCode"], str(told["Error"].get("Code") or "")


class _Letter(EmailMultiAlternatives):
    """As Django has it. Who takes a message whole (Amazon SES) gets it with the lines and the date of RFC 5322,
    which Django leaves to SMTP."""

    date = ""

    def message(self, *args: Any, **kwargs: Any) -> Any:
        """The message as its bytes are made from it."""
        made = super().message(*args, **kwargs)
        made.replace_header("Date", self.date)
        made.as_bytes = partial(made.as_bytes, linesep="\r\n")  # type: ignore[method-assign, call-arg]
        return made


def _for_django(message: bytes, recipient: str) -> EmailMultiAlternatives:
    """The message that the ledger wrote, as Django's mail knows it."""
    parsed = email.message_from_bytes(message, policy=default_policy)
    plain, html = parsed.get_body(("plain",)), parsed.get_body(("html",))
    letter = _Letter(
        subject=str(parsed["Subject"]),
        body=str(plain.get_content()) if plain else "",
        from_email=str(parsed["From"]),
        to=[str(parsed["To"] or recipient)],
        reply_to=[str(parsed["Reply-To"])] if parsed["Reply-To"] else None,
        headers={
            name: str(value) for name, value in parsed.items() if name.lower() not in _WRITTEN_BY_US
        },
    )
    letter.date = str(parsed["Date"])
    if html is not None:
        letter.attach_alternative(str(html.get_content()), "text/html")
    for part in parsed.iter_attachments():
        letter.attach(part.get_filename(), part.get_payload(decode=True), part.get_content_type())
    return letter


def _open(name: str) -> Session:
    try:
        backend: Any = get_connection(f"anymail.backends.{name}.EmailBackend")
        if name == _AMAZON:
            _tame(backend)
        backend.open()
    except (ImportError, ImproperlyConfigured) as error:  # no such provider, or its key is missing
        raise TransportDown(f"provider {name}: {error}") from error
    if name == _AMAZON:
        return Session(backend, partial(net.lead_client, backend.client))
    return Session(backend, partial(net.lead_through, backend.session))


def _tame(backend: Any) -> None:
    """Nothing is sent twice by boto3 itself, and it looks for keys nowhere but in the setting.

    Where it is not told, it asks an address of the machine's own network for them.
    """
    told = backend.client_params
    missing = [one for one in _KEYS if not told.get(one)]
    if missing:
        sentence = f"AMAZON_SES_CLIENT_PARAMS of ANYMAIL names no {', '.join(missing)}"
        raise ImproperlyConfigured(sentence)
    told["config"].retries = {"total_max_attempts": 1}


def find(name: str) -> Callable[[], Session] | None:
    """What opens a session of a provider by the name that anymail gives it."""
    return partial(_open, name) if _NAME.fullmatch(name) else None
