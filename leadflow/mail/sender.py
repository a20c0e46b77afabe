"""The sender: claims what is due and hands it over, one message at a time, outside any transaction."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import zip_longest

from django.db import connection, transaction

from leadflow.kit import hints
from leadflow.kit.remembering import remembering
from leadflow.mail import ledger, limits, outcomes, reply_addresses, transports
from leadflow.mail.compose import compose, envelope_address
from leadflow.mail.ledger import LEASE, Accepted, Answer
from leadflow.mail.models import OUTBOX, SMTP, Delivery
from leadflow.mail.signing import signed
from leadflow.mail.smtp import Envelope, Outcome, Result, TransportDown
from leadflow.mail.transports import Open, Session

logger = logging.getLogger(__name__)

BATCH, LARGEST = 20, 100  # what is claimed at once, at first and while that is sent within QUICK
QUICK = 1.0  # seconds; what people wait for is claimed with the next batch
_PORTION = 4_000_000  # bytes that are written before the first of them leaves
_DOWN_FOR = timedelta(seconds=30)


_NOBODY = Envelope("", "", 0)


@dataclass(frozen=True)
class Letter:
    """A claimed message as it leaves; or what kept it from being written."""

    delivery: Delivery
    way: str
    message: bytes = b""
    envelope: Envelope = _NOBODY
    error: Exception | None = None

    def may_follow(self, before: "Letter") -> bool:
        """Whether it can go directly behind that one."""
        return self.way == before.way and self.error is None


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
        self._shut: set[str] = set()
        self._renewed = 0.0
        self._accepted: Accepted | None = None  # what the ledger is still to be told

    @hints.saved_up(within=10)  # the sweep of the relay comes as often
    def run(self, limit: int = 200, seconds: float = 60.0) -> Counter[str]:
        """Send what is due, at most `limit` messages or `seconds`; counts by outcome. Each is a fact: the
        relay is told of all of them when nothing is left, its sweep reads them meanwhile."""
        ends, size = time.monotonic() + seconds, BATCH
        ledger.expire()
        ledger.promote()
        try:
            while sum(self.tally.values()) < limit and time.monotonic() < ends:
                begun = time.monotonic()
                if self.stop() or not self._batch(min(size, limit)):
                    break
                is_quick = time.monotonic() - begun < QUICK
                size = min(2 * size, LARGEST) if is_quick else BATCH
        finally:
            try:
                self._finish()
            finally:
                for name in list(self._sessions):
                    self._hang_up(name)
        return self.tally

    @remembering()
    def _batch(self, size: int) -> int:
        """Claim a batch and send it; how many were claimed."""
        claimed = _claim(size, self.lease)
        self._shut, self._renewed = set(), time.monotonic()
        for some in _in_portions(map(self._written, claimed)):
            if not self._through(some):
                break
        return len(claimed)

    def _written(self, delivery: Delivery) -> Letter:
        """As it leaves. All of a portion is written before the first is sent: between two messages that
        go behind one another there is nothing to do."""
        name = transports.of(delivery)
        try:
            message = compose(delivery).as_bytes()
            if name != OUTBOX:
                message = signed(message, delivery.from_address)
            sender = (
                reply_addresses.return_path(delivery) if name == SMTP else delivery.from_address
            )
            envelope = Envelope(sender, envelope_address(delivery), len(message))
        except Exception as error:  # noqa: BLE001 - said when it is its turn; its neighbours are sent
            return Letter(delivery, name, error=error)
        return Letter(delivery, name, message, envelope)

    def _through(self, letters: list[Letter]) -> bool:
        """Send these, one behind the other; False when this process shall stop."""
        for letter, following in zip_longest(letters, letters[1:]):
            delivery = letter.delivery
            if self.stop():
                self._finish()
                ledger.release(delivery.token)
                return False
            if letter.way in self._shut:
                self._finish()
                ledger.release(delivery.token, [delivery.pk])
            elif not self._one(letter, following):
                self._shut.add(letter.way)
                ledger.release(delivery.token, [delivery.pk])
            self._renew(delivery)
        self._finish()
        return True

    def _renew(self, delivery: Delivery) -> None:
        """Keep the rest of a batch while it goes slowly; a fast one is through before that matters."""
        now = time.monotonic()
        if now - self._renewed >= self.lease.total_seconds() / 4:
            self._finish()
            ledger.renew(delivery.token, self.lease)
            self._renewed = now

    def _one(self, letter: Letter, following: Letter | None) -> bool:
        """Send one message; False when its way out is down and what else goes there shall wait."""
        name, delivery = letter.way, letter.delivery
        try:
            result = self._outbox(letter) if name == OUTBOX else self._wire(letter, following)
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
            self._finish()
            self._hang_up(name)
            outcomes.poison(delivery, f"{type(error).__name__}: {error}")
            self.tally["poison"] += 1
            return True
        self.tally[result.outcome] += 1
        is_up = self._settle(letter, result)
        if not self._is_behind(letter, following):
            self._finish()
        return is_up

    def _outbox(self, letter: Letter) -> Result:
        self._finish()
        if letter.error is not None:
            raise letter.error
        no = ledger.begin(letter.delivery, transport=OUTBOX, lease=self.lease)
        if no is None:
            return Result(Outcome.FENCED, Answer(None, "not sent"))
        return Result(Outcome.ACCEPTED, Answer(None, ""), no)

    def _wire(self, letter: Letter, following: Letter | None) -> Result:
        if connection.in_atomic_block:
            raise RuntimeError("Mail never leaves inside a transaction.")
        if letter.error is not None:
            raise letter.error
        result = self._try(letter, following)
        if result.outcome == Outcome.DEFERRED and result.no is None and result.answer.code is None:
            # A session that served before may have been closed in between: once more on a new one.
            self._finish()
            result = self._try(letter, following)
        return result

    def _try(self, letter: Letter, following: Letter | None) -> Result:
        if not self._is_ahead(letter):
            self._finish()  # before anything that may take its time
        session, envelope = self._session(letter.way), letter.envelope
        goes_along = following is not None and following.may_follow(letter)
        session.announce(
            following.envelope if following is not None and goes_along else None,
            self._finish if self._accepted is not None else None,
        )
        return session.hand_over(
            envelope.sender, envelope.recipient, letter.message, lambda: self._begin(letter)
        )

    def _is_ahead(self, letter: Letter) -> bool:
        session = self._sessions.get(letter.way)
        return session is not None and session.is_ahead(letter.envelope)

    def _is_behind(self, letter: Letter, following: Letter | None) -> bool:
        """Whether the next message follows at once, so that both may share a commit."""
        return following is not None and following.may_follow(letter) and self._is_ahead(following)

    def _begin(self, letter: Letter) -> int | None:
        """Commit to sending it, and with that the end of the message before."""
        accepted, way = self._accepted, letter.way
        if accepted is None:
            return ledger.begin(letter.delivery, transport=way, lease=self.lease)
        no = ledger.pass_on(accepted, letter.delivery, transport=way, lease=self.lease)
        self._accepted = None
        return no

    def _finish(self) -> None:
        """Commit the end of the message that was accepted last, where that was not done yet."""
        if self._accepted is not None:
            ledger.finish(self._accepted.delivery, self._accepted.no, self._accepted.answer)
            self._accepted = None

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

    def _settle(self, letter: Letter, result: Result) -> bool:
        delivery, answer, no = letter.delivery, result.answer, result.no
        if result.outcome != Outcome.ACCEPTED:
            self._finish()  # the one before it, where this one never began
        match result.outcome:
            case Outcome.ACCEPTED if no is not None:
                self._accepted = Accepted(delivery, no, answer)
            case Outcome.REFUSED:
                outcomes.refuse(delivery, answer, no=no)
            case Outcome.DEFERRED:
                outcomes.defer(delivery, answer, no=no)
            case Outcome.LOST if no is not None:
                outcomes.lose(delivery, answer, no=no)
            case Outcome.DOWN:
                outcomes.put_back(delivery, answer, no=no)
                outcomes.trip(f"{answer.code} {answer.text}", letter.way)
                return False
            case _:
                pass
        return True


def _in_portions(letters: Iterable[Letter]) -> Iterator[list[Letter]]:
    """Those that are written together: a batch, save where it is very large."""
    portion: list[Letter] = []
    size = 0
    for letter in letters:
        portion.append(letter)
        size += len(letter.message)
        if size >= _PORTION:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


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
