"""What `make test` promises about programs that a machine lacks: skip loudly, or fail under CI=true."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import run_tests
from tests import tools
from tests.processes import ROOT

LACKING = """
import pytest
from tests import tools

def pytest_runtest_setup(item):
    tools.demand(item)

def pytest_unconfigure():
    tools.tell()
"""
TEST = """
import pytest

@pytest.mark.needs("redis-server")
def test_with_redis():
    pass

def test_without():
    pass
"""


def run(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A run of two tests on a machine that has no program at all."""
    (tmp_path / "conftest.py").write_text(LACKING)
    (tmp_path / "test_one.py").write_text(TEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = needs\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:django"],
        cwd=tmp_path,
        env={"PATH": "/nowhere", "PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
    )


def test_a_missing_program_skips_its_tests_and_the_last_line_says_how_to_get_it(tmp_path: Path):
    done = run(tmp_path)

    assert done.returncode == 0
    assert "1 passed, 1 skipped" in done.stdout
    last = done.stdout.strip().splitlines()[-1]
    assert last.startswith("!!! 1 TESTS DID NOT RUN")
    assert "apt-get install redis-server" in last


def test_under_ci_a_missing_program_fails(tmp_path: Path):
    done = run(tmp_path, CI="true")

    assert done.returncode == 1
    assert "redis-server is not installed" in done.stdout


def test_what_did_not_run_is_said_after_all_phases(tmp_path: Path, monkeypatch, capfd):
    told = tmp_path / "lacked"
    monkeypatch.setenv("LACKED", str(told))
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.setattr(tools, "_lacked", tools.Counter({"faketime": 2}))

    def phase(_chosen: list[str], environment: dict[str, str]) -> int:
        assert environment["LACKED"] == str(told)
        tools.tell()
        return 0

    monkeypatch.setattr(run_tests, "LACKED", told)
    monkeypatch.setattr(run_tests, "PHASES", {"one": [["-m", "e2e"]]})
    monkeypatch.setattr(run_tests, "run_phase", phase)

    assert run_tests.main("one", []) == 0

    last = capfd.readouterr().out.strip().splitlines()[-1]
    assert last == "!!! 2 TESTS DID NOT RUN, for want of faketime: apt-get install faketime"


def test_the_twenty_slowest_are_printed(tmp_path: Path, monkeypatch):
    seen = []

    def run(command: list[str], **_options: object) -> subprocess.CompletedProcess[str]:
        seen.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(run_tests.subprocess, "run", run)
    run_tests.run_phase(["-m", "e2e"], dict(os.environ))

    assert ["--durations=20" in command for command in seen] == [True]


@pytest.mark.parametrize("name", tools.PROGRAMS)
def test_a_program_of_ones_own_is_named_by_its_variable(name: str, tmp_path: Path, monkeypatch):
    variable, _package = tools.PROGRAMS[name]
    own = tmp_path / name
    own.touch()
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv(variable, str(own))

    assert tools.find(name) == str(own)
