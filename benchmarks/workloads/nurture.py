"""Goal 6: the tick of sequences, beside one statement that does the same to the same rows.

As many walks as the scale says are under way, of which 5,000 are due: each writes a mail into the ledger and
goes into a wait of two days. The limit is one CTE a batch: it claims with SKIP LOCKED, moves the walk on, and
writes the very rows that the product writes (lock rows of addresses, ledger, steps taken), ready made. It asks
nobody for consent, goal, caps or sending hours and fills no field in. Both commit once a batch. The oracle is
that each leaves the same mails word for word, both steps of each walk with their reasons, and every walk at the same
place at the same moment.
"""

import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from benchmarks.served import cpu_seconds
from benchmarks.timing import peak_megabytes
from leadflow.kit import clock
from leadflow.mail.models import Delivery
from leadflow.models import Lead, Organisation
from nurturing.models import Enrolment, Sequence, StepDone
from nurturing.services import advancing, documents, sequences

DUE, BATCH = 5_000, 5_000
WORDS = {
    "subject": 'Hello {{ lead.first_name | default: "there" }}',
    "body": 'Good day {{ lead.first_name | default: "" }},\n\nhere is what is new.\n\nKind regards',
}

_CONSENTS = """
INSERT INTO leadflow_consent (lead_id, channel, purpose, state, basis, text, text_version, text_hash, method, url, source, at)
SELECT id, 'email', 'marketing', 'given', 'consent', 'Yes', '', '', 'form', '', '', now() - interval '2 days' FROM leadflow_lead
"""

_WALKS = """
INSERT INTO nurturing_enrolment (lead_id, sequence_id, version_id, run_no, state, step, due_at, deferred_by, retraces,
    reason, detail, cause, enrolled_at, origin)
SELECT id, {sequence}, {version}, 1, 'waiting', '{mail}', now() + interval '30 days', '', false, '', '', 'manual',
    now() - interval '1 day', 'live'
FROM leadflow_lead WHERE disposition = '' AND deleted_at IS NULL
"""

# What the product writes for the same walks, in one statement. The words stand ready.
_LIMIT = """
WITH due AS (
    SELECT walk.id, walk.lead_id, lead.email, lead.first_name, lead.last_name
    FROM nurturing_enrolment walk JOIN leadflow_lead lead ON lead.id = walk.lead_id
    WHERE walk.state IN ('pending', 'active', 'waiting') AND walk.due_at <= %(at)s
    ORDER BY walk.due_at, walk.id LIMIT %(limit)s FOR UPDATE OF walk SKIP LOCKED
), held AS (
    INSERT INTO leadflow_address (email_norm, created_at)
    SELECT email, statement_timestamp() FROM due ON CONFLICT DO NOTHING
), mails AS (
    INSERT INTO mail_delivery (public_id, key, kind, purpose, to_address, to_norm, to_hash, to_name, lead_id,
        from_name, from_address, reply_to, origin, subject, text, html, headers, calendar, is_tracked, state, reason,
        due_at, not_before, held_for, via, transport, smtp_text, tries, attempts, errors, created_at)
    SELECT gen_random_uuid(), 'enrolment:' || id || ':step:{mail}:occ:1', 'marketing', 'marketing', email, email,
        md5(email) || md5(email), first_name || ' ' || last_name, lead_id, 'We', 'we@crm.example', '', 'live',
        'Hello ' || first_name, 'Good day ' || first_name || E',\n\nhere is what is new.\n\nKind regards', '',
        '{{"X-Campaign": "sequence-{sequence}"}}', '', true, 'queued', '', %(at)s, statement_timestamp(), '', '', '', '',
        0, 0, 0, statement_timestamp()
    FROM due ON CONFLICT (key) DO NOTHING RETURNING id, lead_id
), steps AS (
    INSERT INTO nurturing_stepdone (enrolment_id, step, occurrence, way, delivery_id, reason, detail, deferred_by, at)
    SELECT due.id, '{mail}', 1, '', mails.id, '', '', '', %(at)s FROM due JOIN mails USING (lead_id)
    UNION ALL SELECT id, '{wait}', 1, '', NULL, '', '', '', %(at)s FROM due
    ON CONFLICT DO NOTHING
)
UPDATE nurturing_enrolment walk SET state = 'waiting', step = '{last}', due_at = %(at)s + interval '2 days',
    deferred_since = NULL, deferred_by = ''
FROM due WHERE due.id = walk.id
"""

# What has to be the same in both ways; sender, hash and the moment of the database are each way's own.
_MAILS = """
SELECT key, kind, purpose, to_address, to_norm, to_name, lead_id, origin, subject, text, html, headers, calendar,
    is_tracked, counts_opens, state, reason, due_at, held_for, via, transport, tries, attempts, errors
FROM mail_delivery WHERE key LIKE 'enrolment:%'
"""
_STEPS = """
SELECT enrolment_id, step, occurrence, way, delivery_id IS NULL, reason, detail, deferred_by, at FROM nurturing_stepdone
"""
_STANDING = """
SELECT id, state, step, due_at, deferred_since, deferred_by, ended_at FROM nurturing_enrolment
WHERE due_at < now() + interval '10 days' -- all others wait longer
"""


