#!/usr/bin/env python3
"""Run the tests the way `make test`, `make test-fast` and `make e2e` promise.

Everything runs in two processes, each with a database, ports and installations of its own. What only
computes and queries comes first; real processes and browsers wait more than they compute, and so
fill both cores in a phase of their own.
Missing programs are installed where this is root on Debian; else their tests skip and say so.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {"chromium": "chromium", "redis-server": "redis-server", "faketime": "faketime"}
APART = "e2e or faults or slow"
TWO = ["-n", "2", "--dist", "loadfile"]
NOTHING_COLLECTED = 5
NOT_FAST = [
    f"--ignore=tests/{path}"
    for path in (
        "abuse",
        "guards/test_access_matrix.py",
        "leadflow/imports/test_maven.py",  # 8,800 real deals, again and again
        "leadflow/insights/test_pages.py",  # a year of trade for each test
    )
]
PHASES: dict[str, list[list[str]]] = {
    # the loop while working: no attacks, faults, browsers or large histories, fewer random examples
    "fast": [["-m", f"not ({APART})", *TWO, *NOT_FAST]],
    "e2e": [["-m", "e2e", *TWO]],
    "database": [["-m", f"not ({APART})", *TWO, "-p", "no:playwright"]],
    "all": [
        ["-m", f"not ({APART})", *TWO],
        ["-m", APART, *TWO],
    ],
}


def main(kind: str, extra: list[str]) -> int:
    """Run the phases of `kind`; the worst exit code wins."""
    os.chdir(ROOT)
    if kind in {"all", "e2e"}:
        install_missing()
    begun, codes = time.monotonic(), []
    environment = os.environ | ({"HYPOTHESIS_PROFILE_NAME": "fast"} if kind == "fast" else {})
    for phase in PHASES[kind]:
        command = [sys.executable, "-m", "pytest", "--durations=20", *phase, *extra]
        code = subprocess.run(command, stdin=subprocess.DEVNULL, env=environment).returncode
        codes.append(0 if code == NOTHING_COLLECTED else code)
    print(f"make test ({kind}): {time.monotonic() - begun:.0f} s, exit codes {codes}", flush=True)
    return max(codes)


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
    subprocess.run([*asked, *(PACKAGES[name] for name in missing)], env=environment, **quiet)


def present(name: str) -> bool:
    """Whether a program is on PATH or named by its variable."""
    variable = name.upper().replace("-", "_")
    return bool(shutil.which(name) or Path(os.environ.get(variable, "/nowhere")).is_file())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "all", sys.argv[2:]))
