"""Installations of their own for the tests that start real processes."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import left_behind


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """One installation for the tests of a module: each leaves it stopped."""
    folder = Path(tempfile.mkdtemp(prefix="lf-up-"))
    yield folder / "var"
    assert left_behind(folder) == []
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def module_var() -> Iterator[Path]:
    """The same under another name, for a module whose tests leave its database running."""
    folder = Path(tempfile.mkdtemp(prefix="lf-module-"))
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
