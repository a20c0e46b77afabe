"""Taking due walks further: a batch of rows is claimed, decided and written in one commit.

Whatever dies in the middle leaves the batch as it was. Two processes never hold the same row (SKIP
LOCKED), and a step's mail has one name, so it is queued once whoever comes second. Rows that stand at the
same step are dealt with together, whatever the size of the batch.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

from django.db import connection, transaction

from leadflow.calendars.models import Holiday
from leadflow.errors import Invalid
from leadflow.kit import clock
from leadflow.mail import services as mail
from leadflow.models import Lead, Organisation
from leadflow.rulesets.models import RuleVersion
from leadflow.services.inserting import insert_new
from nurturing.models import Enrolment, MailPolicy, Reason, Sequence, StepDone, WayChosen
from nurturing.services.batch import Batch, Script, by_step
from nurturing.services.eligibility import (
    barred,
    barred_for_sales,
    bouncing,
    caps,
    goal_met,
    kept_out,
    sent_lately,
)  # fmt: skip
from nurturing.services.enrolment import end
from nurturing.services.taking import take

BATCH = 1_000
# One statement for any number of rows: a CASE for each row and field costs many times what it writes.
_KEEP = """
UPDATE nurturing_enrolment walk SET state = new.state, step = new.step, due_at = new.due_at,
    deferred_since = new.deferred_since, deferred_by = new.deferred_by, waits_for_id = new.waits_for
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::bigint[])
    AS new (id, state, step, due_at, deferred_since, deferred_by, waits_for)
