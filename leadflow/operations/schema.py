"""Bringing the database to this release: checks first, a backup where there is data, then migrations."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from leadflow.errors import LeadflowError
from leadflow.operations import pgtools
from leadflow.operations.backup import write_backup

OLDEST_MAJOR = 15


class CannotRun(LeadflowError):
    """Something outside of the product has to be put right first; the message says what."""


@dataclass(frozen=True)
class Upgrade:
    """What `bring_up_to_date` found and did."""

    was_new: bool
    applied: int
    backup: Path | None


def check_database() -> None:
    """Raise CannotRun where the database cannot carry LeadFlow."""
    try:
        connection.ensure_connection()
    except OperationalError as error:
        reason = " ".join(str(error).split())
        raise CannotRun(
            f"The database of DATABASE_URL does not answer ({reason}): check host, name, user and "
            f"password, or unset DATABASE_URL to use the embedded PostgreSQL."
        ) from error
    major = pgtools.server_major()
    if major < OLDEST_MAJOR:
        raise CannotRun(
            f"DATABASE_URL leads to PostgreSQL {major}; LeadFlow needs {OLDEST_MAJOR} or newer. Upgrade "
            f"that server, or unset DATABASE_URL to use the embedded PostgreSQL."
        )


def is_new() -> bool:
    """Whether no release has ever been at this database."""
    return not MigrationRecorder(connection).has_table()


def _migrate() -> None:
    call_command("migrate", interactive=False, verbosity=0)


def bring_up_to_date(folder: Path, *, migrate: Callable[[], None] = _migrate) -> Upgrade:
    """Apply pending migrations, after a backup into `folder` where the database holds data."""
    check_database()
    executor = MigrationExecutor(connection)
    applied = set(executor.loader.applied_migrations)
    _refuse_newer(executor, applied)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    backup = None
    if plan:
        if applied:
            backup = write_backup(folder, reason="before-upgrade")
        migrate()
    return Upgrade(was_new=not applied, applied=len(plan), backup=backup)


def pending_migrations() -> int:
    """How many migrations wait to be applied."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _refuse_newer(executor: MigrationExecutor, applied: set[tuple[str, str]]) -> None:
    known = set(executor.loader.disk_migrations) | set(executor.loader.replacements)
    squashed = {old for new in executor.loader.replacements.values() for old in new.replaces}
    ours = {app for app, _name in known}
    newer = sorted(step for step in applied - known - squashed if step[0] in ours)
    if newer:
        raise CannotRun(
            f"The database was made by a newer release of LeadFlow (it has {'.'.join(newer[-1])}): start "
            f"that release, or restore an older backup into an empty database. Nothing was changed in "
            f"{settings.DATABASES['default']['NAME']}."
        )
