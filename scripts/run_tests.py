#!/usr/bin/env python3
"""Run the tests the way `make test`, `make test-fast` and `make e2e` promise.

Everything runs in two processes, on larger machines in one for each core, each with a database, ports and
installations of its own. What only computes and queries comes first; real processes and browsers come in a
phase of their own, in one process more: they wait for one another a quarter of the time. With still more
they would wait for the cores, and what is promised in seconds would break.
A few tests that fail run once more, alone, and are named as unsteady where they then hold (ADR 0033).
Missing programs are installed where this is root on Debian; else their tests skip and say so.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The Chromium that draws no window of its own spares a quarter of the browsers' work; any other will do.
PACKAGES = {
    "chromium-headless-shell": "chromium-headless-shell",
    "redis-server": "redis-server",
    "faketime": "faketime",
}
APART = "e2e or faults or slow"  # tests/phases.py reads no other files for it
BY_FILE = ["--dist", "loadfile", "--no-loadscope-reorder"]  # in the order of tests/conftest.py
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2
MOST = 6  # the longest file takes about a sixth of all
# where each phase leaves word of what it could not run
LACKED = Path(tempfile.gettempdir()) / f"leadflow-tests-lacked-{os.getpid()}"
EACH_CORE = ["-n", str(min(max(CORES, 2), MOST)), *BY_FILE]
ONE_MORE = ["-n", str(min(max(CORES, 2) + 1, MOST)), *BY_FILE]
FAILED, NOTHING_COLLECTED = 1, 5
FEW = 4  # more failures than that are no accident of a busy machine
# The loop while working keeps rules, services and guards that answer at once; these cost most of the time.
NOT_FAST = {
    "abuse": "attacks on every door",
    "capture": "forms, pages and visits",
    "distribution": "routing and hand-overs",
    "e2e": "browsers",
    "faults": "processes that are killed",
    "flows": "whole ways through all stages",
    "guards/test_access_matrix.py": "every door for every role",
    "guards/test_conventions.py": "every file read for its habits",
    "guards/test_templates.py": "every template read for its habits",
    "guards/test_no_signals.py": "every file read for signals",
    "leadflow/api": "the API",
    "leadflow/calendars": "bookings at once",
    "leadflow/calling": "callers at once",
    "leadflow/conditions/test_conditions_core_fields.py": "every field under every operator",
    "leadflow/conditions/test_conditions_sql.py": "rules at random in SQL and Python",
    "leadflow/console": "pages of settings",
    "leadflow/desk": "lists and records",
    "leadflow/imports": "files in and out",
    "leadflow/insights": "the numbers of a year",
    "leadflow/integrations": "hooks",
    "leadflow/mail": "mail servers and their every answer",
    "leadflow/notifications": "who is told what",
    "leadflow/operations/test_apart.py": "processes of their own",
    "leadflow/operations/test_backup.py": "backups read back",
    "leadflow/operations/test_reading_settings.py": "settings read by a new process each",
    "leadflow/operations/test_start.py": "first starts with the demo",
    "leadflow/segments": "segments",
    "leadflow/up": "real starts",
    "nurturing": "sequences",
    "pipeline/test_selectors.py": "boards and lists of deals",
    "pipeline/services": "deals, quotes and conversions",
    "pipeline/views": "pages of deals",
    "qualification/test_buyer_stages.py": "buyer stages",
    "qualification/test_scoring_editor.py": "score models edited",
    "qualification/test_recompute.py": "scores of everybody anew",
}
LEFT_OUT = [f"--ignore=tests/{path}" for path in NOT_FAST]
PHASES: dict[str, list[list[str]]] = {
    # random examples are fewer as well
    "fast": [["-m", f"not ({APART})", *EACH_CORE, "-p", "no:playwright", *LEFT_OUT]],
    "e2e": [["-m", "e2e", *EACH_CORE]],
    # one after the other, each in its long form (tests/faults/sizes.py)
    "faults": [["-m", "faults", "-n", "0"]],
    "database": [["-m", f"not ({APART})", *EACH_CORE, "-p", "no:playwright"]],
    "all": [
        ["-m", f"not ({APART})", *EACH_CORE],
        ["-m", APART, *ONE_MORE],
    ],
}


def main(kind: str, extra: list[str]) -> int:
    """Run the phases of `kind`; the worst exit code wins."""
    os.chdir(ROOT)
    if kind in {"all", "e2e", "faults"}:
        install_missing()
    begun = time.monotonic()
    LACKED.unlink(missing_ok=True)
    environment = (
        os.environ
        | {"LACKED": str(LACKED)}
        | ({"HYPOTHESIS_PROFILE_NAME": "fast"} if kind == "fast" else {})
    )
    # else each process would rewrite the assertions of every test anew
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    codes = [run_phase([*phase, *extra], environment) for phase in PHASES[kind]]
    print(f"make test ({kind}): {time.monotonic() - begun:.0f} s, exit codes {codes}", flush=True)
    if kind == "fast":
        print(f"Left out, and run by `make test`: {', '.join(NOT_FAST.values())}.", flush=True)
    if LACKED.exists():  # the last words, after all phases
        print(LACKED.read_text().strip(), flush=True)
        LACKED.unlink()
    return max(codes, default=0)


def run_phase(chosen: list[str], environment: dict[str, str]) -> int:
    """Run the tests of a phase; few that fail get a second try without any other test beside them."""
    with tempfile.TemporaryDirectory() as memory:
        command = [sys.executable, "-m", "pytest", "-o", f"cache_dir={memory}"]
        quiet = {"stdin": subprocess.DEVNULL, "env": environment}
        code = subprocess.run([*command, "--durations=20", *chosen], **quiet).returncode
        failed = last_failed(Path(memory))
        if code == FAILED and 0 < len(failed) <= FEW:
            print(f"Once more, alone: {', '.join(failed)}", flush=True)
            code = subprocess.run([*command, "-n", "0", *failed], **quiet).returncode
            for name in set(failed) - set(last_failed(Path(memory))):
                print(f"UNSTEADY, failed at first and held alone: {name}", flush=True)
    return 0 if code == NOTHING_COLLECTED else code


def last_failed(memory: Path) -> list[str]:
    """The tests that pytest remembers as failed."""
    file = memory / "v" / "cache" / "lastfailed"
    return sorted(json.loads(file.read_text())) if file.exists() else []


def install_missing() -> None:
    """apt-get what is missing, where that is possible; a failure leaves it to the tests to say."""
    missing = [name for name in PACKAGES if not present(name)]
    if not missing or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print(f"Installing {', '.join(missing)} for the tests …", flush=True)
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-q"], env=environment, **quiet)
    asked = ["apt-get", "install", "-qy", "--no-install-recommends"]
    for name in missing:  # one by one: an older Debian lacks the first
        subprocess.run([*asked, PACKAGES[name]], env=environment, **quiet)
    if not present("chromium-headless-shell"):
        subprocess.run([*asked, "chromium"], env=environment, **quiet)


def present(name: str) -> bool:
    """Whether a program is on PATH or named by its variable."""
    if name == "chromium-headless-shell":
        return present("chromium") or bool(shutil.which(name))
    variable = name.upper().replace("-", "_")
    return bool(shutil.which(name) or Path(os.environ.get(variable, "/nowhere")).is_file())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "all", sys.argv[2:]))
