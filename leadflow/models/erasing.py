"""The one way to take something out of an append-only table: because a person asked for it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def erasing() -> Iterator[None]:
    """Inside this block the database lets this transaction change and delete facts.

    The triggers that call `leadflow_append_only` (migration events 0002) look at this setting.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('leadflow.erasing', 'on', true)")
        yield
        cursor.execute("SELECT set_config('leadflow.erasing', 'off', true)")
