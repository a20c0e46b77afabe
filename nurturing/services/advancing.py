"""Taking due walks further: a batch of rows is claimed, decided and written in one commit.

Whatever dies in the middle leaves the batch as it was. Two processes never hold the same row (SKIP
LOCKED), and a step's mail has one name, so it is queued once whoever comes second. Rows that stand at the
same step are dealt with together, whatever the size of the batch.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from django.db import connection, transaction

from leadflow.calendars.models import Holiday
from leadflow.errors import Invalid
from leadflow.kit import clock
from leadflow.mail import services as mail
from leadflow.models import Organisation
from leadflow.models.expressions import Among
from leadflow.rulesets.models import RuleVersion
from leadflow.services.inserting import insert_alike, update_alike
from nurturing.models import Enrolment, MailPolicy, Reason, Sequence, StepDone, WayChosen
from nurturing.services.batch import Batch, Script, Taken, Walk, by_step
from nurturing.services.eligibility import (
    Person,
    barred_from,
    bouncing,
    caps,
    goal_met,
    kept_out,
    people,
    sent_lately,
)  # fmt: skip
from nurturing.services.enrolment import end
from nurturing.services.taking import take

BATCH = 1_000
T = TypeVar("T")
_KEPT = ("state", "step", "due_at", "deferred_since", "deferred_by", "waits_for_id")
_CLAIM = """SELECT walk.id, walk.lead_id, walk.sequence_id, walk.version_id, walk.state, walk.step, walk.due_at,
    walk.deferred_since, walk.deferred_by, walk.waits_for_id, walk.retraces, walk.enrolled_at, walk.origin
FROM nurturing_enrolment walk JOIN nurturing_sequence sequence ON sequence.id = walk.sequence_id
WHERE walk.state IN ('pending', 'active', 'waiting') AND walk.due_at <= %s AND sequence.state = 'running'
ORDER BY walk.due_at, walk.id LIMIT %s FOR UPDATE OF walk SKIP LOCKED
"""


def advance_due(*, at: datetime | None = None, limit: int = BATCH) -> int:
    """Take up to `limit` due walks further; how many it took. Call again until it takes none."""
    at = at or clock.now()
    with transaction.atomic():
        rows = _claim(at, limit)
        if rows:
            _advance(rows, at)
    return len(rows)


def _claim(at: datetime, limit: int) -> list[Walk]:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [at, limit])
        claimed = cursor.fetchall()
    if not claimed:
        return []
    sequences = Sequence.objects.select_related("owner").in_bulk({row[2] for row in claimed})
    versions = RuleVersion.objects.in_bulk({row[3] for row in claimed})
    scripts = {pk: Script(version) for pk, version in versions.items()}
    return [Walk(sequences[row[2]], scripts[row[3]], *row) for row in claimed]


def _advance(rows: list[Walk], at: datetime) -> None:
    batch = batch_of(rows, at)
    going = _eligible(rows, batch)
    for wave in _waves(going):
        while wave:
            wave = _round(wave, batch)
    _queue(batch)
    _note(batch)
    _keep(batch.moved)
    for how, some in batch.ended.items():
        ends = _enrolments(some)
        end(ends, how.reason, by=None, at=at, detail=how.detail, keeps_mails=how.by_step)


def _enrolments(walks: list[Walk]) -> list[Enrolment]:
    """The rows of these walks, which are locked since they were claimed."""
    sequences = {walk.sequence_id: walk.sequence for walk in walks}
    rows = list(Enrolment.objects.filter(Among("pk", [walk.pk for walk in walks])).order_by("pk"))
    for row in rows:
        row.sequence = sequences[row.sequence_id]
    return rows


def walks_of(rows: Collection[Enrolment]) -> list[Walk]:
    """The same walks as a batch reads them, in their order; each with its sequence."""
    versions = RuleVersion.objects.in_bulk({row.version_id for row in rows})
    scripts = {pk: Script(version) for pk, version in versions.items()}
    return [
        Walk(
            row.sequence, scripts[row.version_id], row.pk, row.lead_id, row.sequence_id,
            row.version_id, row.state, row.step, row.due_at or row.enrolled_at, row.deferred_since,
            row.deferred_by, row.waits_for_id, row.retraces, row.enrolled_at, row.origin,
        )
        for row in rows
    ]  # fmt: skip


def batch_of(rows: list[Walk], at: datetime) -> Batch:
    """What has to be known of these walks to take them further, asked once for all of them."""
    lead_ids = {row.lead_id for row in rows}
    chosen = WayChosen.objects.filter(sequence__in={row.sequence_id for row in rows})
    retracing = [row.pk for row in rows if row.retraces]
    taken = (
        StepDone.objects.filter(enrolment__in=retracing) if retracing else StepDone.objects.none()
    )
    return Batch(
        at=at,
        organisation=Organisation.current(),
        closed=frozenset(Holiday.objects.values_list("on", flat=True)),
        scripts={row.version_id: row.script for row in rows},
        leads=people(lead_ids),
        ways_chosen={(pk, step): way for pk, step, way in chosen.values_list("sequence", "step", "way")},
        taken={(pk, step): way for pk, step, way in taken.values_list("enrolment", "step", "way")},
        sent=sent_lately(lead_ids, at),
        caps=caps(),
        fresh=timedelta(days=MailPolicy.current().fresh_days),
        resting=bouncing(lead_ids, at),
        ahead=_ahead(rows, at),
    )  # fmt: skip


def _ahead(rows: list[Walk], at: datetime) -> dict[int, list[int]]:
    """The priorities of other walks of these leads that are due, go first and are in nobody's hands but
    another batch's: the one that goes first gets the free slot, whichever batch comes to it first."""
    lowest = min(row.sequence.priority for row in rows)
    first = dict(
        Sequence.objects.running().filter(priority__gt=lowest).values_list("pk", "priority")
    )
    found: dict[int, list[int]] = defaultdict(list)
    if not first:  # nobody goes before anybody
        return found
    here = {row.pk for row in rows}
    others = Enrolment.objects.moving().filter(
        Among("lead", {row.lead_id for row in rows}), due_at__lte=at, sequence__in=first
    )
    for pk, lead_id, sequence_id in others.values_list("pk", "lead_id", "sequence_id"):
        if pk not in here:
            found[lead_id].append(first[sequence_id])
    return found


