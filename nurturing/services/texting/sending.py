"""Sending text messages: one row at a time, begun before the carrier is asked, never asked twice."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.models import Lead, Origin
from leadflow.services import consent
from nurturing.models import TextMessage
from nurturing.services.texting import carriers
from nurturing.services.texting.writing import against

logger = logging.getLogger(__name__)
State = TextMessage.State
MOST = 200
LATER = timedelta(minutes=5)  # after a carrier was down
LOST = timedelta(minutes=10)  # begun so long ago and not settled: the process ended
STALE = timedelta(days=3)  # what is later than that makes no sense any more


def send_due(*, at: datetime | None = None, most: int = MOST) -> int:
    """Send what is due; how many were taken up."""
    at = at or clock.now()
    _write_off()
    done = 0
    while done < most and (row := _begin(at)) is not None:
        done += 1
        if row.state == State.SENDING and not _hand_over(row, at):
            break
    return done


def _write_off() -> None:
    """What a process began and never ended: nobody knows, so it is not sent again."""
    lost = TextMessage.objects.filter(state=State.SENDING, began_at__lt=Now() - LOST)
    for row in lost[:MOST]:
        _settle(row, State.UNCERTAIN, reason=_("The answer was lost."))


@transaction.atomic
def _begin(at: datetime) -> TextMessage | None:
    """The next one, begun; one that may not go any more is settled as not sent. None: nothing is due."""
    rows = TextMessage.objects.waiting().filter(due_at__lte=at).order_by("due_at", "pk")
    row = rows.select_for_update(skip_locked=True, of=("self",)).select_related("lead").first()
    if row is None:
        return None
    no = against([row.lead], row.channel).get(row.lead_id, "")
    if not no and row.due_at < at - STALE:
        no = _("Too late to make sense.")
    row.state, row.reason, row.to = State.SENDING, no, row.lead.phone or row.to
    if no:
        row.state = State.SKIPPED
        TextMessage.objects.filter(pk=row.pk).update(state=row.state, reason=no, settled_at=Now())
        return row
    TextMessage.objects.filter(pk=row.pk).update(state=row.state, to=row.to, began_at=Now())
    return row


def _hand_over(row: TextMessage, at: datetime) -> bool:
    """Ask the carrier; False where it is down and the rest waits."""
    name = ""
    try:
        name, carrier = carriers.chosen()
        if row.origin == Origin.DEMO:
            name, carrier = carriers.LOCAL, carriers.Local()
        told = carrier.send(channel=row.channel, to=row.to, words=row.words, key=row.key)
    except carriers.CarrierDown as error:
        TextMessage.objects.filter(pk=row.pk, state=State.SENDING).update(
            state=State.WAITING, reason=str(error)[:200], due_at=at + LATER, began_at=None
        )
        return False
    except carriers.Refused as error:
        _settle(row, State.FAILED, reason=str(error), carrier=name, at=at)
        return True
    except Exception as error:
        logger.exception("Text message %s: the answer is unknown", row.pk)
        _settle(row, State.UNCERTAIN, reason=str(error), carrier=name, at=at)
        return True
    state = State.KEPT if name == carriers.LOCAL else State.SENT
    _settle(row, state, carrier=name, carrier_id=told, at=at)
    return True


@transaction.atomic
def _settle(
    row: TextMessage, state: State, *, reason: str = "", carrier: str = "", carrier_id: str = "",
    at: datetime | None = None,
) -> None:  # fmt: skip
    """The end of one that was begun, with its fact; nothing where another process came first."""
    begun = TextMessage.objects.filter(pk=row.pk, state=State.SENDING)
    if not begun.update(
        state=state, reason=reason[:200], settled_at=Now(), carrier=carrier,
        carrier_id=carrier_id[:120],
    ):  # fmt: skip
        return
    record(
        Kind.TEXT_SENT if state in (State.SENT, State.KEPT) else Kind.TEXT_FAILED,
        lead_id=row.lead_id, subject=row, at=at, origin=row.origin,
        data={"text": row.pk, "words": row.words, "reason": reason[:200], "carrier": carrier},
    )  # fmt: skip


@transaction.atomic
def stop(*, number: str, channel: str = TextMessage.Channel.SMS) -> int:
    """Somebody answered STOP: a carrier tells it here. Her consent to that channel is withdrawn, and what
    waits is not sent; how many people have that number."""
    leads = list(Lead.objects.living().filter(phone=number).select_for_update(of=("self",)))
    for lead in leads:
        consent.withdraw(lead=lead, channel=channel, method="reply")
    waiting = TextMessage.objects.waiting().filter(to=number, channel=channel)
    waiting.update(state=State.SKIPPED, reason=_("They answered STOP."), settled_at=Now())
    return len(leads)


def follow_merge(*, survivor_id: int, merged_id: int) -> None:
    """What was written to a merged row was written to the survivor."""
    TextMessage.objects.filter(lead=merged_id).update(lead=survivor_id)
