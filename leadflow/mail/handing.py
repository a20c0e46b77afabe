"""A provider hands mail over: what is answered, and what is written down where it fails."""

from django.utils.translation import gettext as _

from leadflow.kit import clock
from leadflow.mail import inbound, providers
from leadflow.mail.inbound import Came
from leadflow.mail.mailboxes import secret_of
from leadflow.mail.models import Mailbox

Answered = tuple[int, str]


def behind(code: str) -> Mailbox | None:
    """The mailbox whose door that is."""
    return Mailbox.objects.filter(code=code).exclude(kind=Mailbox.Kind.IMAP).first()


def refusal(mailbox: Mailbox, authorization: str, length: str) -> Answered | None:
    """What is answered before anything of the body is read; None where it may come in."""
    secret = secret_of(mailbox)
    if secret is None:
        _note(
            mailbox, _("The secret cannot be read: SECRET_KEY is another one now. Enter it again.")
        )
        return 503, "try again later"
    if not providers.may_call(mailbox, authorization, secret):
        return 401, "unsigned"
    if mailbox.is_paused:
        return 503, "paused, try again later"
    if not length.isdigit() or int(length) > providers.MAX_BODY:
        _note(
            mailbox, _("A mail of more than 30 MB was refused. Its sender is told by the provider.")
        )
        return 413, "too large"
    return None


def hand_over(mailbox: Mailbox, call: providers.Call) -> Answered:
    """Take the message in."""
    try:
        handed = providers.read(mailbox, call, secret_of(mailbox) or "")
    except providers.Unsigned:
        return 401, "unsigned"
    except providers.Unreadable as error:
        _note(mailbox, str(error))
        return 422, str(error)
    inbound.receive(Came(mailbox, handed.raw, event_key=handed.event_key))
    _note(mailbox, "")
    return 200, "taken"


def _note(mailbox: Mailbox, words: str) -> None:
    """When it called last, and what was wrong then."""
    Mailbox.objects.filter(pk=mailbox.pk).update(error=words, polled_at=clock.now())
