#!/usr/bin/env python3
"""Write the two locks, or check that they are what pyproject.toml asks for.

The check takes the versions that the locks hold: it fails when pyproject.toml changed, never because
somebody published a new release.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = {"requirements.lock": [], "requirements-test.lock": ["--extra", "test"]}
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


def compile_lock(name: str, target: Path) -> None:
    """Compile pyproject.toml into `target`; uv keeps the versions that it finds there."""
    uv = Path(sys.executable).with_name("uv")
    command = [uv, "pip", "compile", *SHAPE, *EXTRAS[name], "pyproject.toml", "-o", target]
    environment = dict(os.environ)
    if index := environment.get("PIP_INDEX_URL"):  # uv does not read pip's variables
        environment.setdefault("UV_DEFAULT_INDEX", index)
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, env=environment)
    if done.returncode:
        sys.exit(f"leadflow: {name} could not be compiled; uv's own words are above.")


def pins(text: str) -> set[str]:
    """Names, versions and markers of a lock, without its hashes."""
    lines = (line.rstrip(" \\") for line in text.splitlines())
    return {line for line in lines if re.match(r"[A-Za-z0-9]", line)}


def check() -> None:
    """Compare each lock with a compilation that starts from it."""
    stale = []
    with tempfile.TemporaryDirectory() as folder:
        for name in EXTRAS:
            copy = Path(folder) / name
            shutil.copy(ROOT / name, copy)
            compile_lock(name, copy)
            different = pins((ROOT / name).read_text()) ^ pins(copy.read_text())
            if different:
                stale.append(f"{name}: {', '.join(sorted(different)[:5])}")
    if stale:
        sys.exit("leadflow: run `make lock`; pyproject.toml asks for others: " + "; ".join(stale))


def write() -> None:
    """Compile both, the tests' one on top of the versions of the first."""
    for name in EXTRAS:
        compile_lock(name, ROOT / name)


if __name__ == "__main__":
    {"check": check, "write": write}[sys.argv[1] if len(sys.argv) > 1 else "check"]()
