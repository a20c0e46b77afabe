"""Goal 3: a file of leads, or of deals, comes in, beside COPY of the very rows that it makes.

The limit writes what the product wrote (records, what belongs to them, events, ledger), ready and clean,
into the same tables with their indexes, and commits as often. The product reads the file, checks each line,
looks for people who are known, and rejects what is wrong. Leads come in two more ways: COPY into a table aside
and from there where nobody has that address (the anti-join), and by the ORM's `bulk_create`, which checks nothing.
"""

import io
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model

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
        rates: dict[str, list[float]] = {}
        memory = 0.0
        for turn in range(rounds + 1):
            spent, done = _brought_in(case, path)
            memory = memory or peak_megabytes()
            others = _others(case, done)
            copies = _taken_out(case, done)
            ways = {"limit": lambda copies=copies: _copied_in(copies)}  # type: ignore[misc]
            ways |= {
                name: lambda way=way, copies=copies: way(copies) for name, way in others.items()
            }  # type: ignore[misc]
            times = {"project": spent}
            for name, way in ways.items():
                times[name] = _timed(way)
                _held_against(case, done)
                _taken_out(case, done)
            if turn:  # the first warms up
                for name, seconds in times.items():
                    rates.setdefault(name, []).append(ROWS / seconds)
    return _row(case, rates, round(memory))


def _row(case: Case, rates: dict[str, list[float]], memory: int) -> dict[str, Any]:
    """Medians over the rounds; each ratio is taken within its round before."""
    row: dict[str, Any] = {
        name: round(statistics.median(rates[name])) for name in ("limit", "project")
    }
    told = []
    for name in rates.keys() - {"limit", "project"}:
        pairs = zip(rates["project"], rates[name], strict=True)
        row[f"of_{name}"] = round(statistics.median(one / two for one, two in pairs), 3)
        told.append(
            f"{row[f'of_{name}']:.2f}x {name} ({statistics.median(rates[name]):.0f} rows/s)"
        )
    return {
        "workload": case.name,
        "unit": "rows/s",
        "memory": memory,
        "beside": ", ".join(sorted(told)),
    } | row


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


Way = Callable[[list[Copies]], None]


def _others(case: Case, done: Import) -> dict[str, Way]:
    """Two more ways for leads, over the rows that the product has just made."""
    if case.entity != "lead":
        return {}
    chunks = [_values(case, done, first) for first in range(0, ROWS, services.CHUNK)]
    return {"anti_join": _anti_joined, "bulk_create": lambda _copies: _bulk_created(chunks)}


def _anti_joined(chunks: Iterable[Copies]) -> None:
    """Each chunk into tables aside, and from there what nobody has yet, by the unique address."""
    unknown = (
        "NOT EXISTS (SELECT FROM leadflow_leadidentity have JOIN aside_leadflow_leadidentity came"
        " USING (kind, value_norm) WHERE came.lead_id = aside.{key})"
    )
    keys = {"leadflow_lead": "id", "imports_importrow": ""}
    for copies in chunks:
        with transaction.atomic(), connection.cursor() as cursor:
            for table, buffer in copies:
                buffer.seek(0)
                cursor.execute(f"CREATE TEMP TABLE aside_{table} (LIKE {table}) ON COMMIT DROP")
                cursor.copy_expert(f"COPY aside_{table} FROM STDIN", buffer)
            cursor.execute("ANALYZE aside_leadflow_leadidentity")
            # the addresses last: they decide who is new
            order = sorted(copies, key=lambda one: one[0] == "leadflow_leadidentity")
            for table, _buffer in order:
                key = keys.get(table, "lead_id")
                where = unknown.format(key=key) if key else "true"
                cursor.execute(
                    f"INSERT INTO {table} SELECT * FROM aside_{table} aside WHERE {where}"
                )


Values = list[tuple[type[Model], list[dict[str, Any]]]]


def _values(case: Case, done: Import, first: int) -> Values:
    """What the rows of a chunk hold, by model."""
    models = {model._meta.db_table: model for model in apps.get_models()}
    span, lines = _span(done, first, services.CHUNK), (first + 2, first + services.CHUNK + 1)
    wanted = {table: where % span for table, where in case.tables.items()}
    wanted["imports_importrow"] = (
        f"imported_id = {done.pk} AND line_no BETWEEN {lines[0]} AND {lines[1]}"
    )
    return [
        (models[table], list(models[table]._default_manager.extra(where=[where]).values()))
        for table, where in wanted.items()
    ]


def _bulk_created(chunks: Iterable[Values]) -> None:
    for values in chunks:
        with transaction.atomic():
            for model, rows in values:
                model._default_manager.bulk_create([model(**row) for row in rows])


def _held_against(case: Case, done: Import) -> None:
    """The oracle: the limit wrote the records that the product had made."""
    model = Lead if case.entity == "lead" else Deal
    ids = done.rows.filter(state="created").values("object_id")
    there = model._default_manager.filter(pk__in=ids).count()
    if there != case.created:
        raise AssertionError(f"{case.name}: the limit wrote {there} of {case.created}")
