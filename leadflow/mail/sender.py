"""The sender: claims what is due and hands it over, one message at a time, outside any transaction."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from django.db import connection, transaction

from leadflow.kit import hints
from leadflow.kit.remembering import remembering
from leadflow.mail import ledger, limits, outcomes, reply_addresses, transports
from leadflow.mail.compose import compose, envelope_address
from leadflow.mail.ledger import LEASE, Answer
from leadflow.mail.models import OUTBOX, SMTP, Delivery
from leadflow.mail.signing import signed
from leadflow.mail.smtp import Outcome, Result, TransportDown
from leadflow.mail.transports import Open, Session

logger = logging.getLogger(__name__)

BATCH = 20
_DOWN_FOR = timedelta(seconds=30)


class Sender:
    """One sending process. `stop` is asked between messages; what is claimed by then is given back."""

    def __init__(
        self,
        *,
        lease: timedelta = LEASE,
        stop: Callable[[], bool] = lambda: False,
        ways: Callable[[str], Open] = transports.way,
    ) -> None:
        self.lease = lease
        self.stop = stop
        self.ways = ways
        self.tally: Counter[str] = Counter()
        self._sessions: dict[str, Session] = {}

    @hints.saved_up(within=10)  # the sweep of the relay comes as often
    def run(self, limit: int = 200, seconds: float = 60.0) -> Counter[str]:
        """Send what is due, at most `limit` messages or `seconds`; counts by outcome. Each is a fact: the
        relay is told of all of them when nothing is left, its sweep reads them meanwhile."""
        ends = time.monotonic() + seconds
        ledger.expire()
        ledger.promote()
        try:
            while sum(self.tally.values()) < limit and time.monotonic() < ends:
                if self.stop() or not self._batch(min(BATCH, limit)):
                    break
        finally:
            for name in list(self._sessions):
                self._hang_up(name)
        return self.tally

    @remembering()
    def _batch(self, size: int) -> int:
        """Claim a batch and send it; how many were claimed."""
        claimed = _claim(size, self.lease)
        shut: set[str] = set()
        renewed = time.monotonic()
        for delivery in claimed:
            if self.stop():
                ledger.release(delivery.token)
                break
            name = transports.of(delivery)
            if name in shut:
                ledger.release(delivery.token, [delivery.pk])
            elif not self._one(delivery, name):
                shut.add(name)
                ledger.release(delivery.token, [delivery.pk])
            renewed = self._renew(delivery, renewed)
        return len(claimed)

    def _renew(self, delivery: Delivery, renewed: float) -> float:
        """Keep the rest of a batch while it goes slowly; a fast one is through before that matters."""
        now = time.monotonic()
        if now - renewed < self.lease.total_seconds() / 4:
            return renewed
        ledger.renew(delivery.token, self.lease)
        return now

    def _one(self, delivery: Delivery, name: str) -> bool:
        """Send one message; False when its way out is down and what else goes there shall wait."""
        try:
            result = self._outbox(delivery) if name == OUTBOX else self._wire(delivery, name)
        except TransportDown as error:
            outcomes.trip(str(error), name)
            self.tally["down"] += 1
            return False
        except transports.NoSuchWay:
            outcomes.strand(delivery)
            self.tally["stranded"] += 1
            return True
        except Exception as error:
            # Whatever a single message does to us, its neighbours are sent.
            logger.exception("Delivery %s could not be written", delivery.pk)
            self._hang_up(name)
            outcomes.poison(delivery, f"{type(error).__name__}: {error}")
            self.tally["poison"] += 1
            return True
        self.tally[result.outcome] += 1
        return self._settle(delivery, result, name)

    def _outbox(self, delivery: Delivery) -> Result:
        compose(delivery)
        no = ledger.begin(delivery, transport=OUTBOX, lease=self.lease)
        if no is None:
            return Result(Outcome.FENCED, Answer(None, "not sent"))
        return Result(Outcome.ACCEPTED, Answer(None, ""), no)

    def _wire(self, delivery: Delivery, name: str) -> Result:
        if connection.in_atomic_block:
            raise RuntimeError("Mail never leaves inside a transaction.")
        message = signed(compose(delivery).as_bytes(), delivery.from_address)
        result = self._try(delivery, message, name)
        if result.outcome == Outcome.DEFERRED and result.no is None and result.answer.code is None:
            # A session that served before may have been closed in between: once more on a new one.
            result = self._try(delivery, message, name)
        return result

    def _try(self, delivery: Delivery, message: bytes, name: str) -> Result:
        sender = reply_addresses.return_path(delivery) if name == SMTP else delivery.from_address
        return self._session(name).hand_over(
            sender,
            envelope_address(delivery),
            message,
            lambda: ledger.begin(delivery, transport=name, lease=self.lease),
        )

    def _session(self, name: str) -> Session:
        session = self._sessions.get(name)
        if session is not None and not session.is_usable:
            self._hang_up(name)
            session = None
        if session is None:
            session = self._sessions[name] = self.ways(name)()
            outcomes.mend(name)
        return session

    def _hang_up(self, name: str) -> None:
        if (session := self._sessions.pop(name, None)) is not None:
            session.goodbye()

    def _settle(self, delivery: Delivery, result: Result, name: str) -> bool:
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
                outcomes.trip(f"{answer.code} {answer.text}", name)
                return False
            case _:
                pass
        return True


def _claim(size: int, lease: timedelta) -> list[Delivery]:
    """What is due, may go by its way now, and is within the limits."""
    with transaction.atomic():
        room = limits.now()
        closed = (room or limits.Room([])).closed(outcomes.resting())
        return ledger.claim(limit=size, lease=lease, closed=closed, fit=room.fit if room else None)


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
