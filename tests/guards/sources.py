"""Our own Python files, parsed once."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
STAGES = ("capture", "qualification", "nurturing", "distribution", "pipeline")
PACKAGES = ("leadflow", *STAGES)


@cache
def our_files():
    """(path below the root, syntax tree) of each file, migrations left out."""
    files = [
        file
        for package in PACKAGES
        for file in sorted((ROOT / package).rglob("*.py"))
        if "migrations" not in file.parts
    ]
    return [(str(file.relative_to(ROOT)), ast.parse(file.read_text())) for file in files]
