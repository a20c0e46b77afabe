"""The one way to take something out of an append-only table: because a person asked for it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def erasing() -> Iterator[None]:
    """Inside this block the database lets this transaction change and delete facts.

    The triggers that call `leadflow_append_only` (migration events 0002) look at this setting, and so
    does that of consents (migration leadflow 0021). A block within a block leaves it on for the outer one.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('leadflow.erasing', true)")
        before = cursor.fetchone()[0] or "off"
        cursor.execute("SELECT set_config('leadflow.erasing', 'on', true)")
        yield
        cursor.execute("SELECT set_config('leadflow.erasing', %s, true)", [before])
