"""What `bulk_paths` begins: an import, a segment let into a sequence, a tick, a broadcast, a rescore, an assignment."""

import io
from collections.abc import Callable, Mapping
from datetime import timedelta

from django.db import connection, transaction

from leadflow.imports import services as imports
from leadflow.kit import clock
from leadflow.models import Lead, Organisation
from leadflow.people.models import User
from leadflow.runs import services as runs
from leadflow.segments import services as segments
from leadflow.services import leads
from nurturing.models import Enrolment
from nurturing.services import audience, broadcasts, documents, existing, sending, sequences
from qualification.services import scoring

_CONSENTS = """
INSERT INTO leadflow_consent (lead_id, channel, purpose, state, basis, text, text_version, text_hash, method, url, source, at)
SELECT id, 'email', 'marketing', 'given', 'consent', 'Yes', '', '', 'form', '', '', now() - interval '2 days'
FROM leadflow_lead lead WHERE NOT EXISTS (SELECT 1 FROM leadflow_consent WHERE lead_id = lead.id)
"""
_ALWAYS = {"days": list(range(7)), "opens": "00:00", "closes": "23:59"}


def paths(rows: int) -> Mapping[str, Callable[[], int]]:
    """Each path by name: what begins it, and how many rows it is about."""
    work = Work(rows)
    return {
        "import": work.bring_in,
        "enrolment of a segment": work.enrol,
        "tick of sequences": work.tick,
        "broadcast": work.cast,
        "rescore": work.rescore,
        "bulk assignment": work.assign,
    }


class Work:
    """The rows that the paths are about: two different thirds of the leads get a sequence and a broadcast."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        organisation = Organisation.current()
        organisation.postal_address = "1 Mill Lane"
        organisation.save()
        with connection.cursor() as cursor:
            cursor.execute(_CONSENTS)
        self.admin = User.objects.get(email="admin@bench.example")
        living = Lead.objects.living().active().order_by("pk")
        ids = list(living.values_list("pk", flat=True)[: 2 * rows])
        self.first, self.second = ids[:rows], ids[rows:]

    def bring_in(self) -> int:
        """A file of new people."""
        lines = ["email,first_name,last_name"]
        lines += [f"bulk{n}@company{n % 40 + 1}.example,First{n},Last{n}" for n in range(self.rows)]
        file = io.BytesIO("\n".join(lines).encode())
        imported = imports.upload(entity="lead", name="bulk.csv", file=file, by=self.admin)
        imports.start(imported, by=self.admin)
        return self.rows

    def enrol(self) -> int:
        """Those of a list, let into a sequence that was just published."""
        told = segments.create(name="Bulk", kind="static", lead_ids=self.first, by=self.admin)
        mail = documents.new_step("email") | {"subject": "News", "body": "Good day."}
        steps = [documents.new_step("wait"), mail]
        sequence = sequences.create(
            name="Bulk",
            by=self.admin,
            document={
                "steps": steps, "window": _ALWAYS, "trigger": {"kind": "segment", "ref": told.pk},
            },
        )  # fmt: skip
        version = sequences.publish(sequence, by=self.admin)
        sequence.refresh_from_db()
        existing.let_in(sequence, version, by=self.admin)
        return self.rows

    def tick(self) -> int:
        """The wait of all of them is over; each gets a mail and is at her end."""
        waiting = Enrolment.objects.filter(lead__in=self.first)
        return waiting.update(due_at=clock.now() - timedelta(minutes=1))

    def cast(self) -> int:
        """One mail to many, sent into the local outbox."""
        told = segments.create(name="Cast", kind="static", lead_ids=self.second, by=self.admin)
        row = broadcasts.create(name="Cast", by=self.admin)
        words = {"subject": "News", "body": "Good day."}
        row = broadcasts.edit(row, by=self.admin, name="Cast", include=[told], **words)
        at = clock.now()
        going = audience.review(row, at=at).going
        sending.confirm(row, by=self.admin, expected=going, at=at)
        return going

    def rescore(self) -> int:
        """Everybody, as after a publishing."""
        with transaction.atomic():
            runs.start(scoring.CHANGEOVER, {}, by=self.admin)
        return Lead.objects.living().count()

    def assign(self) -> int:
        """Many leads to one owner, by hand from the list."""
        owner = User.objects.get(email="u1@bench.example")
        return len(leads.assign_many(owners=dict.fromkeys(self.first, owner), by=self.admin))
