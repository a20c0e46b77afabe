"""While the database is away: requests are told so, and processes that work wait and go on.

PostgreSQL restarts for an update, fails over, or has no connection left. None of these is a fault of
ours: a visitor gets a 503 that names no detail and asks nothing of the database, a loop looks again a
second later, and a task of Celery is left to its tick.
"""

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, close_old_connections

log = logging.getLogger(__name__)

RETRY_AFTER = 5  # seconds; a restart of PostgreSQL takes about as long
# SQLSTATE: no connection, no room for one (or on its disk), shutting down or starting up, a standby.
_AWAY = ("08", "53", "57P", "25006")


def is_outage(error: BaseException | None) -> bool:
    """Whether the database was away, also where another error followed from it."""
    while error is not None:
        if isinstance(error, (DatabaseError, InterfaceError)) and _tells_of_one(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def is_full(error: BaseException | None) -> bool:
    """Whether the disk of files had no room, also where another error followed from it."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__ or error.__context__
    return False


def _tells_of_one(error: DatabaseError | InterfaceError) -> bool:
    driver = error.__cause__
    code = getattr(driver, "pgcode", None)
    if code:
        return str(code).startswith(_AWAY)
    # Without a code the server did not speak at all: it was not reached, or the line broke. The
    # driver raises its plain DatabaseError where the line breaks while an answer is awaited.
    if type(driver).__name__ in ("OperationalError", "DatabaseError"):
        return True
    # A line that breaks inside a block has Django refuse every further query of that block.
    refused = ("connection already closed", "Cannot open a new connection")
    return any(words in str(error) for words in refused)


@contextmanager
def waited_out() -> Iterator[None]:
    """One round of a loop: an outage ends the round and is written down; other errors are raised."""
    try:
        close_old_connections()
        yield
    except (DatabaseError, InterfaceError) as error:
        if not is_outage(error):
            raise
        log.warning("The database is away, looking again: %s", str(error).strip())
