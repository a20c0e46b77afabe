"""Fixtures for every test: the cast, and programs that a machine may lack."""

import gc
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from leadflow.people.models import Role, Team, User
from tests import emptying, phases, tools
from tests.factories.people import MembershipFactory, TeamFactory, UserFactory

pytest_plugins = ["tests.fixtures_events", "tests.installations"]

TransactionTestCase._fixture_teardown = emptying.delete_all

hypothesis_settings.register_profile(
    "leadflow",
    deadline=None,
    max_examples=100,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# `make test-fast`: the same properties on fewer examples
hypothesis_settings.register_profile(
    "fast", hypothesis_settings.get_profile("leadflow"), max_examples=10
)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE_NAME", "leadflow"))


# Files that take longest, longest first: begun last, each would keep one process busy after the others.
LONGEST = (
    "faults/test_worker_faults.py",
    "e2e/test_pages_all.py",
    "e2e/test_journey.py",
    "guards/test_access_matrix.py",
    "up/test_up_starts_and_stops.py",
    "faults/test_fault_F08_database.py",
    "operations/test_backup.py",
    "up/test_up_says_what_is_wrong.py",
    "flows/test_demo_workspace.py",
    "faults/test_production_split.py",
    "insights/year/test_oracle.py",
    "insights/year/test_pages.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    rank = {place: n for n, place in enumerate(LONGEST)}
    ends = tuple(rank)

    def place(item: pytest.Item) -> int:
        path = item.path.as_posix()
        return next((rank[end] for end in ends if path.endswith(end)), len(ends))

    items.sort(key=place)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return phases.is_passed_over(collection_path, config) or None


def pytest_deselected(items: list[pytest.Item]) -> None:
    phases.hold(items, items[0].config)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What thousands of tests are made of stays to the end: to look through it for what may go, again and
    again, took about a tenth of the work."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    tools.demand(item)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Under xdist a process tells the first one which programs it lacked."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["lacked"] = tools.lacked()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    tools.lacks(getattr(node, "workeroutput", {}).get("lacked", {}))


def pytest_unconfigure() -> None:
    tools.tell()


@pytest.fixture
def north(db: None) -> Team:
    """The team of mia, bob and vera."""
    return TeamFactory(name="North")


@pytest.fixture
def south(db: None) -> Team:
    """The other team: carl's."""
    return TeamFactory(name="South")


@pytest.fixture
def alice(db: None) -> User:
    """An admin."""
    return UserFactory(name="Alice Adams", email="alice@crm.example", role=Role.ADMIN)


@pytest.fixture
def mia(north: Team) -> User:
    """The manager of team north."""
    mia = UserFactory(name="Mia Meyer", email="mia@crm.example", role=Role.MANAGER)
    MembershipFactory(user=mia, team=north, is_manager=True)
    return mia


@pytest.fixture
def bob(north: Team) -> User:
    """A rep of team north."""
    bob = UserFactory(name="Bob Berg", email="bob@crm.example", role=Role.REP)
    MembershipFactory(user=bob, team=north)
    return bob


@pytest.fixture
def carl(south: Team) -> User:
    """A rep of team south: an outsider to north's records."""
    carl = UserFactory(name="Carl Castro", email="carl@crm.example", role=Role.REP)
    MembershipFactory(user=carl, team=south)
    return carl


@pytest.fixture
def max(db: None) -> User:
    """A marketer."""
    return UserFactory(name="Max Moreau", email="max@crm.example", role=Role.MARKETER)


@pytest.fixture
def vera(north: Team) -> User:
    """A viewer in team north."""
    vera = UserFactory(name="Vera Vogt", email="vera@crm.example", role=Role.VIEWER)
    MembershipFactory(user=vera, team=north)
    return vera
