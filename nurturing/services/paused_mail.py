"""Mail that was written before a pause: it waits in the ledger, and is looked at again when the pause ends.

What has become stale meanwhile is left out with that reason; everything else leaves at the next hour and day
that its sequence and the caps allow.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.mail import holding
from leadflow.mail import services as mail
from nurturing.models import Enrolment, Reason, Sequence, StepDone
from nurturing.services import taking
from nurturing.services.advancing import batch_of, walks_of

_CHUNK = 1_000


@dataclass(frozen=True)
class GoneOn:
    """How many mails leave after all, and how many are too late."""

    leave: int = 0
    late: int = 0


def hold(sequence: Sequence) -> int:
    """Nothing of this sequence leaves until it goes on; how many mails wait for that."""
    return holding.hold(names=[sequence.campaign], reason=_("The sequence is paused"))


def hold_walks(rows: Collection[Enrolment]) -> None:
    """What is left in the ledger of these walks does not leave while they rest."""
    named = [row.key_start for row in rows]
    holding.hold(names=named, reason=_("Paused by hand"))


def count(sequence: Sequence) -> int:
    """How many mails wait for the end of its pause."""
    return holding.set_aside([sequence.campaign]).count()


def forget(sequence: Sequence) -> None:
    """The sequence is over, so nothing has to be held any more."""
    holding.release(names=[sequence.campaign])


@transaction.atomic
def go_on(names: Iterable[str], *, at: datetime) -> GoneOn:
    """The pause of these is over: what waits in the ledger leaves, or is left out where it is too late."""
    wanted = list(names)
    holding.release(names=wanted)
    done = GoneOn()
    for some in _waiting(wanted):
        done = _judged(some, at, done)
    return done


def _waiting(names: list[str]) -> Iterator[list[StepDone]]:
    ids = list(holding.set_aside(names).order_by("id").values_list("id", flat=True))
    for start in range(0, len(ids), _CHUNK):
        rows = StepDone.objects.filter(delivery__in=ids[start : start + _CHUNK]).order_by("id")
        yield list(rows.select_related("enrolment__sequence", "delivery"))


def _judged(rows: list[StepDone], at: datetime, done: GoneOn) -> GoneOn:
    if not rows:
        return done
    walks = walks_of([row.enrolment for row in rows])
    batch = batch_of(walks, at)
    moments: dict[int, datetime] = {}
    late: list[StepDone] = []
    for row, walk in zip(rows, walks, strict=True):
        letter = row.delivery
        if letter is None:
            continue
        sent = batch.sent.get(walk.lead_id, [])
        if letter.due_at in sent:  # its own place among the caps
            sent.remove(letter.due_at)
        walk.deferred_since = letter.due_at
        moment = taking.moment(walk, batch)
        if moment is None:
            late.append(row)
        else:
            moments[letter.pk] = moment
            if not walk.script.is_sales:
                batch.sent.setdefault(walk.lead_id, []).append(moment)
    holding.go_on(moments=moments)
    _leave_out(late)
    return GoneOn(done.leave + len(moments), done.late + len(late))


def _leave_out(rows: list[StepDone]) -> None:
    keys = [row.delivery.key for row in rows if row.delivery]
    mail.cancel(keys=keys, reason=str(Reason.TOO_LATE.label))
    StepDone.objects.filter(pk__in=[row.pk for row in rows]).update(reason=Reason.TOO_LATE)
