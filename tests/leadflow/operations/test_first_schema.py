"""An empty database gets its tables at once, and they are those that the migrations make."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
from django.core.management import call_command
from django.db import connection

from leadflow.operations import first_schema

ROOT = Path(__file__).resolve().parents[3]

DEFINED = {
    "relations": """
        SELECT relname, relkind, relpersistence, reloptions FROM pg_class
        WHERE relnamespace = 'public'::regnamespace""",
    "columns": """
        SELECT relname, row_number() OVER (PARTITION BY attrelid ORDER BY attnum), attname,
               format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, collname,
               attstorage, pg_get_expr(adbin, adrelid)
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid AND relkind IN ('r', 'p')
             LEFT JOIN pg_attrdef ON (adrelid, adnum) = (attrelid, attnum)
             LEFT JOIN pg_collation ON pg_collation.oid = attcollation
        WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace""",
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": """
        SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger
        WHERE NOT tgisinternal""",
    "functions": """
        SELECT proname, pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND prolang = (
            SELECT oid FROM pg_language WHERE lanname = 'plpgsql')""",
    "sequences": """
        SELECT sequencename, data_type::text, start_value, increment_by, cycle, cache_size
        FROM pg_sequences WHERE schemaname = 'public'""",
    "extensions": "SELECT extname FROM pg_extension",
    "migrations": "SELECT app, name FROM django_migrations",
    "stages": "SELECT name, kind, position, probability FROM pipeline_pipelinestage",
    "reasons": "SELECT name, position, asks_competitor, counts FROM pipeline_lostreason",
    "permissions": "SELECT codename FROM auth_permission",
}
AT_ONCE = "from leadflow.management.commands.migrate import Command"
STEP_BY_STEP = "from django.core.management.commands.migrate import Command"
MIGRATE = """
import django; django.setup()
{}
from django.core.management import call_command
call_command(Command(), verbosity=0)
"""


@pytest.fixture
def new_databases() -> Iterator[list[str]]:
    """The addresses of two empty databases on the server of the tests."""
    server = os.environ["DATABASE_URL"]
    names = [f"first_{uuid.uuid4().hex[:12]}" for _ in range(2)]
    with closing(psycopg2.connect(server)) as ours:
        ours.autocommit = True
        with ours.cursor() as cursor:
            for name in names:
                cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
            yield [urlsplit(server)._replace(path=f"/{name}").geturl() for name in names]
            for name in names:
                cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def new_database(new_databases: list[str]) -> str:
    return new_databases[0]


def migrate(database: str, how: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", MIGRATE.format(how)],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "leadflow.settings"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def read(database: str, question: str) -> list[tuple[object, ...]]:
    with closing(psycopg2.connect(database)) as there, there.cursor() as cursor:
        cursor.execute(question)
        return sorted(cursor.fetchall(), key=repr)


@pytest.mark.slow
def test_the_tables_made_at_once_are_those_of_the_migrations(new_databases: list[str]) -> None:
    at_once, step_by_step = new_databases
    for database, how in ((at_once, AT_ONCE), (step_by_step, STEP_BY_STEP)):
        done = migrate(database, how)
        assert done.returncode == 0, done.stderr

    for what, question in DEFINED.items():
        assert read(at_once, question) == read(step_by_step, question), what


@pytest.mark.django_db
def test_a_database_that_holds_a_table_of_somebody_is_not_taken_for_empty(
    new_database: str,
) -> None:
    there = connection.copy()
    there.settings_dict = there.settings_dict | {"NAME": urlsplit(new_database).path[1:]}
    with closing(there):
        assert first_schema.is_empty(there)

        with there.cursor() as cursor:
            cursor.execute("CREATE TABLE mine (words text)")

        assert not first_schema.is_empty(there)


@pytest.mark.django_db
def test_a_database_that_is_not_empty_is_never_made_at_once(monkeypatch) -> None:
    monkeypatch.setattr(first_schema, "make", lambda _connection: pytest.fail("made anew"))

    call_command("migrate", verbosity=0)


def test_what_breaks_on_the_way_leaves_the_database_empty(new_database: str) -> None:
    broken = AT_ONCE + (
        "\nfrom leadflow.operations import first_schema"
        "\ndef stop(*_): raise SystemExit('killed')"
        "\nfirst_schema._do_the_rest = stop"
    )

    assert migrate(new_database, broken).returncode != 0
    assert read(new_database, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'") == []
    assert migrate(new_database, AT_ONCE).returncode == 0
