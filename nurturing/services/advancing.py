"""Taking due walks one step further: a batch of rows is claimed, decided and written in one commit.

Whatever dies in the middle leaves the batch as it was. Two processes never hold the same row (SKIP
LOCKED), and a step's mail has one name, so it is queued once whoever comes second.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.calendars.hours import Hours
from leadflow.calendars.models import Holiday
from leadflow.errors import Invalid
from leadflow.kit import clock
from leadflow.mail import services as mail
from leadflow.mail.models import Delivery, SenderIdentity
from leadflow.models import Organisation
from leadflow.services import activities
from nurturing import rules
from nurturing.models import Enrolment, Reason, Sequence, StepDone
from nurturing.services import documents, messages
from nurturing.services.eligibility import barred, goal_met, sent_lately
from nurturing.services.enrolment import end

BATCH = 200


@dataclass
class _Batch:
    """The claimed rows, what is known about their leads, and what the step makes of each."""

    at: datetime
    organisation: Organisation
    closed: frozenset[date]
    sent: dict[int, list[datetime]]
    mails: list[tuple[Enrolment, mail.Message]] = field(default_factory=list)
    steps: list[StepDone] = field(default_factory=list)
    moved: list[Enrolment] = field(default_factory=list)
    senders: dict[int | None, SenderIdentity | None] = field(default_factory=dict)
    ended: dict[tuple[Reason, str], list[Enrolment]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def hours(self, row: Enrolment) -> Hours:
        """When mail may reach her, by her own clock."""
        lead, company = row.lead, row.lead.company
        zone = rules.zone_of(
            lead.time_zone,
            lead.country,
            company.country if company else "",
            self.organisation.time_zone,
        )
        return documents.window_of(row.document).hours(zone, self.closed)

    def sender(self, step: rules.Step) -> SenderIdentity | None:
        """Who the step's mail comes from, asked once."""
        pk = step.get("sender")
        if pk not in self.senders:
            self.senders[pk] = messages.sender_of(step)
        return self.senders[pk]

    def finish(self, row: Enrolment, reason: Reason, detail: str = "") -> None:
        """This walk ends here."""
        self.ended[reason, detail].append(row)


def advance_due(*, at: datetime | None = None, limit: int = BATCH) -> int:
    """Take up to `limit` due walks further; how many it took. Call again until it takes none."""
    at = at or clock.now()
    with transaction.atomic():
        rows = _claim(at, limit)
        if rows:
            _advance(rows, at)
    return len(rows)


def _claim(at: datetime, limit: int) -> list[Enrolment]:
    due = (
        Enrolment.objects.select_for_update(skip_locked=True, of=("self",))
        .under_way()
        .filter(due_at__lte=at, sequence__state=Sequence.State.RUNNING)
        .order_by("due_at", "id")
    )
    return list(due.select_related("version", "sequence", "lead__company", "lead__owner")[:limit])


def _advance(rows: list[Enrolment], at: datetime) -> None:
    lead_ids = [row.lead_id for row in rows]
    closed = frozenset(Holiday.objects.values_list("on", flat=True))
    batch = _Batch(at, Organisation.current(), closed, sent_lately(lead_ids, at))
    for row in _eligible(rows, batch):
        _walk(row, batch)
    _queue(batch)
    StepDone.objects.bulk_create(batch.steps, batch_size=1_000, ignore_conflicts=True)
    Enrolment.objects.bulk_update(
        batch.moved, ["state", "step", "due_at", "deferred_since"], batch_size=1_000
    )
    for (reason, detail), some in batch.ended.items():
        end(some, reason, by=None, at=at, detail=detail)


def _eligible(rows: list[Enrolment], batch: _Batch) -> list[Enrolment]:
    """Those who may go on; the goal and the reasons against mail are asked before every step."""
    against = barred([row.lead for row in rows])
    met: set[tuple[int, int]] = set()
    for version in {row.version for row in rows}:
        of = [row.lead_id for row in rows if row.version_id == version.pk]
        met |= {(version.pk, lead_id) for lead_id in goal_met(version, of, batch.at)}
    going = []
    for row in rows:
        if row.lead_id in against:
            batch.finish(row, against[row.lead_id])
        elif (row.version_id, row.lead_id) in met:
            batch.finish(row, Reason.GOAL)
        else:
            going.append(row)
    return going


