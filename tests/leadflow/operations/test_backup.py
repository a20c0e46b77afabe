"""Backups: written, encrypted, pruned, and above all read back into another database."""

import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from leadflow.operations import backup
from leadflow.operations.backup import BackupError
from leadflow.people.models import User
from tests import template
from tests.factories.people import UserFactory
from tests.processes import command


@pytest.fixture(autouse=True)
def _folders(settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.BACKUP_DIR = tmp_path / "backups"
    settings.BACKUP_KEY_PATH = tmp_path / "keys" / "backup_key"


def test_a_backup_is_encrypted_and_for_its_user_only(db: None, settings, tmp_path: Path):
    made = backup.write_backup(tmp_path / "one.age")
    assert made.read_bytes().startswith(b"age-encryption.org/v1")
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.BACKUP_KEY_PATH.stat().st_mode) == 0o600
    assert not list(tmp_path.glob(".backup-*"))


def test_a_public_key_alone_writes_and_does_not_read(db: None, settings, tmp_path: Path):
    identity = pyrage.x25519.Identity.generate()
    settings.BACKUP_KEY_PATH.parent.mkdir()
    settings.BACKUP_KEY_PATH.write_text(f"{identity.to_public()}\n")
    made = backup.write_backup(tmp_path / "one.age")
    assert pyrage.decrypt(made.read_bytes(), [identity])
    with pytest.raises(BackupError, match="holds no age key"):
        backup.restore(made)


def test_another_key_does_not_open_it(db: None, settings, tmp_path: Path):
    made = backup.write_backup(tmp_path / "one.age")
    settings.BACKUP_KEY_PATH.unlink()
    with pytest.raises(BackupError, match="another key"):
        backup.restore(made)


def test_a_damaged_backup_changes_nothing(alice: User, tmp_path: Path):
    made = backup.write_backup(tmp_path / "one.age")
    made.write_bytes(made.read_bytes()[:-100])
    with pytest.raises(BackupError, match="damaged"):
        backup.restore(made)
    assert User.objects.get() == alice


def test_the_nightly_backup_is_due_once_a_day_and_keeps_the_newest(db: None, settings):
    folder, day = settings.BACKUP_DIR, datetime.now(UTC)
    assert backup.write_nightly(folder, at=day, keep=2)
    assert backup.write_nightly(folder, at=day + timedelta(hours=20), keep=2) is None
    first = next(folder.glob("nightly-*"))
    for n in (3, 2, 1):
        old = folder / f"nightly-2020010{n}-000000.age"
        old.write_bytes(b"old")
        os.utime(old, (0, 0))
    assert backup.write_nightly(folder, at=day + timedelta(hours=24), keep=2)
    left = sorted(folder.glob("nightly-*"))
    assert len(left) == 2
    assert first in left or first.name < left[0].name


def test_a_folder_that_cannot_be_written_is_named(db: None):
    with pytest.raises(BackupError, match="/proc/nowhere"):
        backup.write_backup(Path("/proc/nowhere/one.age"))


def test_restore_refuses_a_database_that_holds_data(db: None, tmp_path: Path):
    made = backup.write_backup(tmp_path / "one.age")
    with pytest.raises(CommandError, match="--replace"):
        call_command("restore", str(made))


@pytest.mark.slow
def test_a_backup_read_into_a_new_installation_has_the_same_rows(
    transactional_db: None, settings, tmp_path: Path, new_var: Path
):
    UserFactory.create_batch(5, name="Łucja O'Brien")
    settings.MEDIA_ROOT.mkdir()
    (settings.MEDIA_ROOT / "logo.png").write_bytes(b"\x89PNG")
    made = backup.write_backup(tmp_path / "one.age")
    new_var.mkdir()
    key = {"BACKUP_KEY_PATH": str(settings.BACKUP_KEY_PATH)}
    done = command(new_var, "restore", str(made), "--json", **key)
    assert done.returncode == 0, done.stderr
    count = (
        "import json; from django.db import connection as c\n"
        "k = c.cursor(); rows = {}\n"
        "for t in c.introspection.table_names():\n"
        "    k.execute(f'SELECT count(*) FROM \"{t}\"'); rows[t] = k.fetchone()[0]\n"
        "print(json.dumps(rows))"
    )
    there = json.loads(command(new_var, "shell", "-v0", "-c", count).stdout)
    with connection.cursor() as cursor:
        for table in set(connection.introspection.table_names()) - {"cache"}:
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            assert there[table] == cursor.fetchone()[0], table
    assert there["people_user"] == 5
    assert (new_var / "media" / "logo.png").read_bytes() == b"\x89PNG"


@pytest.mark.slow
def test_restore_backs_up_what_it_replaces_and_a_bad_dump_leaves_it(new_var: Path):
    template.copy(new_var / "postgres")
    assert command(new_var, "backup", str(new_var / "one.age")).returncode == 0
    write = "from leadflow.people.models import Team; Team.objects.create(name='Later')"
    assert command(new_var, "shell", "-v0", "-c", write).returncode == 0
    told = json.loads(
        command(new_var, "restore", str(new_var / "one.age"), "--replace", "--json").stdout
    )
    assert Path(told["before"]).exists()
    read = "from leadflow.people.models import Team; print(Team.objects.count())"
    assert command(new_var, "shell", "-v0", "-c", read).stdout.strip() == "0"
    assert command(new_var, "restore", told["before"], "--replace").returncode == 0
    assert command(new_var, "shell", "-v0", "-c", read).stdout.strip() == "1"
