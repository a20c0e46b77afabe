"""Files from outside: judged by their bytes, kept out of every browser's sight, dropped when unclaimed."""

import hashlib
import io
import zipfile
from collections.abc import Collection, Iterable
from datetime import timedelta
from functools import partial
from pathlib import PurePosixPath, PureWindowsPath
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.assets.models import Upload
from leadflow.errors import Invalid
from leadflow.kit import text
from leadflow.kit.clock import now

MOST_BYTES = 10_000_000
UNCLAIMED = timedelta(days=1)
PICTURES = ("png", "jpg", "gif", "webp")
DOCUMENTS = ("pdf", "docx", "xlsx", "pptx", "odt", "ods", "odp", "rtf", "txt", "csv")
_BEGINS = {
    "pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff", "gif": b"GIF8", "webp": b"RIFF",
    "rtf": b"{\\rtf",
}  # fmt: skip
_INSIDE = {"docx": "word/", "xlsx": "xl/", "pptx": "ppt/"}
_SAME = {"jpeg": "jpg"}


def take_in(
    file: IO[bytes], *, name: str, kinds: Collection[str], most: int = MOST_BYTES
) -> Upload:
    """Keep a file that is one of `kinds`, by its name and by its bytes; nobody holds it yet.

    Raises Invalid, with a sentence for the field `file`.
    """
    most = min(most, MOST_BYTES)
    raw = file.read(most + 1)
    if len(raw) > most:
        raise _refusal(_("That file is larger than %(n)d MB.") % {"n": most // 1_000_000})
    if not raw:
        raise _refusal(_("That file is empty."))
    short, kind = _named(name)
    if kind not in kinds:
        listed = ", ".join(kinds)
        raise _refusal(_("Send a file of one of these kinds: %(kinds)s.") % {"kinds": listed})
    if not _is_one(kind, raw):
        raise _refusal(
            _("That file is not what its name says. Save it again as %(kind)s.") % {"kind": kind}
        )
    digest = hashlib.sha256(raw).hexdigest()
    with transaction.atomic():
        row = Upload.objects.create(
            name=short, kind=kind, size=len(raw), digest=digest, uploaded_at=now()
        )
        default_storage.save(row.path, ContentFile(raw))
    return row


def _named(name: str) -> tuple[str, str]:
    """The name without folders, short enough, and the kind that it claims."""
    last = PureWindowsPath(PurePosixPath(text.one_line(name)).name).name or "file"
    stem, dot, ending = last.rpartition(".")
    kind = ending.lower() if dot else ""
    kind = _SAME.get(kind, kind)
    return (f"{stem[:110]}.{kind}" if dot and len(kind) <= 5 else last[:120]), kind


def _is_one(kind: str, raw: bytes) -> bool:
    if kind in {"txt", "csv"}:
        return b"\x00" not in raw
    if kind == "webp":
        return raw.startswith(b"RIFF") and raw[8:12] == b"WEBP"
    if kind in _BEGINS:
        return raw.startswith(_BEGINS[kind])
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            names = package.namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return False
    if kind in _INSIDE:
        return "[Content_Types].xml" in names and any(
            one.startswith(_INSIDE[kind]) for one in names
        )
    return "mimetype" in names and "content.xml" in names


def waiting(public_id: str) -> Upload | None:
    """The file of that id while nobody holds it."""
    return Upload.objects.filter(public_id=public_id, holder_type="").first()


def claim(public_ids: Iterable[str], *, holder: tuple[str, int], labels: dict[str, str]) -> None:
    """Let files belong to `holder` (a kind and an id), each under its label. Once only."""
    for public_id in public_ids:
        Upload.objects.filter(public_id=public_id, holder_type="").update(
            holder_type=holder[0], holder_id=holder[1], label=labels.get(public_id, "")[:200]
        )


def held_by(kind: str, pk: int) -> list[Upload]:
    """The files of one holder."""
    return list(Upload.objects.filter(holder_type=kind, holder_id=pk))


def read(row: Upload) -> bytes | None:
    """What was sent; None where the file is gone."""
    if not default_storage.exists(row.path):
        return None
    with default_storage.open(row.path) as file:
        return bytes(file.read())


def drop(rows: Iterable[Upload]) -> int:
    """Forget files, with their bytes once the change is certain."""
    gone = list(rows)
    Upload.objects.filter(pk__in=[row.pk for row in gone]).delete()
    for row in gone:
        transaction.on_commit(partial(default_storage.delete, row.path), robust=True)
    return len(gone)


def drop_held(kind: str, ids: Iterable[int]) -> int:
    """Forget what these holders hold; their person was erased."""
    return drop(Upload.objects.filter(holder_type=kind, holder_id__in=list(ids)))


def drop_unclaimed() -> int:
    """Forget what was sent and never named in an answer; a tick does it."""
    return drop(Upload.objects.filter(holder_type="", uploaded_at__lt=now() - UNCLAIMED)[:200])


def _refusal(message: str) -> Invalid:
    return Invalid.at("file", message)
