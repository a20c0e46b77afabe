"""Sending broadcasts: confirm, fix the audience, hand the mails over, pause, go on, call off.

A run works on it in chunks; each chunk holds the broadcast's row, so that after a pause or a cancel has
committed nothing more is handed over. A person's mail has one key in the ledger (`Recipient.key`) and her
row says whether it was handed over, in the same commit: a doubled task, a killed worker or a second click
hands nothing over twice, and the ledger sends a row once.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.mail import holding
from leadflow.mail import services as mail
from leadflow.mail.models import Delivery
from leadflow.models import Organisation
from leadflow.people.models import User
from leadflow.runs import registry
from leadflow.runs import services as runs
from leadflow.runs.models import Run
from leadflow.runs.working import Work
from nurturing.models import Broadcast, Reason, Recipient
from nurturing.services import approving, audience, checking, messages, offering, subjects
from nurturing.services.broadcasts import (
    compiled_subjects,
    locked,
    programs_of,
    refuse_if_stale,
    refuse_unless_draft,
)
from nurturing.services.eligibility import barred

KIND = "broadcast"
CHUNK = 200
STALE_AFTER = timedelta(hours=24)
NEAR = timedelta(hours=3)  # still the chosen hour of a reader, more or less
State = Broadcast.State


# --- What a person decides ----------------------------------------------------------------------------


@transaction.atomic
def confirm(
    broadcast: Broadcast,
    *,
    by: User | None,
    expected: int,
    revision: int | None = None,
    at: datetime | None = None,
) -> Broadcast:
    """Fix words and audience, and let it go at its time. `expected` is the number that she was shown.

    Raises Invalid with what stands in the way, Conflict where it is no draft or the number is another
    by now, StaleVersion where somebody changed it since `revision`.
    """
    at = at or clock.now()
    row = locked(broadcast)
    refuse_unless_draft(row)
    refuse_if_stale(row, revision)
    checking.check(row, at=at)
    row.programs = programs_of(row)  # a design is taken over as it was published last
    row.other_subjects = compiled_subjects(row.subjects[1:])
    counted = audience.review(row, at=at)
    if not counted.going:
        raise Conflict(_("Nobody would get it. Look at who is left out, and why."))
    if counted.going != expected:
        sentence = _("It would go to %(now)s people now, not to %(then)s. Look at it once more.")
        raise Conflict(sentence % {"now": counted.going, "then": expected})
    subjects.refuse_too_few(row, counted)
    asked = approving.of_broadcast(row, programs_of(row), counted.going)
    approving.refuse_unapproved(asked, by=by, at=at)
    row.state, row.confirmed_at, row.confirmed_by = State.SCHEDULED, at, by
    row.begins_at = counted.first or at
    row.run = runs.start(KIND, {"broadcast": row.pk}, by=by, key=_run_key(row), at=at)
    row.save()
    _tell(Kind.BROADCAST_CONFIRMED, row, by=by, at=at, count=counted.going)
    return row


@transaction.atomic
def take_back(broadcast: Broadcast, *, by: User | None, at: datetime | None = None) -> Broadcast:
    """Make a scheduled broadcast a draft again. Raises Conflict once a mail of it was handed over."""
    row = locked(broadcast)
    if row.state != State.SCHEDULED:
        raise Conflict(_("Only what is scheduled, and has not begun, can become a draft again."))
    _call_off_run(row, by)
    row.recipients.all().delete()
    subjects.forget(row)
    row.state, row.confirmed_at, row.confirmed_by = State.DRAFT, None, None
    row.begins_at = row.frozen_at = row.run = None
    row.revision += 1
    row.save()
    _tell(Kind.BROADCAST_TAKEN_BACK, row, by=by, at=at)
    return row


@transaction.atomic
def pause(
    broadcast: Broadcast, *, by: User | None, reason: str = "", at: datetime | None = None
) -> Broadcast:
    """Let nothing more leave. What the sender has begun ends; what waits in the ledger is taken out of
    it, so that going on asks for it again."""
    row = locked(broadcast)
    if not row.is_going:
        raise Conflict(_("This broadcast is not being sent."))
    _call_off_run(row, by)
    ids = mail.hold_untried(key_start=row.key_start)
    waits = {"state": Recipient.State.WAITING, "delivery": None, "at": None}
    row.recipients.filter(delivery__in=ids).update(**waits)
    mail.forget_untried(ids)
    holding.hold(names=[_name(row)], reason=_("The broadcast is paused"))
    row.state, row.alert = State.PAUSED, reason[:300]
    row.save(update_fields=["state", "alert"])
    _tell(Kind.BROADCAST_PAUSED, row, by=by, at=at, reason=reason)
    return row


@transaction.atomic
def resume(broadcast: Broadcast, *, by: User | None, at: datetime | None = None) -> Broadcast:
    """Go on; whose time is over by now gets it at once. By their own clock that holds for three hours; who
    is later than that gets it at the chosen hour again, the next day that it comes."""
    at = at or clock.now()
    row = locked(broadcast)
    if row.state != State.PAUSED:
        raise Conflict(_("This broadcast is not paused."))
    if row.timing == Broadcast.Timing.LOCAL:
        _wait_for_that_hour(row, at)
    row.recipients.waiting().update(due_at=Greatest("due_at", at))
    _let_go(row, at)
    begun = row.recipients.filter(state=Recipient.State.HANDED).exists()
    row.state, row.alert = State.SENDING if begun else State.SCHEDULED, ""
    subjects.put_off(row, at)
    row.run = _started(row, by, at)
    row.save(update_fields=["state", "alert", "run", "sample_left_at"])
    _tell(Kind.BROADCAST_RESUMED, row, by=by, at=at)
    return row


def _wait_for_that_hour(row: Broadcast, at: datetime) -> None:
    """Whole days on from when it was due, however the clocks are changed between: at most one hour."""
    day, late = timedelta(days=1), row.recipients.waiting().filter(due_at__lt=at - NEAR)
    for due in late.order_by().values_list("due_at", flat=True).distinct():  # as many as zones
        if due is not None:
            late.filter(due_at=due).update(due_at=due - (due - at) // day * day)


def _name(row: Broadcast) -> str:
    """How all keys of its mails begin, as a hold names them."""
    return row.key_start.removesuffix(":")


def _let_go(row: Broadcast, at: datetime) -> None:
    """What had been tried before the pause leaves now."""
    holding.release(names=[_name(row)])
    ids = holding.set_aside([_name(row)]).values_list("id", flat=True)
    holding.go_on(moments=dict.fromkeys(ids, at))


@transaction.atomic
def cancel(broadcast: Broadcast, *, by: User | None, at: datetime | None = None) -> int:
    """Call it off for good: what was begun ends, nobody else gets it. How many do not."""
    at = at or clock.now()
    row = locked(broadcast)
    if not row.is_going and row.state != State.PAUSED:
        raise Conflict(_("This broadcast is at its end already."))
    _call_off_run(row, by)
    stops = {"state": Recipient.State.STOPPED, "reason": Reason.BY_HAND, "at": at}
    count = row.recipients.ahead().update(**stops)
    holding.release(names=[_name(row)])
    count += mail.cancel_all(key_start=row.key_start, reason=_("The broadcast was called off"))
    row.state, row.ended_at, row.alert = State.CANCELLED, at, ""
    row.save(update_fields=["state", "ended_at", "alert"])
    _tell(Kind.BROADCAST_CANCELLED, row, by=by, at=at, count=count)
    return count


def _call_off_run(row: Broadcast, by: User | None) -> None:
    run = row.run
    if run is not None and not run.is_finished:
        runs.cancel(run, by=by)


def _tell(
    kind: Kind,
    row: Broadcast,
    *,
    by: User | None,
    at: datetime | None,
    count: int | None = None,
    reason: str = "",
) -> None:
    data = {"broadcast": row.pk, "name": row.name, "count": count, "reason": reason[:200]}
    record(kind, by=by, subject=row, data=data, at=at, origin=row.origin)


# --- What the machine does ----------------------------------------------------------------------------


def push_due(*, at: datetime | None = None) -> int:
    """Look after every broadcast that is going: start its run where something is due, close it where
    nothing is left. How many runs were started.

    One whose run failed, was called off elsewhere, or is a day too late is paused: a person decides.
    """
    at = at or clock.now()
    going = Broadcast.objects.going().select_related("run").order_by("pk")
    return sum(_push(row.pk, at) for row in going if row.run is None or row.run.is_finished)


@transaction.atomic
def _push(pk: int, at: datetime) -> bool:
    row = Broadcast.objects.select_for_update(of=("self",)).get(pk=pk)
    if not row.is_going:
        return False
    why = _stuck(row, at)
    if why:
        pause(row, by=None, reason=why, at=at)
        return False
    is_due = row.frozen_at is None or row.recipients.due(at).exists()
    if not is_due and not subjects.look(row, at=at):
        settle(row, at)
        return False
    run = _started(row, row.confirmed_by, at)
    Broadcast.objects.filter(pk=pk).update(run=run)
    return run is not None


def _stuck(row: Broadcast, at: datetime) -> str:
    """Why a person has to look at it first; nothing where none has to."""
    if row.run is not None and row.run.state == Run.State.FAILED:
        return _("The sending stopped: %(why)s") % {"why": row.run.error}
    if row.run is not None and row.run.state == Run.State.CANCELLED:
        return _("Somebody called its run off.")
    before = at - STALE_AFTER
    late = row.recipients.due(before).exists() or subjects.is_undecided(row, since=before)
    return _("Its time was more than a day ago. Send it all the same?") if late else ""


def _started(row: Broadcast, by: User | None, at: datetime) -> Run | None:
    try:
        return runs.start(KIND, {"broadcast": row.pk}, by=by, key=_run_key(row), at=at)
    except Conflict:  # one that was called off is in its last chunk: the tick comes again
        return None


def _run_key(row: Broadcast) -> str:
    return f"broadcast:{row.pk}"


def work(work: Work) -> dict[str, int]:
    """The run of a broadcast: fix the audience where that is to do, let the rest go where its subject is
    decided, then hand over what is due."""
    row = Broadcast.objects.get(pk=work.args["broadcast"])
    while row.frozen_at is None and row.is_going:
        with work.chunk() as chunk:
            row = locked(row)
            if row.is_going:
                after = freeze_some(row, int(work.checkpoint.get("after", 0)))
                chunk.by, chunk.checkpoint = 0, {"after": after}
    while subjects.may_go(row):
        with work.chunk() as chunk:
            chunk.by = 0
            if not subjects.let_go(locked(row), at=clock.now()):
                break
    work.expect(work.progress + row.recipients.due(clock.now()).count())
    handed = work.progress
    while True:
        with work.chunk() as chunk:
            chunk.by = hand_over(locked(row), at=clock.now())
        if work.progress == handed:
            return {"broadcast": row.pk, "handed": handed}
        handed = work.progress


def freeze_some(row: Broadcast, after: int) -> int:
    """Fix the next batch of the audience, in the caller's transaction; the id that it ends with. Sets
    `frozen_at` when there is none left."""
    batch = next(audience.batches(row, row.confirmed_at or clock.now(), after=after), [])
    if batch:
        audience.freeze(row, batch)
        return int(batch[-1].pk)
    row.frozen_at = clock.now()
    row.save(update_fields=["frozen_at"])
    return after


def hand_over(row: Broadcast, *, at: datetime, limit: int = CHUNK) -> int:
    """Give the ledger the next mails that are due, in the caller's transaction and under the lock on
    the row; how many people it dealt with."""
    if not row.is_going:
        return 0
    due = row.recipients.due(at)
    rows = list(
        due.select_for_update(of=("self",))
        .select_related("lead__company", "lead__owner")
        .order_by("due_at", "id")[:limit]
    )
    if rows:
        _hand(row, rows, at)
    settle(row, at)
    return len(rows)


def _hand(row: Broadcast, rows: list[Recipient], at: datetime) -> None:
    out = _left_out_now(row, rows, at)
    organisation = Organisation.current()
    readers = messages.readers(row.words, [one.lead for one in rows], at)
    fit = [one.lead for one in rows if one.pk not in out]
    offered = offering.give(row.words, fit, key=f"broadcast:{row.pk}", at=at)
    out |= {one.pk: offered.over[one.lead_id] for one in rows if one.lead_id in offered.over}
    asked: list[tuple[Recipient, mail.Message]] = []
    for one in rows:
        if one.pk in out:
            _leave_out(one, out[one.pk], at)
            continue
        try:
            message = messages.of_broadcast(
                row,
                one.lead,
                key=one.key,
                due_at=one.due_at or at,
                organisation=organisation,
                reader=readers.get(one.lead_id, {}) | offered.values.get(one.lead_id, {}),
                subject=one.subject,
            )
        except Invalid as error:
            _leave_out(one, Reason.ERROR, at, error.message)
        else:
            asked.append((one, message))
    _queue(asked, at)
    fields = ["state", "reason", "detail", "delivery", "at", "email_hash"]
    Recipient.objects.bulk_update(rows, fields, batch_size=1_000)


def _left_out_now(row: Broadcast, rows: list[Recipient], at: datetime) -> dict[int, Reason]:
    """Who may not, or should not, get it any more: asked again when it leaves."""
    against = barred([one.lead for one in rows], purpose=row.purpose)
    full = audience.capped({one.lead_id: one.due_at or at for one in rows})
    taken = audience.elsewhere(row, rows)
    found: dict[int, Reason] = {}
    for one in rows:
        reason = against.get(one.lead_id)
        if reason is None and one.lead_id in taken:
            reason = Reason.DUPLICATE
        if reason is None and one.lead_id in full:
            reason = Reason.CAPPED
        if reason is not None:
            found[one.pk] = reason
    return found


def _leave_out(one: Recipient, reason: Reason, at: datetime, detail: str = "") -> None:
    one.state, one.reason, one.detail = Recipient.State.LEFT_OUT, reason, detail[:300]
    one.at = at


def _queue(asked: list[tuple[Recipient, mail.Message]], at: datetime) -> None:
    """Hand all mails to the ledger; one that it refuses is left out alone."""
    made: list[Delivery | None]
    try:
        with transaction.atomic():
            made = [*mail.queue_many([message for _one, message in asked])]
    except Invalid:
        made = [_queue_one(one, message, at) for one, message in asked]
    for (one, _message), delivery in zip(asked, made, strict=True):
        if delivery is not None:
            one.state, one.delivery, one.at = Recipient.State.HANDED, delivery, at


def _queue_one(one: Recipient, message: mail.Message, at: datetime) -> Delivery | None:
    try:
        with transaction.atomic():
            return mail.queue_many([message])[0]
    except Invalid as error:
        _leave_out(one, Reason.ERROR, at, error.message)
        return None


def settle(row: Broadcast, at: datetime) -> None:
    """Say how far it is, under the lock on the row. It is sent when nobody waits and the ledger has
    tried every mail: until then it can be paused and called off."""
    handed = row.recipients.filter(state=Recipient.State.HANDED)
    before = row.state
    if not row.recipients.ahead().exists() and not row.recipients.untried().exists():
        row.state, row.ended_at = State.SENT, at
    elif handed.exists():
        row.state = State.SENDING
    if row.state == before:
        return
    row.save(update_fields=["state", "ended_at"])
    if row.state == State.SENT:
        _tell(Kind.BROADCAST_SENT, row, by=row.confirmed_by, at=at, count=handed.count())


def install() -> None:
    """Make the kind of run known; called once by apps.py."""
    registry.register(
        registry.RunKind(
            KIND,
            lazy("Broadcast"),
            work,
            result_url=lambda args: f"/broadcasts/{args['broadcast']}/",
        )
    )
