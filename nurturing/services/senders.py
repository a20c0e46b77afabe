"""Whether the mails of a sequence come from somebody whose mailbox answered, and by whose domain."""

from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parseaddr

from django.conf import settings

from leadflow.mail.models import SenderIdentity
from leadflow.mail.selectors import default_sender
from nurturing.rules import Step


@dataclass(frozen=True)
class Checked:
    """A sender: the address in its mails, the domain behind it, whether the mailbox was proved."""

    address: str
    domain: str
    is_proved: bool


def checked(mails: Iterable[Step]) -> list[Checked]:
    """The senders of these mails, each once, in two queries."""
    wanted = [step.get("sender") or None for step in mails]
    chosen = {int(pk) for pk in wanted if pk is not None}
    rows = list(SenderIdentity.objects.filter(pk__in=chosen).order_by("email"))
    found = [_of(row.email, is_proved=row.verified_at is not None) for row in rows]
    if None in wanted:
        usual = default_sender()
        address = usual.email if usual else parseaddr(settings.MAIL_FROM)[1]
        found.insert(0, _of(address, is_proved=usual is not None))
    return found


def _of(address: str, *, is_proved: bool) -> Checked:
    return Checked(address, address.rpartition("@")[2], is_proved)
