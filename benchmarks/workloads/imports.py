"""Goal 3: a file of leads, or of deals, comes in, beside COPY of the very rows that it makes.

The limit writes what the product wrote (records, what belongs to them, events, ledger), ready and clean,
into the same tables with their indexes, and commits as often. The product reads the file, checks each line,
looks for people who are known, and rejects what is wrong.
"""

import io
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from benchmarks.timing import peak_megabytes
from leadflow.imports import services
from leadflow.imports.models import Import
from leadflow.models import Company, Lead
from pipeline.models import Deal, PipelineStage
from pipeline.services import pipelines

ROWS = 4_000
BAD, KNOWN = 100, 50  # one line in so many is rejected; is of somebody known

# table -> which of its rows belong to the records with these ids
Tables = dict[str, str]
LEAD_TABLES: Tables = {
    "leadflow_lead": "id BETWEEN %s AND %s",
    "leadflow_leadidentity": "lead_id BETWEEN %s AND %s",
    "leadflow_leadcycle": "lead_id BETWEEN %s AND %s",
    "leadflow_leadscore": "lead_id BETWEEN %s AND %s",
    "events_event": "lead_id BETWEEN %s AND %s",
}
DEAL_TABLES: Tables = {
    "pipeline_deal": "id BETWEEN %s AND %s",
    "pipeline_dealline": "deal_id BETWEEN %s AND %s",
    "events_event": "subject_type = 'pipeline.deal' AND subject_id BETWEEN %s AND %s",
}


@dataclass(frozen=True)
class Case:
    """A file, and which tables its records live in."""

    name: str
    entity: str
    tables: Tables
    write: Callable[[io.TextIOBase], None]
    created: int


def measure(rounds: int) -> list[dict[str, Any]]:
    """Lines a second of both, each file brought in once a round and taken out again."""
    pipelines.ensure_default()
    clean = ROWS - sum(1 for n in range(ROWS) if n % BAD == 0 or n % KNOWN == 1)
    cases = (
        Case("import leads", "lead", LEAD_TABLES, _leads, clean),
        Case("import deals", "deal", DEAL_TABLES, _deals, ROWS),
    )
    return [_one(case, rounds) for case in cases]


def _leads(out: io.TextIOBase) -> None:
    """People of companies that are here; some lines are wrong, some people known."""
    companies = Company.objects.exclude(domain=None).order_by("pk")[:500]
    domains = list(companies.values_list("domain", flat=True))
    known = list(Lead.objects.order_by("pk").values_list("email", flat=True)[:ROWS])
    out.write("email,first_name,last_name,phone,job_title,city,country,created\n")
    for n in range(ROWS):
        email = f"fresh{n}@{domains[n % len(domains)]}"
        email = known[n % len(known)] if n % KNOWN == 1 else email
        email = "not an address" if n % BAD == 0 else email
        phone = f"+4930{1_000_000 + n}" if n % 2 else ""
        day = f"2025-{1 + n % 12:02d}-{1 + n % 28:02d}"
        out.write(f"{email},First{n},Last{n},{phone},Manager,Delft,NL,{day}\n")


def _deals(out: io.TextIOBase) -> None:
    companies = list(Company.objects.order_by("pk").values_list("name", flat=True)[:500])
    stages = list(PipelineStage.objects.order_by("pk").values_list("name", flat=True))
    out.write("id,deal,stage,company,amount,opened on,closed on\n")
    for n in range(ROWS):
        company, stage = companies[n % len(companies)], stages[n % len(stages)]
        out.write(
            f"{n},Deal {n},{stage},{company},{100 + n % 900},2025-01-{1 + n % 28:02d},2025-06-01\n"
        )


def _one(case: Case, rounds: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        with path.open("w") as out:
            case.write(out)
        limits, projects, memory = [], [], 0.0
        for turn in range(rounds + 1):
            spent, done = _brought_in(case, path)
            memory = memory or peak_megabytes()
            copies = _taken_out(case, done)
            limit = _timed(lambda copies=copies: _copied_in(copies))  # type: ignore[misc]
            _held_against(case, done)
            _taken_out(case, done)
            if turn:  # the first warms up
                limits.append(ROWS / limit)
                projects.append(ROWS / spent)
    return {
        "workload": case.name,
        "limit": round(statistics.median(limits)),
        "project": round(statistics.median(projects)),
        "unit": "rows/s",
        "memory": round(memory),
    }


def _timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _brought_in(case: Case, path: Path) -> tuple[float, Import]:
    with path.open("rb") as file:
        imported = services.upload(entity=case.entity, name=path.name, file=file, by=None)
    spent = _timed(lambda: services.work_here(imported))
    imported.refresh_from_db()
    if (imported.created, imported.counted) != (case.created, ROWS):
        raise AssertionError(f"{case.name}: {imported.created} of {case.created} were created")
    return spent, imported


Copies = list[tuple[str, io.StringIO]]


def _taken_out(case: Case, done: Import) -> list[Copies]:
    """The rows of the import as COPY reads them, chunk by chunk; afterwards they are gone."""
    chunks = [_copied_out(case, done, first) for first in range(0, ROWS, services.CHUNK)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events_event DISABLE TRIGGER USER")
        span = _span(done, 0, ROWS)
        for table, where in reversed(case.tables.items()):
            cursor.execute(f"DELETE FROM {table} WHERE {where}", span)
        cursor.execute("DELETE FROM imports_importrow WHERE imported_id = %s", [done.pk])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE events_event ENABLE TRIGGER USER")
    with connection.cursor() as cursor:
        for table in (*case.tables, "imports_importrow"):
            cursor.execute(f"VACUUM {table}")
    return chunks


def _span(done: Import, first: int, count: int) -> tuple[int, int]:
    """The lowest and the highest id of what these lines made."""
    rows = done.rows.filter(state="created", line_no__gt=first + 1, line_no__lte=first + count + 1)
    ids = sorted(rows.values_list("object_id", flat=True))
    return (ids[0], ids[-1]) if ids else (0, -1)


def _copied_out(case: Case, done: Import, first: int) -> Copies:
    span = _span(done, first, services.CHUNK)
    wanted = {table: where % span for table, where in case.tables.items()}
    lines = (first + 2, first + services.CHUNK + 1)
    wanted["imports_importrow"] = (
        f"imported_id = {done.pk} AND line_no BETWEEN {lines[0]} AND {lines[1]}"
    )
    copies = []
    with connection.cursor() as cursor:
        for table, where in wanted.items():
            buffer = io.StringIO()
            cursor.copy_expert(f"COPY (SELECT * FROM {table} WHERE {where}) TO STDOUT", buffer)
            copies.append((table, buffer))
    return copies


def _copied_in(chunks: Iterable[Copies]) -> None:
    for copies in chunks:
        with transaction.atomic(), connection.cursor() as cursor:
            for table, buffer in copies:
                buffer.seek(0)
                cursor.copy_expert(f"COPY {table} FROM STDIN", buffer)


def _held_against(case: Case, done: Import) -> None:
    """The oracle: the limit wrote the records that the product had made."""
    model = Lead if case.entity == "lead" else Deal
    ids = done.rows.filter(state="created").values("object_id")
    there = model._default_manager.filter(pk__in=ids).count()
    if there != case.created:
        raise AssertionError(f"{case.name}: the limit wrote {there} of {case.created}")
