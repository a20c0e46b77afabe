"""“Who gets what”: the page, beside counting who hears nothing exactly, over all leads, in one statement.

Nine of ten leads agreed to get mail; half of those who did got a mail in the last 30 days, all together two mails a
lead, and a third walks a sequence. The oracle is that what the page counts among its ten thousand is within three
per cent of the exact number.
"""

from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client

from benchmarks.timing import in_turn
from benchmarks.workloads.lead_list import figures
from leadflow.kit import clock
from leadflow.people.models import User
from nurturing.models import Sequence
from nurturing.services import documents, reach, sequences

_FILL = """
INSERT INTO leadflow_consent (lead_id, channel, purpose, state, basis, text, text_version, text_hash, method, url, source, at)
SELECT id, 'email', 'marketing', 'given', 'consent', 'Yes', '', '', 'form', '', '', now() - interval '2 days'
FROM leadflow_lead lead WHERE id % 10 > 0 AND NOT EXISTS (SELECT 1 FROM leadflow_consent WHERE lead_id = lead.id);
INSERT INTO mail_delivery (public_id, key, kind, purpose, to_address, to_norm, to_hash, to_name, lead_id,
    from_name, from_address, reply_to, origin, subject, text, html, headers, calendar, is_tracked, state, reason,
    due_at, not_before, via, transport, smtp_text, tries, attempts, errors, created_at)
SELECT gen_random_uuid(), 'reach:' || n || ':' || id, 'marketing', 'marketing', email, email, md5(email), '', id, 'We',
    'we@crm.example', '', 'live', 'News', 'Good day.', '', '{{}}', '', true, 'sent', '', at, at, '', 'smtp', '', 1, 1, 0, at
FROM leadflow_lead CROSS JOIN generate_series(1, 4) n
CROSS JOIN LATERAL (SELECT now() - (n * 20 + id % 20) * interval '1 day' AS at) moment WHERE id % 2 = 0;
INSERT INTO nurturing_enrolment (lead_id, sequence_id, version_id, run_no, state, step, due_at, deferred_by, retraces,
    reason, detail, cause, enrolled_at, origin)
SELECT id, {sequence}, {version}, 1, 'waiting', '', now() + interval '30 days', '', false, '', '', 'manual', now(), 'live'
FROM leadflow_lead WHERE id % 3 = 0;
"""
EXACT = """
SELECT count(*) FROM leadflow_lead lead
WHERE deleted_at IS NULL AND merged_into_id IS NULL AND disposition <> 'disqualified' AND email <> ''
  AND (SELECT state FROM leadflow_consent WHERE lead_id = lead.id AND channel = 'email' AND purpose = 'marketing'
       ORDER BY at DESC, id DESC LIMIT 1) = 'given'
  AND id NOT IN (SELECT lead_id FROM mail_delivery WHERE kind = 'marketing' AND due_at >= now() - interval '30 days'
       AND lead_id IS NOT NULL AND state IN ('sent', 'delivered', 'bounced', 'complained'))
"""


def measure(rounds: int) -> list[dict[str, Any]]:
    """The whole page, signed in as an admin."""
    _fill()
    settings.ALLOWED_HOSTS.append("testserver")
    admin = User.objects.get(email="admin@bench.example")
    client = Client()
    client.force_login(admin)

    def limit() -> int:
        with connection.cursor() as cursor:
            cursor.execute(EXACT)
            return int(cursor.fetchone()[0])

    def project() -> bytes:
        found: bytes = client.get("/who-gets-what/").content
        return found

    exact, told = limit(), reach.neglected(admin, days=30, at=clock.now()).count
    if abs(told - exact) > 0.03 * exact:
        raise AssertionError(f"{told} hear nothing by the page, {exact} do")
    times = in_turn(rounds, 3, sql=limit, limit=limit, project=project)
    return [
        figures("who gets what", times, project) | {"beside": f"{told} by the page, {exact} do"}
    ]


def _fill() -> None:
    step = documents.new_step("email") | {"subject": "News", "body": "Good day."}
    sequence: Sequence = sequences.create(name="Reach", by=None, document={"steps": [step]})
    version = sequence.rule_set.versions.get()
    with connection.cursor() as cursor:
        cursor.execute(_FILL.format(sequence=sequence.pk, version=version.pk))
        cursor.execute("VACUUM ANALYZE leadflow_consent, mail_delivery, nurturing_enrolment")
