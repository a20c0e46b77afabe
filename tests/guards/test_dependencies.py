"""What the product imports is installed where it runs: in the lock of `make run`, not only in that of the tests."""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions

from tests.guards.sources import PACKAGES, ROOT, our_files


def named(distribution: str) -> str:
    """As a lock writes it, after PEP 503."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


@cache
def locked() -> set[str]:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    return {named(found[1]) for line in lines if (found := re.match(r"([A-Za-z0-9._-]+)==", line))}


@cache
def owners() -> Mapping[str, list[str]]:
    """{module: distributions that bring it}."""
    return packages_distributions()


def imported(tree: ast.AST) -> Iterator[str]:
    """The modules that are imported when it runs; what stands under TYPE_CHECKING never is."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
        yield from imported(node)


def strangers(tree: ast.AST, known: set[str]) -> set[str]:
    """Imported modules that come with none of the `known` distributions."""
    found = owners()
    tops = (
        {module.partition(".")[0] for module in imported(tree)}
        - sys.stdlib_module_names
        - {*PACKAGES}
    )
    return {top for top in tops if not known & {named(one) for one in found.get(top, [top])}}


def test_what_is_imported_is_locked_for_running():
    found = {place: strangers(tree, locked()) for place, tree in our_files()}

    assert {place: names for place, names in found.items() if names} == {}


def test_a_library_of_the_tests_alone_is_found():
    source = "if TYPE_CHECKING:\n    import hypothesis\ndef f():\n    from pytest import raises\nimport django"

    assert strangers(ast.parse(source), locked()) == {"pytest"}
