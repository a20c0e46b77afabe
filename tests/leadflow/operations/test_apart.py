"""The demo of a first start is told by a process of its own, which ends as the start does."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadflow.operations import apart


@pytest.fixture(autouse=True)
def var(settings, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path


def program(text: str) -> list[str]:
    return ["-c", textwrap.dedent(text)]


def ends(pid: int, seconds: float = 8) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_what_it_says_is_seen(capfd):
    apart.tell(program("print('May 2026: 40 leads')"))

    assert "May 2026: 40 leads" in capfd.readouterr().out


def test_a_failure_is_one_sentence_and_the_rest_stands_in_a_file(var: Path, capfd):
    with pytest.raises(apart.DemoFailed) as failed:
        apart.tell(program("raise ValueError('the disk is full')"))

    assert "the disk is full" in failed.value.message
    assert "DEMO=0" in failed.value.message
    assert "Traceback" in (var / "demo.log").read_text()
    assert "Traceback" not in capfd.readouterr().err


def test_one_that_is_killed_is_a_failure_too():
    with pytest.raises(apart.DemoFailed, match="-9"):
        apart.tell(program("import os; os.kill(os.getpid(), 9)"))


@pytest.fixture
def heeding() -> Iterator[None]:
    """Ctrl-C as a terminal gives it: what was started in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeding")
def test_a_stop_in_the_middle_stops_it(var: Path):
    text = f"""
        import os, time, pathlib
        pathlib.Path({str(var / "pid")!r}).write_text(str(os.getpid()))
        time.sleep(60)
    """

    def stop_when_it_runs() -> None:
        while not ((var / "pid").exists() and (var / "pid").read_text()):
            time.sleep(0.05)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    threading.Thread(target=stop_when_it_runs, daemon=True).start()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        apart.tell(program(text))

    assert time.monotonic() - begun < 10
    assert ends(int((var / "pid").read_text()), 1)


def test_it_ends_with_the_start_that_is_killed(var: Path):
    teller = textwrap.dedent(
        f"""
        import os, sys, time, pathlib
        from leadflow.runs import children
        children.leave_with(int(sys.argv[1]))
        pathlib.Path({str(var / "pid")!r}).write_text(str(os.getpid()))
        time.sleep(60)
        """
    )
    start = f"import django; django.setup()\nfrom leadflow.operations import apart\napart.tell(['-c', {'import django; django.setup()' + teller!r}])"
    parent = subprocess.Popen([sys.executable, "-c", start])
    while not ((var / "pid").exists() and (var / "pid").read_text()):
        assert parent.poll() is None
        time.sleep(0.05)
    parent.kill()
    parent.wait()

    assert ends(int((var / "pid").read_text()))


def test_migrations_that_fail_are_one_sentence_too(var: Path):
    with pytest.raises(apart.MigrationFailed, match="no such column"):
        apart.migrate(program("raise ValueError('no such column')"))

    assert "Traceback" in (var / "migrate.log").read_text()