def _walk(row: Enrolment, batch: _Batch) -> None:
    """Take steps until one lies in the future, or the end is reached."""
    steps = row.document["steps"]
    for _round in range(len(steps) + 1):
        step = rules.find(steps, row.step)
        if step is None:
            batch.finish(row, Reason.DONE)
            return
        until = _take(row, step, batch)
        if until is None:
            return
        row.state = Enrolment.State.WAITING if until > batch.at else Enrolment.State.ACTIVE
        row.due_at = until
        if until > batch.at:
            break
    batch.moved.append(row)


def _take(row: Enrolment, step: rules.Step, batch: _Batch) -> datetime | None:
    """Do one step; when to look again, or None where the walk ended by it."""
    steps = row.document["steps"]
    if step["type"] == "wait":
        row.step = rules.following(steps, row.step)
        return rules.wait_ends(step, batch.at, batch.hours(row))
    if step["type"] == "todo":
        _make_todo(row, step, batch)
        row.step = rules.following(steps, row.step)
        return batch.at
    return _mail(row, step, batch)


def _mail(row: Enrolment, step: Mapping[str, Any], batch: _Batch) -> datetime | None:
    """Write the mail if she may get it now; else the moment at which she may."""
    sent = batch.sent.get(row.lead_id, [])
    moment = rules.mail_time(batch.at, batch.hours(row), sent, row.pk)
    # a mail that was put off before does not get three new days
    waits_since = row.deferred_since or batch.at
    if moment is None or moment - waits_since > rules.FRESH:
        batch.steps.append(_done(row, batch.at, Reason.TOO_LATE))
        return _next(row, batch)
    if moment > batch.at:
        row.deferred_since = waits_since
        return moment
    try:
        asked = messages.message(
            step,
            row.lead,
            key=row.key(row.step),
            at=batch.at,
            origin=row.origin,
            sender=batch.sender(step),
            organisation=batch.organisation,
            sequence_id=row.sequence_id,
        )
    except Invalid as error:
        batch.finish(row, Reason.ERROR, error.message)
        return None
    batch.mails.append((row, asked))
    batch.sent.setdefault(row.lead_id, []).append(batch.at)
    return _next(row, batch)


def _next(row: Enrolment, batch: _Batch) -> datetime:
    row.step = rules.following(row.document["steps"], row.step)
    row.deferred_since = None
    return batch.at


def _done(row: Enrolment, at: datetime, reason: str = "") -> StepDone:
    return StepDone(enrolment=row, step=row.step, at=at, reason=reason)


def _make_todo(row: Enrolment, step: Mapping[str, Any], batch: _Batch) -> None:
    owner = row.lead.owner or row.sequence.owner
    activities.plan(
        kind="todo",
        subject=step["title"],
        lead=row.lead,
        owner=owner,
        due_at=batch.at + timedelta(days=int(step.get("due_days") or 0)),
        body=_("From the sequence “%s”.") % row.sequence.name,
        by=None,
        at=batch.at,
        origin=row.origin,
    )
    batch.steps.append(_done(row, batch.at))


def _queue(batch: _Batch) -> None:
    """Hand all mails to the ledger; one that it refuses fails its own walk only."""
    made: list[Delivery | None]
    try:
        with transaction.atomic():
            made = [*mail.queue_many([asked for _row, asked in batch.mails])]
    except Invalid:
        made = [_queue_one(row, asked, batch) for row, asked in batch.mails]
    for (row, asked), delivery in zip(batch.mails, made, strict=True):
        if delivery is not None:
            step = asked.key.split(":")[3]
            batch.steps.append(StepDone(enrolment=row, step=step, delivery=delivery, at=batch.at))


def _queue_one(row: Enrolment, asked: mail.Message, batch: _Batch) -> Delivery | None:
    try:
        with transaction.atomic():
            return mail.queue_many([asked])[0]
    except Invalid as error:
        batch.moved = [one for one in batch.moved if one.pk != row.pk]
        for some in batch.ended.values():
            some[:] = [one for one in some if one.pk != row.pk]
        batch.finish(row, Reason.ERROR, error.message)
        return None
