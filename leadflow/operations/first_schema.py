"""The tables of today in one go, for a database that holds nothing yet.

Migrations tell how tables came to be. Walking that way on an empty database costs Django a new picture
of every related model at each of hundreds of steps, most of a minute before the first page; the end of
the way is the same tables. What a migration does beyond models (SQL, rows to begin with) is done on
them in its order. `tests/leadflow/operations/test_first_schema.py` holds that both ways end alike.
"""

from django.contrib.postgres.operations import CreateExtension
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration, RunPython, RunSQL
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


def is_empty(connection: BaseDatabaseWrapper) -> bool:
    """Whether the database has no table at all: neither ours nor anybody else's."""
    with connection.cursor() as cursor:
        return not connection.introspection.get_table_list(cursor)


def make(connection: BaseDatabaseWrapper) -> None:
    """Make every table and mark every migration as applied, in one transaction.

    A process that is killed on the way leaves the database as empty as it was.
    """
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    migrations = [migration for migration, _backwards in plan]
    state = executor.loader.project_state()
    with transaction.atomic(using=connection.alias):
        _make_tables(connection, migrations, state)
        _do_the_rest(connection, migrations, state)
        executor.recorder.ensure_schema()
        for migration in migrations:
            executor.recorder.record_applied(migration.app_label, migration.name)


def _make_tables(
    connection: BaseDatabaseWrapper, migrations: list[Migration], state: ProjectState
) -> None:
    with connection.schema_editor() as editor:
        for migration in migrations:
            for operation in migration.operations:
                if isinstance(operation, CreateExtension):  # indexes and constraints need them
                    operation.database_forwards(migration.app_label, editor, state, state)
        for model in state.apps.get_models():
            if model._meta.can_migrate(connection):
                editor.create_model(model)


def _do_the_rest(
    connection: BaseDatabaseWrapper, migrations: list[Migration], state: ProjectState
) -> None:
    with connection.schema_editor() as editor:
        for migration in migrations:
            for operation in migration.operations:
                if _is_beyond_models(operation):
                    operation.database_forwards(migration.app_label, editor, state, state)


def _is_beyond_models(operation: Operation) -> bool:
    """One that repairs rows of an older release says `elidable=True`: there are none here."""
    return isinstance(operation, RunSQL | RunPython) and not operation.elidable