WHERE walk.id = new.id
"""
# what is read of a lead before a step asks for more
_ASKED = (
    "email", "deleted_at", "merged_into", "disposition", "time_zone", "country", "company__country",
)  # fmt: skip


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
        .moving()
        .filter(due_at__lte=at, sequence__state=Sequence.State.RUNNING)
        .order_by("due_at", "id")
    )
    rows = list(due[:limit])
    sequences = Sequence.objects.select_related("owner").in_bulk({row.sequence_id for row in rows})
    for row in rows:  # a row of its own for each would be read with every walk
        row.sequence = sequences[row.sequence_id]
    return rows


def _advance(rows: list[Enrolment], at: datetime) -> None:
    batch = _batch(rows, at)
    going = _eligible(rows, batch)
    for wave in _waves(going):
        while wave:
            wave = _round(wave, batch)
    _queue(batch)
    insert_new(batch.steps)
    _keep(batch.moved)
    for how, some in batch.ended.items():
        end(some, how.reason, by=None, at=at, detail=how.detail, keeps_mails=how.by_step)


def _batch(rows: list[Enrolment], at: datetime) -> Batch:
    lead_ids = {row.lead_id for row in rows}
    versions = RuleVersion.objects.in_bulk({row.version_id for row in rows})
    chosen = WayChosen.objects.filter(sequence__in={row.sequence_id for row in rows})
    retracing = [row.pk for row in rows if row.retraces]
    taken = (
        StepDone.objects.filter(enrolment__in=retracing) if retracing else StepDone.objects.none()
    )
    leads = Lead.objects.select_related("company").only(*_ASKED)
    return Batch(
        at=at,
        organisation=Organisation.current(),
        closed=frozenset(Holiday.objects.values_list("on", flat=True)),
        scripts={pk: Script(version) for pk, version in versions.items()},
        leads=leads.in_bulk(lead_ids),
        ways_chosen={(pk, step): way for pk, step, way in chosen.values_list("sequence", "step", "way")},
        taken={(pk, step): way for pk, step, way in taken.values_list("enrolment", "step", "way")},
        sent=sent_lately(lead_ids, at),
        caps=caps(),
        fresh=timedelta(days=MailPolicy.current().fresh_days),
        resting=bouncing(lead_ids, at),
        ahead=_ahead(rows, at),
    )  # fmt: skip


def _ahead(rows: list[Enrolment], at: datetime) -> dict[int, list[int]]:
    """The priorities of other walks of these leads that are due and in nobody's hands but another batch's:
    the one that goes first gets the free slot, whichever batch comes to it first."""
    others = Enrolment.objects.moving().filter(
        lead__in={row.lead_id for row in rows},
        due_at__lte=at,
        sequence__state=Sequence.State.RUNNING,
    )
    others = others.exclude(pk__in=[row.pk for row in rows])
    found: dict[int, list[int]] = defaultdict(list)
    for lead_id, priority in others.values_list("lead_id", "sequence__priority"):
        found[lead_id].append(priority)
    return found


def _eligible(rows: list[Enrolment], batch: Batch) -> list[Enrolment]:
    """Those who may go on; the goal and the reasons against mail are asked before every step."""
    leads, going = list(batch.leads.values()), []
    for_all = barred(leads)
    for_sales = (
        barred_for_sales(leads) if any(one.is_sales for one in batch.scripts.values()) else {}
    )
    for pk, some in _by_version(rows).items():
        script = batch.scripts[pk]
        of = [row.lead_id for row in some]
        against = kept_out(script.version, of, for_sales if script.is_sales else for_all)
        met = goal_met(script.version, of, batch.at)
        for row in some:
            reason = _why_over(row, script, against, met, batch.at)
            if reason is None:
                going.append(row)
            else:
                batch.finish(row, reason)
    return going


def _by_version(rows: Collection[Enrolment]) -> dict[int, list[Enrolment]]:
    found: dict[int, list[Enrolment]] = defaultdict(list)
    for row in rows:
        found[row.version_id].append(row)
    return found


def _why_over(
    row: Enrolment, script: Script, against: Mapping[int, Reason], met: set[int], at: datetime
) -> Reason | None:
    if row.lead_id in against:
        return against[row.lead_id]
    if row.lead_id in met:
        return Reason.GOAL
    too_long = script.lasts is not None and row.enrolled_at + script.lasts <= at
    return Reason.TOO_LONG if too_long else None


def _waves(rows: list[Enrolment]) -> Iterator[list[Enrolment]]:
    """One walk of each person at a time, the one that goes first first: it gets the free slot."""
    waves: list[list[Enrolment]] = []
    seen: Counter[int] = Counter()
    for row in sorted(rows, key=lambda row: -row.sequence.priority):
        if seen[row.lead_id] == len(waves):
            waves.append([])
        waves[seen[row.lead_id]].append(row)
        seen[row.lead_id] += 1
    yield from waves


def _round(rows: list[Enrolment], batch: Batch) -> list[Enrolment]:
    """One step for each of these rows; those who go on at once."""
    going: list[Enrolment] = []
    for (version_id, step_id), some in by_step(rows).items():
        step = batch.scripts[version_id].tree.find(step_id)
        if step is None:
            for row in some:
                batch.finish(row, Reason.DONE)
        else:
            going += take(step, some, batch)
    return going


def _keep(rows: list[Enrolment]) -> None:
    """Write down where these walks stand and when they go on."""
    if not rows:
        return
    columns = zip(
        *(
            (row.pk, str(row.state), row.step, row.due_at, row.deferred_since,
             str(row.deferred_by), row.waits_for_id)
            for row in rows
        ),
        strict=True,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [list(column) for column in columns])


def _queue(batch: Batch) -> None:
    """Hand all mails to the ledger; one that it refuses fails its own walk only."""
    if not batch.mails:
        return
    made: list[int | None]
    try:
        with transaction.atomic():
            made = [*mail.queue_ids([asked for _done, asked in batch.mails])]
    except Invalid:
        made = [_queue_one(done, asked, batch) for done, asked in batch.mails]
    for (done, _asked), delivery in zip(batch.mails, made, strict=True):
        done.delivery_id = delivery


def _queue_one(done: StepDone, asked: mail.Message, batch: Batch) -> int | None:
    try:
        with transaction.atomic():
            return mail.queue_ids([asked])[0]
    except Invalid as error:
        batch.forget(done.enrolment)
        batch.steps = [one for one in batch.steps if one is not done]
        batch.finish(done.enrolment, Reason.ERROR, error.message)
        return None
