import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import template
from tests.faults.installation import Installation
from tests.leadflow.mail.conftest import sink, state, wired, write
from tests.processes import left_behind

__all__ = ["sink", "state", "wired", "write"]


@pytest.fixture(scope="session")
def migrated() -> Iterator[Installation]:
    """One production installation for all tests of this process, made as the compose file makes it."""
    folder = Path(tempfile.mkdtemp(prefix="lf-production-"))
    template.copy(folder / "postgres")
    made = Installation(folder)
    try:
        done = made.run("migrate")
        assert done.returncode == 0, done.stderr
        yield made
    finally:
        made.end()
        made.sink.stop()
        made.server.release()
    assert left_behind(folder) == []
    shutil.rmtree(folder)


@pytest.fixture
def installation(migrated: Installation) -> Iterator[Installation]:
    """The installation with no process of it running."""
    yield migrated
    migrated.end()


@pytest.fixture(scope="session")
def published(migrated: Installation) -> str:
    """The path of a form that visitors may post to."""
    done = migrated.run("python", "-m", "tests.faults.workload", "prepare")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def form(published: str):
    """form(installation): the form as a visitor's page knows it; the web server has to run."""
    return lambda installation: installation.form(published)


@pytest.fixture
def mails(installation: Installation):
    """mails("F01", 80): so many are due, and whoever is awake is told."""

    def queue(batch: str, count: int) -> None:
        done = installation.run("python", "-m", "tests.faults.workload", "mails", batch, str(count))
        assert done.returncode == 0, done.stderr

    return queue
