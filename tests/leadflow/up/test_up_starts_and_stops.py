"""`leadflow up` as a person meets it: start, Ctrl-C, TERM, kill -9, start again."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.processes import ROOT, Up, command, left_behind, postmaster

pytestmark = pytest.mark.slow


@dataclass
class Life:
    """What one start and stop showed."""

    port: int
    output: str
    code: int
    seconds: float
    left: list[str]


def lived(var: Path, by: int, *arguments: str, **more: Any) -> Life:
    """Start it, ask it to stop by a signal, and tell how that went."""
    with Up(var, *arguments, **more) as up:
        code, seconds = up.stop(by)
    return Life(up.port, up.output, code, seconds, left_behind(var))


@pytest.fixture(scope="module")
def ended(var: Path) -> Life:
    """A life that ended by Ctrl-C; the installation stands still after it."""
    return lived(var, signal.SIGINT)


@pytest.fixture(scope="module")
def ended_for_a_script(var: Path) -> Life:
    """A life that a script began and ended by TERM."""
    return lived(var, signal.SIGTERM, "--json")


def test_it_prints_where_to_go(ended: Life):
    assert f"http://127.0.0.1:{ended.port}/" in ended.output
    assert "Ctrl-C" in ended.output


def test_ctrl_c_stops_it_in_time_and_leaves_nothing(ended: Life):
    assert (ended.code, ended.seconds < 10, ended.left) == (0, True, [])
    assert "Traceback" not in ended.output


def test_the_secret_key_is_readable_by_its_user_only(var: Path, ended: Life):
    assert stat.S_IMODE((var / "secret_key").stat().st_mode) == 0o600


def test_a_command_on_a_stopped_system_starts_the_database_and_stops_it(var: Path, ended: Life):
    done = command(var, "migrate", "--check")
    assert done.returncode == 0, done.stderr
    assert left_behind(var) == []


def test_a_second_start_reuses_what_the_first_made(var: Path, ended: Life):
    made = (var / "postgres/data/PG_VERSION").stat().st_mtime_ns
    key = (var / "secret_key").read_text()
    for _try in range(3):  # the best of three: other tests may want both cores for a moment
        begun = time.monotonic()
        with Up(var):
            seconds = time.monotonic() - begun
        if seconds < 6:
            break
    assert (var / "postgres/data/PG_VERSION").stat().st_mtime_ns == made
    assert (var / "secret_key").read_text() == key
    assert seconds < 6


def test_a_script_reads_where_it_listens_from_one_line_of_json(ended_for_a_script: Life):
    life = ended_for_a_script
    said = [json.loads(line) for line in life.output.splitlines() if line.startswith("{")]
    assert [line["address"] for line in said] == [f"http://127.0.0.1:{life.port}/"]
    assert said[0]["needs_admin"] is True


def test_term_stops_it_as_well(ended_for_a_script: Life):
    life = ended_for_a_script
    assert (life.code, life.seconds < 10, life.left) == (0, True, [])


def test_ctrl_c_stops_a_process_whose_caller_ignored_it(var: Path):
    assert lived(var, signal.SIGINT, ignoring_int=True).code == 0


def test_killed_hard_it_starts_again_with_everything_there(var: Path):
    with Up(var) as up:
        write = "from leadflow.people.models import Team; Team.objects.create(name='Kept')"
        assert command(var, "shell", "-v0", "-c", write).returncode == 0
        up.kill()
    with Up(var):
        read = "from leadflow.people.models import Team; print(Team.objects.get().name)"
        assert "Kept" in command(var, "shell", "-v0", "-c", read).stdout
    assert left_behind(var) == []


def test_killed_together_with_its_database_it_recovers(var: Path):
    with Up(var) as up:
        server = postmaster(var)
        up.kill()
        os.kill(server, signal.SIGKILL)
    with Up(var) as again:
        assert again.wait_until_it_answers() < 500


def test_a_database_that_dies_under_it_is_started_again(var: Path):
    with Up(var):
        first = postmaster(var)
        os.kill(first, signal.SIGKILL)
        until = time.monotonic() + 30
        answered = False
        while not answered and time.monotonic() < until:
            time.sleep(0.5)
            done = command(
                var,
                "shell",
                "-v0",
                "-c",
                "from leadflow.people.models import Team; Team.objects.count()",
            )
            answered = done.returncode == 0
        assert answered
        assert postmaster(var) != first


def test_a_command_attaches_to_it_and_leaves_it_running(var: Path):
    with Up(var) as up:
        server = postmaster(var)
        assert command(var, "migrate", "--check").returncode == 0
        assert postmaster(var) == server
        assert up.wait_until_it_answers() < 500


def test_a_new_release_backs_up_the_data_before_it_changes_it(var: Path):
    with Up(var):
        pass
    assert command(var, "migrate", "sessions", "zero").returncode == 0
    with Up(var) as up:
        made = list((var / "backups").glob("before-upgrade-*.age"))
        assert len(made) == 1
        assert str(made[0]) in up.output


@pytest.mark.skipif(os.geteuid() != 0, reason="who is no root runs all of this file as herself")
def test_an_ordinary_user_runs_it_as_well():
    """All else here runs as root in a container; this is the rest of the world."""
    nobody = 65534
    try:
        subprocess.run([sys.executable, "-c", ""], user=nobody, cwd=ROOT, check=True)
    except OSError as error:
        pytest.skip(f"nobody but root may run this interpreter or go to this folder: {error}")
    folder = Path(tempfile.mkdtemp(prefix="lf-nobody-", dir="/tmp"))
    os.chown(folder, nobody, nobody)
    folder.chmod(0o700)
    try:
        with Up(folder / "var", TMPDIR="/tmp", HOME=str(folder), as_user=nobody) as up:
            owners = {(folder / "var" / name).stat().st_uid for name in ("postgres", "secret_key")}
            code, seconds = up.stop()
        assert owners == {nobody}
        assert (code, seconds < 10) == (0, True)
        assert left_behind(folder) == []
    finally:
        shutil.rmtree(folder)
