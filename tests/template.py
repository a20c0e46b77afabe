"""A migrated PostgreSQL folder, made once and copied wherever a test needs a database to begin with.

Making the tables is seconds of computing, copying their files a fraction of one. The
folder stays in the checkout under a mark of what shapes it: a changed migration makes another.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from leadflow.embedded import Server

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".test-template"
SHAPED_BY = (
    "*/migrations/*.py",
    "leadflow/*/migrations/*.py",
    "leadflow/embedded.py",
    "leadflow/operations/first_schema.py",
    "requirements.lock",
    "tests/template.py",
)


def copy(postgres: Path) -> None:
    """Put the migrated folder where `Server(postgres)` looks for its own; its database is `leadflow`."""
    postgres.mkdir(parents=True, exist_ok=True)
    KEPT.mkdir(exist_ok=True)
    data = KEPT / _mark()
    with (KEPT / "lock").open("a") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)  # processes that want it at once make it once
        if not data.exists():
            for old in KEPT.glob("*-data"):
                shutil.rmtree(old)
            _make(data)
        _copy(data, postgres / "data")


def _mark() -> str:
    found = hashlib.sha256(sys.version.encode())
    for pattern in SHAPED_BY:
        for path in sorted(ROOT.glob(pattern)):
            found.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return f"{found.hexdigest()[:16]}-data"


def _make(data: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix="lf-template-"))
    server = Server(folder / "postgres", durable=False)
    environment = os.environ | {
        "DATABASE_URL": server.start(),
        "VAR_DIR": str(folder / "var"),
        "SECRET_KEY": "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz-0123",
        "DJANGO_SETTINGS_MODULE": "leadflow.settings",
    }
    try:
        command = [sys.executable, "-m", "leadflow", "migrate", "-v0"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
    finally:
        server.release()
    half = data.with_suffix(".half")
    shutil.rmtree(half, ignore_errors=True)
    _copy(server.data, half)
    half.rename(data)
    shutil.rmtree(folder)


def _copy(data: Path, to: Path) -> None:
    """With its owner, who under root is not root."""
    subprocess.run(["cp", "-a", data, to], check=True)
