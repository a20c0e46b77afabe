"""docs/coverage.md claims nothing that is not there: pages and tests are looked up."""

import ast
import re

import pytest

from tests.guards.doors import every_door
from tests.guards.sources import ROOT

TEXT = (ROOT / "docs/coverage.md").read_text()
ROWS = re.findall(r"^\| (\d+) \| .+ \| ([a-z ]+) \| (.*) \| (.*) \|$", TEXT, re.M)
STATES = ("done", "part", "planned", "left out")


def named(cell):
    """The names in backticks of a cell."""
    return re.findall(r"`([^`]+)`", cell)


def functions_of(path):
    """Names of the test functions of a file."""
    file = ROOT / "tests" / path
    tree = ast.parse(file.read_text()) if file.is_file() else ast.Module([], [])
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_row_stands_there_once():
    assert [int(number) for number, *_ in ROWS] == list(range(1, 160))


@pytest.mark.parametrize("state", STATES)
def test_the_counts_at_the_top_are_those_of_the_table(state):
    count = sum(1 for _number, found, *_ in ROWS if found == state)

    assert f"{count} {state}" in TEXT
    assert {found for _number, found, *_ in ROWS} <= set(STATES)


def test_a_row_that_is_done_names_a_page_and_a_test():
    unproved = [
        number for number, state, pages, tests in ROWS
        if state == "done" and not (named(pages) and named(tests))
    ]  # fmt: skip

    assert not unproved


def test_every_page_that_is_named_exists():
    doors = {door.name for door in every_door()}
    missing = [(n, page) for n, _s, pages, _t in ROWS for page in named(pages) if page not in doors]

    assert not missing


def test_every_test_that_is_named_exists():
    missing = []
    for number, _state, _pages, tests in ROWS:
        for name in named(tests):
            path, _colons, function = name.partition("::")
            if function not in functions_of(path):
                missing.append((number, name))

    assert not missing