def measure(rounds: int) -> list[dict[str, Any]]:
    """Walks a second of both; one round more warms up."""
    sequence = _seeded()
    at = clock.now()
    limit_sql = _limit(sequence)
    ways: dict[str, Callable[[], int]] = {
        "limit": lambda: _claimed_by_sql(limit_sql, at),
        "project": lambda: advancing.advance_due(at=at, limit=BATCH),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    cpu: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        left: dict[str, list[Any]] = {}
        for name, way in ways.items():
            _rewound(sequence, at)
            before, begun = _cpu(), time.perf_counter()
            done = way()
            spent, after = time.perf_counter() - begun, _cpu()
            left[name] = _left(sequence, done)
            if turn:
                rates[name].append(DUE / spent)
                cpu[name].append((after[0] - before[0], after[1] - before[1]))
        if left["limit"] != left["project"]:
            raise AssertionError(f"other rows: {left}")
    pairs = zip(rates["project"], rates["limit"], strict=True)
    _rewound(sequence, at)
    with CaptureQueriesContext(connection) as asked:
        advancing.advance_due(at=at, limit=BATCH)
    with CaptureQueriesContext(connection) as idle:
        advancing.advance_due(at=at, limit=BATCH)
    _cleared()
    return [
        {
            "workload": "nurture tick",
            "limit": round(statistics.median(rates["limit"])),
            "project": round(statistics.median(rates["project"])),
            "unit": "walks/s",
            "ratio": round(statistics.median(mine / limit for mine, limit in pairs), 3),
            "queries": len(asked),
            "memory": round(peak_megabytes()),
            "beside": f"{DUE} due a batch; nothing due: {len(_questions(idle))} statement; {_by_cpu(cpu)}",
        }
    ]


def _cpu() -> tuple[float, float]:
    """Seconds of this process, and of its connection's process in PostgreSQL, so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return time.process_time(), cpu_seconds(cursor.fetchone()[0])


def _by_cpu(cpu: dict[str, list[tuple[float, float]]]) -> str:
    """CPU of a walk: it moves less with the neighbours than the clock."""
    python, ours = (statistics.median(pair[n] for pair in cpu["project"]) for n in (0, 1))
    limit = statistics.median(sum(pair) for pair in cpu["limit"])
    a_walk = " + ".join(f"{one / DUE * 1e6:.0f}" for one in (python, ours))
    return (
        f"CPU µs a walk: limit {limit / DUE * 1e6:.0f}, product {a_walk} (Python + PostgreSQL),"
        f" {limit / (python + ours):.2f} of the limit"
    )


def _questions(captured: CaptureQueriesContext) -> list[str]:
    """What was asked; the beginning and the end of a transaction ask nothing."""
    ours = ("SELECT", "UPDATE", "INSERT", "DELETE")
    return [one["sql"] for one in captured if one["sql"].lstrip().startswith(ours)]


def _seeded() -> Sequence:
    organisation = Organisation.current()
    organisation.postal_address = "1 Mill Lane"
    organisation.save()
    mail, last = documents.new_step("email") | WORDS, documents.new_step("email") | WORDS
    window = {"days": list(range(7)), "opens": "00:00", "closes": "23:59"}
    sequence = sequences.create(
        name="Bench",
        by=None,
        document={"steps": [mail, documents.new_step("wait"), last], "window": window},
    )
    sequences.publish(sequence, by=None)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CONSENTS)
        cursor.execute(_WALKS.format(**_names(sequence)))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE nurturing_enrolment, leadflow_consent")
    return sequence


def _names(sequence: Sequence) -> dict[str, Any]:
    version = sequence.rule_set.versions.get()
    mail, wait, last = (step["id"] for step in version.document["steps"])
    return {
        "sequence": sequence.pk, "version": version.pk, "mail": mail, "wait": wait, "last": last,
    }  # fmt: skip


def _limit(sequence: Sequence) -> str:
    return _LIMIT.format(**_names(sequence))


def _claimed_by_sql(sql: str, at: datetime) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, {"at": at, "limit": BATCH})
        return int(cursor.rowcount)


def _rewound(sequence: Sequence, at: datetime) -> None:
    """The same 5,000 walks are due again, and nothing of them has been done."""
    StepDone.objects.all().delete()
    Delivery.objects.filter(key__startswith="enrolment:").delete()
    ids = Enrolment.objects.order_by("pk").values_list("pk", flat=True)[:DUE]
    Enrolment.objects.filter(pk__in=list(ids)).update(
        due_at=at - timedelta(minutes=1), state="waiting", step=_names(sequence)["mail"]
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE nurturing_enrolment, nurturing_stepdone, mail_delivery")


def _cleared() -> None:
    """Nothing is left that a sender or a worker of another workload would take up."""
    StepDone.objects.all().delete()
    Delivery.objects.filter(key__startswith="enrolment:").delete()
    Enrolment.objects.all().delete()


def _left(sequence: Sequence, done: int) -> list[Any]:
    """What must be the same whoever did it."""
    names = _names(sequence)
    walks = Enrolment.objects.filter(step=names["last"], state="waiting")
    return [
        done,
        walks.count(),
        Delivery.objects.filter(key__startswith="enrolment:", state="queued").count(),
        StepDone.objects.filter(step=names["mail"], delivery__isnull=False).count(),
        StepDone.objects.filter(step=names["wait"]).count(),
        sorted(set(walks.values_list("due_at", flat=True))),
        Lead.objects.filter(enrolments__step=names["last"]).distinct().count(),
        _told(_MAILS),
        _told(_STEPS),
        _told(_STANDING),
    ]


def _told(rows: str) -> str:
    """One hash of all these rows: a column that differs in one of them shows."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT md5(string_agg(row::text, '|' ORDER BY row::text)) FROM ({rows}) row"
        )
        return str(cursor.fetchone()[0])
