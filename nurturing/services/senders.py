"""Whether the mails of a sequence come from somebody whose mailbox answered, and what DNS said of the domain."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr

from django.conf import settings

from leadflow.mail import deliverability
from leadflow.mail.deliverability import Verdict
from leadflow.mail.models import SenderIdentity
from leadflow.mail.selectors import default_sender
from nurturing.rules import Step


@dataclass(frozen=True)
class Checked:
    """A sender: the address in its mails, whether the mailbox was proved.

    Of the domain: when DNS was asked last (None: never), and what of SPF, DKIM and DMARC was not in order.
    """

    address: str
    domain: str
    is_proved: bool
    looked_at: datetime | None = None
    wrong: tuple[Verdict, ...] = ()

    @property
    def is_broken(self) -> bool:
        """Whether mailbox providers would turn its mail away, or count it as spam."""
        return any(one.state == deliverability.BAD for one in self.wrong)


def checked(mails: Iterable[Step]) -> list[Checked]:
    """The senders of these mails, each once, in three queries; DNS is not asked here."""
    found = _addresses(mails)
    looks = deliverability.last_looks({address.rpartition("@")[2] for address in found})
    rows = []
    for address, is_proved in found.items():
        domain = address.rpartition("@")[2]
        look = looks.get(domain.lower())
        at, wrong = (look.at, look.wrong) if look else (None, ())
        rows.append(Checked(address, domain, is_proved, at, wrong))
    return rows


def _addresses(mails: Iterable[Step]) -> dict[str, bool]:
    """Address -> whether it was proved, the usual sender first."""
    wanted = [step.get("sender") or None for step in mails]
    found: dict[str, bool] = {}
    if None in wanted:
        usual = default_sender()
        found[usual.email if usual else parseaddr(settings.MAIL_FROM)[1]] = usual is not None
    chosen = {int(pk) for pk in wanted if pk is not None}
    for row in SenderIdentity.objects.filter(pk__in=chosen).order_by("email"):
        found[row.email] = row.verified_at is not None
    return found
