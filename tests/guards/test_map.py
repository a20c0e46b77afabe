"""docs/map.md names every package, in the order of the import contract, and guards that exist."""

import re
import tomllib

from tests.guards.sources import ROOT

ROWS = re.findall(
    r"^\| `([a-z._]+)` \| .+? \| .+? \| `(.+?)` \|$", (ROOT / "docs/map.md").read_text(), re.M
)


def layers():
    """The layers of the contract, each a set of packages."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    for line in settings["contracts"][1]["layers"]:
        yield set(re.findall(r"[\w.]+", line))


def test_every_package_is_on_the_map():
    placed = {name for layer in layers() for name in layer if (ROOT / path_of(name)).exists()}

    assert {name for name, _guard in ROWS} == placed


def test_the_map_is_in_the_order_of_the_import_contract():
    ranks = {name: rank for rank, layer in enumerate(layers()) for name in layer}
    order = [ranks[name] for name, _guard in ROWS]

    assert order == sorted(order)


def test_every_guard_on_the_map_exists():
    missing = [
        guard
        for _name, guard in ROWS
        if not (ROOT / "tests" / guard).exists() and not (ROOT / "tests/guards" / guard).exists()
    ]

    assert not missing


def path_of(name):
    """The folder or the file of a module."""
    path = name.replace(".", "/")
    return path if (ROOT / path).is_dir() else f"{path}.py"
