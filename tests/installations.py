"""Installations of their own for the tests that start real processes."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import template
from tests.processes import left_behind


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """One installation for the tests of a module, on a migrated database: each leaves it stopped."""
    folder = Path(tempfile.mkdtemp(prefix="lf-up-"))
    template.copy(folder / "var" / "postgres")
    yield folder / "var"
    assert left_behind(folder) == []
    shutil.rmtree(folder)


@pytest.fixture
def new_var() -> Iterator[Path]:
    """An installation that nothing was done in."""
    folder = Path(tempfile.mkdtemp(prefix="lf-new-"))
    yield folder / "var"
    assert left_behind(folder) == []
    shutil.rmtree(folder)
