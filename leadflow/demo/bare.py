"""Tables without their indexes and foreign keys for the time of a large load.

A row that is checked and indexed on its own costs several times what it costs in a sort at the end.
Nothing is given up: what is put back is checked against every row, in the same transaction.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection
from django.db.backends.utils import CursorWrapper

_CONSTRAINTS = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
       format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,
              pg_get_constraintdef(oid))
FROM pg_constraint
WHERE conrelid = ANY(%s::regclass[]) AND (contype = 'f' OR contype = 'u' AND NOT EXISTS (
    SELECT FROM pg_constraint f WHERE f.conindid = pg_constraint.conindid AND f.contype = 'f'))
ORDER BY contype DESC, conname
"""
_INDEXES = """
SELECT format('DROP INDEX %%s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
FROM pg_index i
WHERE i.indrelid = ANY(%s::regclass[])
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
ORDER BY i.indexrelid::regclass::text
"""


@contextmanager
def bare(tables: Sequence[str]) -> Iterator[None]:
    """Take indexes and foreign keys off these tables, and put them back checked when the block ends."""
    with connection.cursor() as cursor:
        connection.check_constraints()  # a table with checks pending cannot be altered
        cursor.execute(_CONSTRAINTS, [list(tables)])
        constraints = cursor.fetchall()
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        _run(cursor, [drop for drop, _add in constraints])
        cursor.execute(_INDEXES, [list(tables)])
        indexes = cursor.fetchall()
        _run(cursor, [drop for drop, _add in indexes])
        yield
        _run(cursor, [add for _drop, add in indexes])
        _run(cursor, [f"ANALYZE {table}" for table in tables])
        _run(cursor, [add for _drop, add in constraints])


def _run(cursor: CursorWrapper, statements: Sequence[str]) -> None:
    for statement in statements:
        cursor.execute(statement)
