"""What a test run needs around it, made before Django reads its settings.

Tests run on TEST_DATABASE_URL, or on an embedded PostgreSQL of their own that is thrown away; a
DATABASE_URL of the caller is never touched. Under xdist the first process makes it and the workers
inherit it through their environment. On their own server they copy a database that is migrated.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

MARK = "LEADFLOW_TESTS_PREPARED"
TEMPLATE = "LEADFLOW_TESTS_TEMPLATE"  # the migrated database of that name
# What a developer may have set for her own installation and must not change a test.
FOREIGN = (
    "REDIS_URL",
    "SMTP_HOST",
    "PUBLIC_BASE_URL",
    "DEMO",
    "PORT",
    "HOST",
    "TIME_SCALE",
    "DEBUG",
)


def prepare() -> None:
    """Set SECRET_KEY, VAR_DIR and DATABASE_URL for this run; the folder goes when it ends."""
    if os.environ.get(MARK):
        return
    os.environ[MARK] = str(os.getpid())
    for name in FOREIGN:
        os.environ.pop(name, None)
    folder = Path(tempfile.mkdtemp(prefix="leadflow-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["SECRET_KEY"] = "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz-0123"
    os.environ["VAR_DIR"] = str(folder / "var")
    os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or _own_server(folder)


def _own_server(folder: Path) -> str:
    from leadflow.embedded import DATABASE, Server
    from tests import template

    template.copy(folder / "postgres")
    server = Server(folder / "postgres", durable=False)
    url = server.start()
    atexit.register(server.release)
    os.environ[TEMPLATE] = DATABASE
    return url