def _eligible(rows: list[Walk], batch: Batch) -> list[Walk]:
    """Those who may go on; the goal and the reasons against mail are asked before every step."""
    going, by_kind = [], _by_kind(rows, batch)
    for pk, some in _by_version(rows).items():
        script = batch.scripts[pk]
        of = [row.lead_id for row in some]
        against = kept_out(script.version, of, by_kind[script.kind])
        met = goal_met(script.version, of, batch.at)
        for row in some:
            reason = _why_over(row, script, against, met, batch.at)
            if reason is None:
                going.append(row)
            else:
                batch.finish(row, reason)
    return going


def _by_kind(rows: list[Walk], batch: Batch) -> dict[str, dict[int, Reason]]:
    """Who may not be written to, by the kind of mail: asked once for each purpose, not for each version."""
    leads: dict[str, dict[int, Person]] = defaultdict(dict)
    documents: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        kind = row.script.kind
        leads[kind][row.lead_id] = batch.leads[row.lead_id]
        documents[kind] = row.script.version.document
    return {kind: barred_from(documents[kind], list(some.values())) for kind, some in leads.items()}


def _by_version(rows: Collection[Walk]) -> dict[int, list[Walk]]:
    found: dict[int, list[Walk]] = defaultdict(list)
    for row in rows:
        found[row.version_id].append(row)
    return found


def _why_over(
    row: Walk, script: Script, against: Mapping[int, Reason], met: set[int], at: datetime
) -> Reason | None:
    if row.lead_id in against:
        return against[row.lead_id]
    if row.lead_id in met:
        return Reason.GOAL
    too_long = script.lasts is not None and row.enrolled_at + script.lasts <= at
    return Reason.TOO_LONG if too_long else None


def _waves(rows: list[Walk]) -> Iterator[list[Walk]]:
    """One walk of each person at a time, the one that goes first first: it gets the free slot."""
    rows = sorted(rows, key=lambda row: -row.sequence.priority)
    if len({row.lead_id for row in rows}) == len(rows):  # nobody walks twice
        yield rows
        return
    waves: list[list[Walk]] = []
    seen: Counter[int] = Counter()
    for row in rows:
        if seen[row.lead_id] == len(waves):
            waves.append([])
        waves[seen[row.lead_id]].append(row)
        seen[row.lead_id] += 1
    yield from waves


def _round(rows: list[Walk], batch: Batch) -> list[Walk]:
    """One step for each of these rows; those who go on at once."""
    going: list[Walk] = []
    for (version_id, step_id), some in by_step(rows).items():
        step = batch.scripts[version_id].tree.find(step_id)
        if step is None:
            for row in some:
                batch.finish(row, Reason.DONE)
        else:
            going += take(step, some, batch)
    return going


def _note(batch: Batch) -> None:
    """Write down which steps were taken, each once."""
    steps = batch.steps
    if not steps:
        return
    columns: dict[str, list[object]] = {
        "enrolment_id": [one.row.pk for one in steps],
        "step": [one.step for one in steps],
        "way": [one.way for one in steps],
        "delivery_id": [one.delivery_id for one in steps],
        "reason": [one.reason for one in steps],
        "detail": [one.detail for one in steps],
        "deferred_by": [one.deferred_by for one in steps],
    }
    once = ("enrolment_id", "step", "occurrence")
    insert_alike(StepDone(at=batch.at), columns, len(steps), known_by=once)


def _keep(rows: list[Walk]) -> None:
    """Write down where these walks stand and when they go on."""
    if not rows:
        return
    columns = {name: [getattr(row, name) for row in rows] for name in _KEPT}
    update_alike(Enrolment, [row.pk for row in rows], columns)


def _queue(batch: Batch) -> None:
    """Hand all mails to the ledger; one that it refuses fails its own walk only."""
    for letters in batch.letters.values():
        shared = letters.shared
        _put([taken for taken, _copy in letters.copies], [copy for _taken, copy in letters.copies],
             partial(mail.queue_alike, shared), batch)  # fmt: skip
    if batch.mails:
        _put([taken for taken, _asked in batch.mails], [asked for _taken, asked in batch.mails],
             mail.queue_ids, batch)  # fmt: skip


def _put(
    steps: list[Taken], asked: list[T], queue: Callable[[list[T]], list[int]], batch: Batch
) -> None:
    made: list[int | None]
    try:
        with transaction.atomic():
            made = [*queue(asked)]
    except Invalid:
        made = [_put_one(taken, one, queue, batch) for taken, one in zip(steps, asked, strict=True)]
    for taken, delivery in zip(steps, made, strict=True):
        taken.delivery_id = delivery


def _put_one(
    taken: Taken, asked: T, queue: Callable[[list[T]], list[int]], batch: Batch
) -> int | None:
    try:
        with transaction.atomic():
            return queue([asked])[0]
    except Invalid as error:
        batch.forget(taken.row)
        batch.steps = [one for one in batch.steps if one is not taken]
        batch.finish(taken.row, Reason.ERROR, error.message)
        return None
