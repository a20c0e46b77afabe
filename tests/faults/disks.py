"""A disk of a few megabytes that a test fills: a tmpfs, which only root may mount."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_CHUNK = 1 << 16


@contextmanager
def small(folder: Path, size: str) -> Iterator[Path]:
    """`folder` on a disk of this size. Skips, and says so, where this is not root or may not mount."""
    if os.geteuid() != 0:
        pytest.skip("F20 fills a disk of its own: only root may mount one; run it as root")
    folder.mkdir(parents=True, exist_ok=True)
    asked = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", str(folder)]
    done = subprocess.run(asked, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"F20 fills a disk of its own, and none can be mounted here: {done.stderr}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave not one block of it free; the file to remove when there shall be room again."""
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as file:
        for step in (_CHUNK, 4096, 1):
            try:
                while file.write(b"x" * step):
                    pass
            except OSError:
                continue
    return filler
