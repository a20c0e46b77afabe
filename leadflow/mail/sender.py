"""The sender: claims what is due and hands it over, one message at a time, outside any transaction."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import connection

from leadflow.mail import ledger, outcomes, smtp
from leadflow.mail.compose import compose, envelope_address
from leadflow.mail.ledger import LEASE, Answer
from leadflow.mail.models import OUTBOX, SMTP, Delivery
from leadflow.mail.smtp import Outcome, Result, TransportDown, Wire
from leadflow.models import Origin

logger = logging.getLogger(__name__)

BATCH = 20
_DOWN_FOR = timedelta(seconds=30)


def transport_of(delivery: Delivery) -> str:
    """The way out: demo mail, and all mail while no SMTP is set, stays in the local outbox."""
    if delivery.origin == Origin.DEMO or not settings.SMTP_HOST:
        return OUTBOX
    return SMTP


class Sender:
    """One sending process. `stop` is asked between messages; what is claimed by then is given back."""

    def __init__(
        self,
        *,
        lease: timedelta = LEASE,
        stop: Callable[[], bool] = lambda: False,
        connect: Callable[[], Wire] = smtp.connect,
    ) -> None:
        self.lease = lease
        self.stop = stop
        self.connect = connect
        self.tally: Counter[str] = Counter()
        self._wire: Wire | None = None

    def run(self, limit: int = 200, seconds: float = 60.0) -> Counter[str]:
        """Send what is due, at most `limit` messages or `seconds`; counts by outcome."""
        ends = time.monotonic() + seconds
        ledger.expire()
        ledger.promote()
        try:
            while sum(self.tally.values()) < limit and time.monotonic() < ends:
                if self.stop() or not self._batch(min(BATCH, limit)):
                    break
        finally:
            self._hang_up()
        return self.tally

    def _batch(self, size: int) -> int:
        """Claim a batch and send it; how many were claimed."""
        wire = not settings.SMTP_HOST or not outcomes.breaker_open()
        claimed = ledger.claim(limit=size, lease=self.lease, wire=wire)
        for delivery in claimed:
            if self.stop() or not self._one(delivery):
                ledger.release(delivery.token)
                break
            ledger.renew(delivery.token, self.lease)
        return len(claimed)

    def _one(self, delivery: Delivery) -> bool:
        """Send one message; False when the transport is down and the rest shall wait."""
        transport = transport_of(delivery)
        try:
            sent = self._outbox if transport == OUTBOX else self._smtp
            result = sent(delivery)
        except TransportDown as error:
            outcomes.trip(str(error))
            self.tally["down"] += 1
            return False
        except Exception as error:
            # Whatever a single message does to us, its neighbours are sent.
            logger.exception("Delivery %s could not be written", delivery.pk)
            self._hang_up()
            outcomes.poison(delivery, f"{type(error).__name__}: {error}")
            self.tally["poison"] += 1
            return True
        self.tally[result.outcome] += 1
        return self._settle(delivery, result)

    def _outbox(self, delivery: Delivery) -> Result:
        compose(delivery)
        no = ledger.begin(delivery, transport=OUTBOX, lease=self.lease)
        if no is None:
            return Result(Outcome.FENCED, Answer(None, "not sent"))
        return Result(Outcome.ACCEPTED, Answer(None, ""), no)

    def _smtp(self, delivery: Delivery) -> Result:
        if connection.in_atomic_block:
            raise RuntimeError("Mail never leaves inside a transaction.")
        message = compose(delivery).as_bytes()
        result = self._try(delivery, message)
        if result.outcome == Outcome.DEFERRED and result.no is None and result.answer.code is None:
            # A session that served before may have been closed in between: once more on a new one.
            result = self._try(delivery, message)
        return result

    def _try(self, delivery: Delivery, message: bytes) -> Result:
        return self._session().hand_over(
            delivery.from_address,
            envelope_address(delivery),
            message,
            lambda: ledger.begin(delivery, transport=SMTP, lease=self.lease),
        )

    def _session(self) -> Wire:
        if self._wire is not None and (
            self._wire.sock is None or self._wire.handed_over >= smtp.REUSE
        ):
            self._hang_up()
        if self._wire is None:
            self._wire = self.connect()
            outcomes.mend()
        return self._wire

    def _hang_up(self) -> None:
        if self._wire is not None:
            self._wire.goodbye()
            self._wire = None

    def _settle(self, delivery: Delivery, result: Result) -> bool:
        answer, no = result.answer, result.no
        match result.outcome:
            case Outcome.ACCEPTED if no is not None:
                ledger.finish(delivery, no, answer)
            case Outcome.REFUSED:
                outcomes.refuse(delivery, answer, no=no)
            case Outcome.DEFERRED:
                outcomes.defer(delivery, answer, no=no)
            case Outcome.LOST if no is not None:
                outcomes.lose(delivery, answer, no=no)
            case Outcome.DOWN:
                outcomes.put_back(delivery, answer, no=no)
                outcomes.trip(f"{answer.code} {answer.text}")
                return False
            case _:
                pass
        return True


def send_due(
    limit: int = 200, seconds: float = 60.0, stop: Callable[[], bool] = lambda: False
) -> int:
    """Send what is due now, until `stop` says so; how many messages were taken up."""
    return sum(Sender(stop=stop).run(limit, seconds).values())


def rescue(stop: Callable[[], bool] = lambda: False) -> int:
    """Send what has been due for 30 seconds untouched: the workers or their broker are away."""
    if not ledger.is_overdue(_DOWN_FOR):
        return 0
    return sum(Sender(stop=stop).run().values())
