"""A backup is one file: database and media in a compressed tar, encrypted with age.

The key is made at first need under BACKUP_KEY_PATH. Without it a backup cannot be read, so the
person who keeps backups elsewhere keeps the key elsewhere too (`leadflow backup` says so).
"""

import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyrage
from django.conf import settings
from django.db import connection

from leadflow.errors import LeadflowError
from leadflow.operations import pgtools

FORMAT = 1
SUFFIX = ".age"
DUMP, MEDIA, MANIFEST = "database.sql", "media", "manifest.json"
# Older servers do not know it, and pg_dump of 17 and newer always writes it.
_TOO_NEW = (b"SET transaction_timeout",)


class BackupError(LeadflowError):
    """A backup could not be written or read; nothing was changed."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says about itself."""

    format: int
    release: str
    made_at: str
    server_major: int


# --- writing -------------------------------------------------------------------------------------


def write_backup(target: Path, *, reason: str = "backup") -> Path:
    """Write a backup to the file `target`, or into it under a dated name where it is a folder."""
    file = target if target.suffix == SUFFIX else target / _dated_name(reason)
    recipient = _recipient()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with _work_folder(file.parent) as work:
            sealed = work / "sealed"
            with sealed.open("wb") as out, _pack(work).open("rb") as packed:
                pyrage.encrypt_io(packed, out, [recipient])
            sealed.chmod(0o600)
            sealed.replace(file)
    except OSError as error:
        raise BackupError(
            f"The backup could not be written to {file.parent} ({error.strerror}): check that the "
            f"folder may be written and that the disk has room."
        ) from error
    return file


def prune(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest `keep` nightly backups of `folder`; other files stay."""
    found = sorted(folder.glob(f"nightly-*{SUFFIX}"))
    old = found[:-keep] if keep > 0 else []
    for file in old:
        file.unlink()
    return old


def newest(folder: Path) -> datetime | None:
    """When the newest nightly backup in `folder` was made."""
    times = [file.stat().st_mtime for file in folder.glob(f"nightly-*{SUFFIX}")]
    return datetime.fromtimestamp(max(times), UTC) if times else None


def write_nightly(folder: Path, *, at: datetime, keep: int) -> Path | None:
    """The backup of the night, where the last one is older than a day; None where none is due."""
    last = newest(folder)
    if last is not None and at - last < timedelta(hours=23, minutes=30):
        return None
    made = write_backup(folder, reason="nightly")
    prune(folder, keep)
    return made


def _dated_name(reason: str) -> str:
    return f"{reason}-{datetime.now(UTC):%Y%m%d-%H%M%S}{SUFFIX}"


def _pack(work: Path) -> Path:
    """The tar of everything, unencrypted, inside the private work folder."""
    dump, packed = work / DUMP, work / "packed"
    major = pgtools.server_major()
    tool = pgtools.program("pg_dump", at_least=major)
    # The cache is not data: rate limits and the like.
    plain = ["--no-owner", "--no-privileges", "--no-comments", "--exclude-table-data=cache"]
    with dump.open("wb") as out:
        pgtools.run([tool, *plain], writing=out)
    facts = Manifest(FORMAT, settings.RELEASE, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", major)
    (work / MANIFEST).write_text(json.dumps(asdict(facts)), encoding="utf-8")
    with tarfile.open(packed, "w:gz", compresslevel=3) as tar:
        tar.add(work / MANIFEST, MANIFEST)
        tar.add(dump, DUMP)
        if settings.MEDIA_ROOT.exists():
            tar.add(settings.MEDIA_ROOT, MEDIA)
    dump.unlink()
    return packed


# --- reading ---------------------------------------------------------------------------------------


def restore(file: Path) -> Manifest:
    """Replace database and media by those of `file`; a failure leaves the database as it was."""
    if not file.is_file():
        raise BackupError(f"There is no file {file}.")
    media: Path = settings.MEDIA_ROOT
    media.parent.mkdir(parents=True, exist_ok=True)
    with _work_folder(media.parent) as work:
        facts = _unpack(file, work)
        _load(work / DUMP)
        _swap(work / MEDIA, media)
    return facts


def is_empty() -> bool:
    """Whether the database holds nothing that a restore would overwrite."""
    return not connection.introspection.table_names()


def _unpack(file: Path, work: Path) -> Manifest:
    packed = work / "packed"
    try:
        with file.open("rb") as sealed, packed.open("wb") as out:
            pyrage.decrypt_io(sealed, out, [_identity()])
    except (pyrage.DecryptError, OSError) as error:
        raise BackupError(
            f"{file} cannot be opened with the key in {settings.BACKUP_KEY_PATH}: it was made with "
            f"another key, or it is damaged. Set BACKUP_KEY_PATH to the key that it was made with."
        ) from error
    with tarfile.open(packed) as tar:
        tar.extractall(work, filter="data")
    facts: dict[str, Any] = json.loads((work / MANIFEST).read_text(encoding="utf-8"))
    if facts["format"] > FORMAT:
        raise BackupError(
            f"{file} was made by LeadFlow {facts['release']}, which is newer than this one: install "
            f"that release to restore it."
        )
    return Manifest(**facts)


def _load(dump: Path) -> None:
    """Load the dump in one transaction over an emptied schema."""
    tool = pgtools.program("psql", at_least=pgtools.server_major())
    whole = dump.with_name("whole.sql")
    with dump.open("rb") as lines, whole.open("wb") as out:
        out.write(b"SET client_min_messages = warning;\n")
        out.write(b"DROP SCHEMA public CASCADE;\nCREATE SCHEMA public;\n")
        out.writelines(line for line in lines if not line.startswith(_TOO_NEW))
    connection.close()
    strict = ["--no-psqlrc", "-q", "--single-transaction", "-v", "ON_ERROR_STOP=1", "-f", whole]
    pgtools.run([tool, *strict])


def _swap(restored: Path, media: Path) -> None:
    """Put the restored files in place of the present ones."""
    if media.exists():
        shutil.rmtree(media)
    if restored.exists():
        restored.rename(media)


# --- keys and folders --------------------------------------------------------------------------------


def _key() -> str:
    """The text of the key file, made with a new key where there is none."""
    file = Path(settings.BACKUP_KEY_PATH)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    except OSError as error:
        raise BackupError(f"The backup key {file} cannot be made ({error.strerror}).") from error
    else:
        with os.fdopen(handle, "w") as made:
            made.write(f"{pyrage.x25519.Identity.generate()}\n")
    lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    return next((line for line in lines if line and not line.startswith("#")), "")


def _recipient() -> Any:
    """Whom backups are encrypted for: the key itself, or a public key (age1…) alone."""
    text = _key()
    try:
        if text.startswith("age1"):
            return pyrage.x25519.Recipient.from_str(text)
        return pyrage.x25519.Identity.from_str(text).to_public()
    except (pyrage.RecipientError, pyrage.IdentityError) as error:
        raise BackupError(_bad_key()) from error


def _identity() -> Any:
    try:
        return pyrage.x25519.Identity.from_str(_key())
    except pyrage.IdentityError as error:
        raise BackupError(_bad_key()) from error


def _bad_key() -> str:
    return (
        f"{settings.BACKUP_KEY_PATH} holds no age key that can do this: it needs a line that begins "
        f"with AGE-SECRET-KEY-1 (age1… alone writes backups and cannot read them)."
    )


@contextmanager
def _work_folder(beside: Path) -> Iterator[Path]:
    """A private folder on the same disk; what a killed backup left there is removed first."""
    for left in beside.glob(".backup-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=beside) as folder:
        yield Path(folder)
