"""The embedded PostgreSQL: locks instead of lists of pids, upgrades, stale files."""

import os
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from leadflow import embedded
from leadflow.embedded import EmbeddedError, Server
from tests.processes import left_behind

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(new_var: Path) -> Path:
    new_var.mkdir()
    return new_var / "postgres"


def ask(url: str, question: str) -> object:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(question)
        return cursor.fetchone()[0] if cursor.description else None


def test_the_last_one_to_leave_stops_the_server(folder: Path):
    first, second = Server(folder, durable=False), Server(folder, durable=False)
    assert first.start() == second.start()
    assert first.release() is False
    assert ask(second.url(), "SELECT 1") == 1
    assert second.release() is True
    assert left_behind(folder) == []


def test_it_listens_on_no_network_port_and_sorts_and_folds_unicode(folder: Path):
    server = Server(folder, durable=False)
    url = server.start()
    assert ask(url, "SHOW listen_addresses") == ""
    assert ask(url, "SELECT lower('ŁÄ') || upper('ß')") == "łäß"
    ask(url, "CREATE EXTENSION pg_trgm")
    assert len(ask(url, "SELECT show_trgm('Łukasz')")) > 5
    server.release()


def test_a_pid_file_that_names_a_stranger_is_no_obstacle(folder: Path):
    server = Server(folder, durable=False)
    server.start()
    lines = (folder / "data/postmaster.pid").read_text().split("\n", 1)[1]
    server.release()
    (folder / "data/postmaster.pid").write_text(f"{os.getpid()}\n{lines}")
    assert ask(server.start(), "SELECT 1") == 1
    server.release()


def test_an_initdb_that_was_killed_leaves_nothing_in_the_way(folder: Path):
    (folder / "data.new").mkdir(parents=True)
    (folder / "data.new" / "PG_VERSION").write_text("18\n")
    server = Server(folder, durable=False)
    assert ask(server.start(), "SELECT 1") == 1
    server.release()


@pytest.fixture
def old_programs() -> Path:
    found = embedded._programs_of(15)
    if found is None:
        pytest.skip("PostgreSQL 15 is not installed")
    return found


def make_old(folder: Path, programs: Path) -> Server:
    """A folder as a release on PostgreSQL 15 left it, with one row."""
    server = Server(folder, durable=False)
    server._make_folder()
    asked = [
        "-D",
        server.data,
        "-U",
        "leadflow",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
    ]
    assert server._call(programs / "initdb", *asked).returncode == 0
    server._run_server(programs, server.data)
    server._create_database()
    ask(server.url(), "CREATE TABLE kept AS SELECT 'Łódź'::text AS word")
    server.stop()
    return server


def test_data_of_an_older_major_is_upgraded_and_kept(folder: Path, old_programs: Path):
    make_old(folder, old_programs)
    server = Server(folder, durable=False)
    url = server.start()
    assert ask(url, "SELECT word FROM kept") == "Łódź"
    assert server.major() == embedded.bundled_major()
    assert (folder / "data-15" / "PG_VERSION").read_text().strip() == "15"
    assert "Łódź" in (folder / "upgrade-from-15.sql").read_text()
    server.release()


def test_an_upgrade_killed_at_its_last_step_is_finished(folder: Path, old_programs: Path):
    make_old(folder, old_programs)
    server = Server(folder, durable=False)
    server.start()
    server.release()
    (folder / "data").rename(folder / "data.upgraded")
    again = Server(folder, durable=False)
    assert ask(again.start(), "SELECT word FROM kept") == "Łódź"
    again.release()


def test_without_the_old_programs_an_upgrade_is_refused_and_nothing_changes(
    folder: Path, old_programs: Path, monkeypatch: pytest.MonkeyPatch
):
    make_old(folder, old_programs)
    monkeypatch.setattr(embedded, "_programs_of", lambda _major: None)
    server = Server(folder, durable=False)
    with pytest.raises(EmbeddedError, match="install PostgreSQL 15"):
        server.start()
    server._users.close()
    assert (folder / "data" / "PG_VERSION").read_text().strip() == "15"
    assert sorted(path.name for path in folder.glob("data*")) == ["data"]


def test_root_runs_the_server_as_somebody_else(folder: Path):
    server = Server(folder, durable=False)
    server.start()
    pid = (folder / "data/postmaster.pid").read_text().split()[0]
    shown = subprocess.run(["ps", "-o", "uid=", "-p", pid], capture_output=True, text=True).stdout
    server.release()
    assert int(shown) != 0
