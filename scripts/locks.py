#!/usr/bin/env python3
"""Write the two locks, or check that they are in step with pyproject.toml.

The check asks no package index: it walks what is installed in .venv, which came from the locks. It fails
when a requirement is missing in a lock, when a pinned version does not satisfy it, or when a lock pins
what nobody asks for any more; never because somebody published a new release.
"""

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
EXTRAS: dict[str, list[str]] = {"requirements.lock": [], "requirements-test.lock": ["test"]}
SHAPE = [
    "--universal",
    "--generate-hashes",
    "--no-header",
    "--no-emit-index-url",
    "--no-annotate",
    "--python-version",
    "3.11",
    "--quiet",
]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)(?:\s*;\s*([^\\]+))?")


def write() -> None:
    """Compile both; uv keeps the versions that it finds in them."""
    environment = {"UV_SYSTEM_CERTS": "1"} | dict(os.environ)
    if index := environment.get("PIP_INDEX_URL"):  # uv does not read pip's variables
        environment.setdefault("UV_DEFAULT_INDEX", index)
    uv = Path(sys.executable).with_name("uv")
    for name, extras in EXTRAS.items():
        asked = [part for extra in extras for part in ("--extra", extra)]
        command = [uv, "pip", "compile", *SHAPE, *asked, "pyproject.toml", "-o", name]
        if subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, env=environment).returncode:
            sys.exit(f"leadflow: {name} could not be compiled; uv's own words are above.")


def check() -> None:
    """Fail with one line for each lock that is out of step."""
    wrong = [f"{name}: {fault}" for name in EXTRAS for fault in faults(name)]
    if wrong:
        sys.exit("leadflow: run `make lock`.\n" + "\n".join(wrong))


def faults(name: str) -> list[str]:
    """What is out of step in one lock."""
    pins = pins_here((ROOT / name).read_text())
    found, reached = [], set()
    pending = [(wish, "pyproject.toml") for wish in direct_requirements(name)]
    seen = set()
    while pending:
        wish, asker = pending.pop()
        key = canonicalize_name(wish.name)
        pinned = pins.get(key)
        if pinned is None:
            found.append(f"{asker} asks for {wish}, which is not pinned")
            continue
        if not wish.specifier.contains(pinned, prereleases=True):
            found.append(f"{asker} asks for {wish}, pinned is {pinned}")
        reached.add(key)
        if (key, frozenset(wish.extras)) not in seen:
            seen.add((key, frozenset(wish.extras)))
            pending += [(deeper, key) for deeper in requirements_of(key, wish.extras)]
    return found + [f"nobody asks for {key}" for key in sorted(set(pins) - reached)]


def pins_here(text: str) -> dict[str, Version]:
    """Name and version of each line of a lock that applies to this interpreter."""
    matches = (PIN.match(line) for line in text.splitlines())
    return {
        canonicalize_name(match[1]): Version(match[2])
        for match in matches
        if match and (not match[3] or Marker(match[3]).evaluate())
    }


def direct_requirements(name: str) -> list[Requirement]:
    """What pyproject.toml asks for, with the extras of this lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    texts = list(project["dependencies"])
    for extra in EXTRAS[name]:
        texts += project["optional-dependencies"][extra]
    return applicable(texts, set())


def requirements_of(key: str, extras: set[str]) -> list[Requirement]:
    """What an installed package asks for, on this interpreter."""
    try:
        return applicable(distribution(key).requires or [], extras)
    except PackageNotFoundError:
        return []


def applicable(texts: list[str], extras: set[str]) -> list[Requirement]:
    """Requirements whose markers hold here with these extras or none."""
    wishes = [Requirement(text) for text in texts]
    chosen = [{"extra": extra} for extra in ("", *extras)]
    return [w for w in wishes if not w.marker or any(w.marker.evaluate(c) for c in chosen)]


if __name__ == "__main__":
    {"check": check, "write": write}[sys.argv[1] if len(sys.argv) > 1 else "check"]()
