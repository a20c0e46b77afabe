"""The phase of the tests that wait: browsers, faults, whole processes.

Reading every test file costs half a minute in each process, so that phase reads only the files that
name one of its marks; the other phase, which reads them all, holds that none was missed.
"""

import re
from functools import cache
from pathlib import Path

import pytest

APART = "e2e or faults or slow"
MARKED = re.compile(r"\bmark\.(e2e|faults|slow)\b")


@cache
def is_apart(file: Path) -> bool:
    """Whether a file has tests of that phase: a journey, or one that names a mark."""
    return "e2e" in file.parts or bool(MARKED.search(file.read_text()))


def is_passed_over(file: Path, config: pytest.Config) -> bool:
    """Whether a run needs not read a file."""
    asked = config.option.markexpr == APART
    return asked and file.match("test_*.py") and not is_apart(file)


def hold(left_out: list[pytest.Item], config: pytest.Config) -> None:
    """Raise where the first phase leaves a test to the second, which would not read its file."""
    if config.option.markexpr == f"not ({APART})":
        lost = sorted({item.path.name for item in left_out if not is_apart(item.path)})
        if lost:
            raise pytest.UsageError(f"name the mark in the file itself: {lost}")
