"""What the outbox shows."""

from dataclasses import dataclass, field
from email.errors import MessageError

from django.conf import settings
from django.db.models import QuerySet

from leadflow.kit.text import clean
from leadflow.mail.compose import Composed, compose, preview_html
from leadflow.mail.models import COUNTED, Delivery, SenderIdentity, Transport
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
    return bool(settings.SMTP_HOST)


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
    """The message exactly as it leaves, made safe to look at."""
    try:
        made: Composed = compose(delivery)
    except (ValueError, LookupError, MessageError) as error:
        return Shown(text=delivery.text, error=str(error))
    skip = ("content-type", "mime-version", "content-transfer-encoding")
    headers = [(k, str(v)) for k, v in made.message.items() if k.lower() not in skip]
    return Shown(made.text, preview_html(made.html), headers, made.targets)
