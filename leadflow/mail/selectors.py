"""What the outbox shows."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.errors import MessageError

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from leadflow.kit.text import clean
from leadflow.mail import transports
from leadflow.mail.compose import Composed, compose, preview_html
from leadflow.mail.models import COUNTED, OUTBOX, Delivery, InboundMail, SenderIdentity, Transport
from leadflow.models import Activity
from leadflow.people.models import User

_S = Delivery.State
VIEWS: dict[str, list[str]] = {
    "all": [],
    "waiting": [_S.PLANNED, _S.QUEUED, _S.CLAIMED, _S.SENDING],
    "sent": [str(state) for state in COUNTED],
    "uncertain": [_S.UNCERTAIN],
    "stopped": [_S.FAILED, _S.SKIPPED],
    "held": [_S.PLANNED],
}


def leaves() -> bool:
    """Whether mail goes out at all, or every message stays in the local outbox."""
    return any(transports.usual(kind) != OUTBOX for kind in Delivery.Kind.values)


def outbox(user: User, *, view: str = "all", search: str = "") -> QuerySet[Delivery]:
    """The messages that the user may read, newest first."""
    rows = Delivery.objects.visible_to(user).select_related("lead")
    if VIEWS[view]:
        rows = rows.filter(state__in=VIEWS[view])
    if view == "held":
        rows = rows.held()
    if search:
        rows = rows.filter(to_norm__contains=clean(search).strip().lower())
    return rows.order_by("-id")


def waiting_for_a_person(user: User) -> dict[str, int]:
    """How many messages need a decision, by view."""
    rows = Delivery.objects.visible_to(user)
    return {"uncertain": rows.uncertain().count(), "held": rows.held().count()}


ANSWER_WITHIN = timedelta(days=1)


def unanswered(at: datetime) -> QuerySet[InboundMail]:
    """Letters and replies of leads to which nobody reached out within a day."""
    touched = Activity.objects.touches().filter(lead=OuterRef("lead_id"))
    letters = InboundMail.objects.filter(
        kind__in=[InboundMail.Kind.LETTER, InboundMail.Kind.REPLY], lead__isnull=False,
        received_at__lt=at - ANSWER_WITHIN,
    )  # fmt: skip
    return letters.exclude(Exists(touched.after("received_at", within=ANSWER_WITHIN)))


def default_sender() -> SenderIdentity | None:
    """Whom mail comes from for which nobody chose a sender; None is the address in MAIL_FROM."""
    return SenderIdentity.objects.filter(is_default=True).first()


def breaker() -> Transport | None:
    """The transport that did not answer last time, if one."""
    return Transport.objects.filter(failures__gt=0).first()


@dataclass(frozen=True)
class Shown:
    """A message as a person reads it; `error` says why it could not be written."""

    text: str
    html: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    targets: list[tuple[str, str]] = field(default_factory=list)
    error: str = ""


def shown(delivery: Delivery) -> Shown:
    """The message exactly as it leaves, made safe to look at.

    The links of essential mail (a reset, an invitation, a confirmation) open a door for whoever reads
    them, so where mail leaves they are its receiver's alone. Where none leaves, this is her mailbox.
    """
    hide = _without_links if leaves() and delivery.kind == Delivery.Kind.ESSENTIAL else str
    try:
        made: Composed = compose(delivery)
    except (ValueError, LookupError, MessageError) as error:
        return Shown(text=hide(delivery.text), error=str(error))
    skip = ("content-type", "mime-version", "content-transfer-encoding")
    headers = [(k, str(v)) for k, v in made.message.items() if k.lower() not in skip]
    return Shown(hide(made.text), preview_html(hide(made.html)), headers, made.targets)


def _without_links(text: str) -> str:
    """The text without where its links to this installation lead."""
    ours = re.escape(settings.PUBLIC_BASE_URL) + r"/[^\s<>\"']+"
    return re.sub(ours, _("(a link that only its receiver may open)"), text)
