"""Programs that some tests need and a machine may lack; such tests skip loudly, or fail under CI=true."""

import os
import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest

# program -> (where else it may lie, the Debian package)
PROGRAMS = {
    "chromium": ("CHROMIUM", "chromium"),
    "redis-server": ("REDIS_SERVER", "redis-server"),
    "faketime": ("FAKETIME", "faketime"),
}
_lacked: Counter[str] = Counter()

# What a person's browser says it is; one without a window calls itself a crawler.
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def find(program: str) -> str | None:
    """The path of a program: its variable first, then PATH."""
    variable, _package = PROGRAMS[program]
    named = os.environ.get(variable)
    if named and Path(named).exists():
        return named
    if program == "chromium" and (slim := shutil.which("chromium-headless-shell")):
        return slim  # the same browser without a window, which costs a quarter less
    return shutil.which(program)


def needed_by(item: pytest.Item) -> set[str]:
    """What a test asks for with `@pytest.mark.needs("redis-server")`; a journey needs a browser."""
    asked = {name for mark in item.iter_markers("needs") for name in mark.args}
    return asked | {"chromium"} if item.get_closest_marker("e2e") else asked


def demand(item: pytest.Item) -> None:
    """Skip the test where a program is missing; fail it under CI=true."""
    missing = sorted(name for name in needed_by(item) if find(name) is None)
    if not missing:
        return
    _lacked.update(missing)
    sentence = f"{', '.join(missing)} is not installed: {advice(missing)}"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


def advice(missing: list[str]) -> str:
    """How to get them."""
    return "apt-get install " + " ".join(PROGRAMS[name][1] for name in missing)


def lacked() -> dict[str, int]:
    """How many tests did not run for want of each program."""
    return dict(_lacked)


def lacks(more: dict[str, int]) -> None:
    """Add what another process of this run lacked."""
    _lacked.update(more)


def tell() -> None:
    """Say what was left out as the last line of this run, and leave word for the phases that follow."""
    if not (line := loud_line()) or "PYTEST_XDIST_WORKER" in os.environ:
        return
    sys.stdout.write(f"\n{line}\n")
    if place := os.environ.get("LACKED"):
        with Path(place).open("a") as file:
            file.write(f"{line}\n")


def loud_line() -> str:
    """The last line of a run that had to leave tests out; empty where it did not."""
    if not _lacked:
        return ""
    count = sum(_lacked.values())
    return (
        f"!!! {count} TESTS DID NOT RUN, for want of {', '.join(_lacked)}: {advice(list(_lacked))}"
    )
