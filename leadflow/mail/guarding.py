"""The guard rails of a sender: marketing pauses when too many complain, or too much comes back.

Counted over a week from the ledger, by the address that mail comes from. Nothing resumes by itself:
a person looks, says that it may go on, and what went before is no longer counted.
"""

from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Max, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.mail.models import COUNTED, Delivery, SenderGuard, SenderIdentity
from leadflow.mail.outcomes import GONE
from leadflow.models import Origin
from leadflow.people.models import User

WINDOW = timedelta(days=7)
LEAST_SENT = 100  # below so many messages a share says nothing
LEAST_COMPLAINTS, LEAST_BOUNCES = 2, 5
PAUSE_COMPLAINTS, WARN_COMPLAINTS, PAUSE_BOUNCES = 0.003, 0.001, 0.05  # shares of what was sent
_State = Delivery.State


@dataclass(frozen=True)
class Numbers:
    """What became of the marketing mail of one sender."""

    sent: int = 0
    complaints: int = 0
    bounces: int = 0

    @property
    def complaint_share(self) -> float:
        """Complaints for each message that was sent."""
        return self.complaints / self.sent if self.sent else 0.0

    @property
    def bounce_share(self) -> float:
        """Bounces for each message that was tried."""
        return self.bounces / self.sent if self.sent else 0.0

    @property
    def verdict(self) -> str:
        """`pause`, `warn` or nothing."""
        if self.sent < LEAST_SENT:
            return ""
        complained = self.complaints >= LEAST_COMPLAINTS
        if complained and self.complaint_share >= PAUSE_COMPLAINTS:
            return "pause"
        if self.bounces >= LEAST_BOUNCES and self.bounce_share >= PAUSE_BOUNCES:
            return "pause"
        return "warn" if complained and self.complaint_share >= WARN_COMPLAINTS else ""

    @property
    def words(self) -> str:
        """The numbers, as the reason of a pause."""
        return _(
            "%(complaints)s complaints (%(share)s %%) and %(bounces)s bounces (%(back)s %%)"
            " among %(sent)s messages"
        ) % {
            "complaints": self.complaints,
            "share": f"{self.complaint_share * 100:.2f}",
            "bounces": self.bounces,
            "back": f"{self.bounce_share * 100:.1f}",
            "sent": self.sent,
        }


_BOUNCED = Q(state=_State.BOUNCED) | Q(state=_State.FAILED, reason=GONE)
_CAME_BACK = _BOUNCED | Q(state=_State.COMPLAINED)


def numbers_of(from_address: str) -> Numbers:
    """How the marketing mail of an address fared in the last week, or since it was resumed."""
    rows = _marketing(from_address)
    guard = SenderGuard.objects.filter(from_address=from_address).first()
    if guard is not None and guard.counts_from is not None:
        rows = rows.filter(settled_at__gt=guard.counts_from)
    told = rows.aggregate(
        sent=Count("pk", filter=Q(state__in=COUNTED) | _BOUNCED),
        complaints=Count("pk", filter=Q(state=_State.COMPLAINED)),
        bounces=Count("pk", filter=_BOUNCED),
    )
    return Numbers(**told)


def _marketing(from_address: str) -> QuerySet[Delivery]:
    rows = Delivery.objects.filter(kind=Delivery.Kind.MARKETING, from_address=from_address)
    return rows.filter(settled_at__gt=Now() - WINDOW).exclude(origin=Origin.DEMO)


def watch() -> int:
    """Judge each sender whose mail came back since it was judged last; how many were paused.

    A tick calls it: while nothing comes back it reads one small index.
    """
    back = Delivery.objects.filter(_CAME_BACK, kind=Delivery.Kind.MARKETING).exclude(
        origin=Origin.DEMO
    )
    rows = back.filter(settled_at__gt=Now() - WINDOW).values("from_address")
    last = dict(rows.annotate(last=Max("settled_at")).values_list("from_address", "last"))
    judged = dict(SenderGuard.objects.values_list("from_address", "checked_at"))
    due = [name for name, at in last.items() if not judged.get(name) or at > judged[name]]
    return sum(_judge(name) for name in sorted(due))


@transaction.atomic
def _judge(from_address: str) -> bool:
    SenderGuard.objects.get_or_create(from_address=from_address)
    guard = SenderGuard.objects.select_for_update().get(from_address=from_address)
    SenderGuard.objects.filter(pk=guard.pk).update(checked_at=Now())
    numbers = numbers_of(from_address)
    if guard.paused_at is not None or not numbers.verdict:
        return False
    if numbers.verdict == "pause":
        _pause(guard, numbers.words, by=None)
        return True
    if guard.warned_at is None or guard.warned_at < clock.now() - WINDOW:
        SenderGuard.objects.filter(pk=guard.pk).update(
            warned_at=clock.now(), reason=numbers.words[:200]
        )
        _tell(guard, "warned", numbers.words, by=None)
    return False


def _pause(guard: SenderGuard, reason: str, by: User | None) -> None:
    SenderGuard.objects.filter(pk=guard.pk).update(
        paused_at=clock.now(), reason=reason[:200], resumed_by=None
    )
    _tell(guard, "paused", reason, by)


def _tell(guard: SenderGuard, what: str, reason: str, by: User | None) -> None:
    data = {"sender": guard.from_address, "what": what, "reason": reason[:200]}
    record(Kind.SENDER_JUDGED, by=by, subject=guard, data=data)


@transaction.atomic
def pause(*, from_address: str, reason: str, by: User) -> SenderGuard:
    """A person stops marketing from an address; what is under way stays in the ledger and waits."""
    guard, _made = SenderGuard.objects.get_or_create(from_address=from_address)
    guard = SenderGuard.objects.select_for_update().get(pk=guard.pk)
    if guard.paused_at is None:
        _pause(guard, reason, by)
    return guard


@transaction.atomic
def resume(*, guard: SenderGuard, by: User) -> None:
    """It may go on; what went before no longer counts. Raises Conflict where nothing is paused."""
    row = SenderGuard.objects.select_for_update().get(pk=guard.pk)
    if row.paused_at is None:
        raise Conflict(_("%(sender)s is not paused.") % {"sender": row.from_address})
    changed: dict[str, Any] = {"paused_at": None, "warned_at": None, "reason": ""}
    SenderGuard.objects.filter(pk=row.pk).update(counts_from=Now(), resumed_by=by, **changed)
    _tell(row, "resumed", row.reason, by)


def paused() -> list[SenderGuard]:
    """The senders whose marketing waits."""
    return list(SenderGuard.objects.filter(paused_at__isnull=False).order_by("from_address"))


def pause_of(from_address: str) -> SenderGuard | None:
    """Why marketing from an address waits; None where it goes."""
    return SenderGuard.objects.filter(from_address=from_address, paused_at__isnull=False).first()


def can_be_paused(from_address: str) -> bool:
    """Whether marketing may come from it: a verified sender, that of the settings, or one that sent."""
    ours = SenderIdentity.objects.filter(email=from_address, verified_at__isnull=False)
    from_settings = parseaddr(settings.MAIL_FROM)[1] == from_address
    return from_settings or ours.exists() or from_address in dict(standing())


def standing() -> list[tuple[str, Numbers]]:
    """Each address that marketing came from in the last week, with how it fared."""
    rows = Delivery.objects.filter(kind=Delivery.Kind.MARKETING, settled_at__gt=Now() - WINDOW)
    names = rows.exclude(origin=Origin.DEMO).values_list(F("from_address"), flat=True).distinct()
    return [(name, numbers_of(name)) for name in sorted(names)]
