"""Build static/img/icons.svg from the outline icons of @tabler/icons that scripts/icons.txt names.

    python scripts/icons.py [FOLDER OF THE UNPACKED PACKAGE]

Without a folder the package is fetched with `npm pack`. Add a name to the list, run this, commit both.
"""

import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "@tabler/icons@3.51.0"
LICENCE = "Icons: Tabler Icons (MIT), Copyright (c) 2020-2026 Paweł Kuna"
# What belongs to the drawing; size and colour come from the <svg> that uses the symbol.
BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def fetch(into: Path) -> Path:
    """Unpack the npm package into a folder and return where its files lie."""
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=into, check=True)
    with tarfile.open(next(into.glob("*.tgz"))) as package:
        package.extractall(into, filter="data")
    return into / "package"


def symbol(name: str, drawing: str) -> str:
    """One icon as a <symbol>, on one line."""
    body = BODY.search(drawing)
    if body is None:
        raise SystemExit(f"{name} is not a drawing")
    lines = "".join(line.strip() for line in body.group(1).splitlines())
    return f'<symbol id="{name}" viewBox="0 0 24 24">{lines}</symbol>'


def build(package: Path) -> None:
    """Write the sprite; a name that the package does not have stops the build."""
    names = sorted(set((ROOT / "scripts/icons.txt").read_text().split()))
    folder = package / "icons" / "outline"
    missing = [n for n in names if not (folder / f"{n}.svg").exists()]
    if missing:
        raise SystemExit(f"not in {PACKAGE}: {', '.join(missing)}")
    symbols = [symbol(n, (folder / f"{n}.svg").read_text()) for n in names]
    sprite = "\n".join(
        [f'<svg xmlns="http://www.w3.org/2000/svg"><!-- {LICENCE} -->', *symbols, "</svg>\n"]
    )
    (ROOT / "static/img/icons.svg").write_text(sprite)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        build(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            build(fetch(Path(folder)))
