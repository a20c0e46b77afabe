"""Files given away: taken in by what their bytes say, replaced under one link, handed out and counted."""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import IO, Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from leadflow.assets import content
from leadflow.assets.models import File, FileVersion, Grant, Reading
from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import ids, tokens
from leadflow.kit.clock import now
from leadflow.models import Lead, Origin
from leadflow.people.models import User
from leadflow.services import engagement, organisation

MOST_BYTES = 50_000_000
MEDIA = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "epub": "application/epub+zip",
    "zip": "application/zip",
}
# What must stand in the archive that such a file is; only its table of contents is read.
_INSIDE = {"docx": "word/", "xlsx": "xl/", "pptx": "ppt/", "epub": "META-INF/", "zip": ""}
_PURPOSE = "file.v1"
SHARED = "share:"  # what the key of a permission begins with that sales gave


@dataclass(frozen=True, slots=True)
class Upload:
    """The bytes of a file with what they turned out to be."""

    original: str
    kind: str
    content: bytes


def read(file: IO[bytes], *, name: str) -> Upload:
    """An upload, judged by its name and its first bytes alike; nothing in it is run or unpacked.

    Raises Invalid, with a sentence for the field `upload`, for anything that is not on the list.
    """
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise _refusal(_("That file is larger than 50 MB."))
    kind = name.rpartition(".")[2].lower()
    if kind not in MEDIA or not _is(kind, content):
        raise _refusal(
            _("Use a PDF, DOCX, XLSX, PPTX, EPUB or ZIP file; this one is none of them.")
        )
    return Upload(name.replace("\\", "/").rpartition("/")[2][-200:], kind, content)


def _is(kind: str, content: bytes) -> bool:
    if kind == "pdf":
        return content.startswith(b"%PDF-")
    if not content.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    return any(name.startswith(_INSIDE[kind]) for name in names)


def _refusal(message: str) -> Invalid:
    return Invalid.at("upload", message)


@transaction.atomic
def add(*, values: dict[str, Any], upload: Upload, by: User | None) -> File:
    """A new file of the library."""
    row = File.objects.create(**values, created_at=now(), created_by=by)
    return replace(file=row, upload=upload, by=by)


@transaction.atomic
def replace(*, file: File, upload: Upload, by: User | None) -> File:
    """Put other bytes under the same links. The versions before stay for the record."""
    locked = File.objects.select_for_update().get(pk=file.pk)
    last = locked.versions.order_by("-number").first()
    path = f"files/{ids.token()}"
    version = FileVersion.objects.create(
        file=locked,
        number=(last.number if last else 0) + 1,
        original=upload.original,
        kind=upload.kind,
        path=path,
        size=len(upload.content),
        digest=hashlib.sha256(upload.content).hexdigest(),
        uploaded_at=now(),
        uploaded_by=by,
    )
    default_storage.save(path, ContentFile(upload.content))
    locked.live = version
    locked.save(update_fields=["live"])
    return locked


def content_of(version: FileVersion) -> IO[bytes] | None:
    """The bytes of a version, to be read; None where the disk does not have them."""
    if not default_storage.exists(version.path):
        return None
    return default_storage.open(version.path)


def grant(
    *,
    file: File,
    lead: Lead | None,
    key: str,
    days: int = 30,
    origin: str = Origin.LIVE,
    at: datetime | None = None,
) -> Grant:
    """Let a person download a file; the same `key` twice is one permission."""
    fresh = {"file": file, "lead": lead, "days": days, "given_at": at or now(), "origin": origin}
    return Grant.objects.get_or_create(key=key, defaults=fresh)[0]


def link(one: Grant, *, at: datetime | None = None) -> str:
    """The address at which the person finds it, good for the days of the permission from `at` on."""
    expires = (at or now()) + timedelta(days=one.days)
    signed = tokens.sign(
        settings.SECRET_KEY, _PURPOSE, f"{one.public_id}-{int(expires.timestamp())}"
    )
    return f"{settings.PUBLIC_BASE_URL}/d/{signed}/"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a link stands for, and whether its time is over."""

    grant: Grant
    is_expired: bool


def of_token(token: str, *, at: datetime | None = None) -> Shown | None:
    """What a link stands for; None for a link that we did not make, or whose file was taken away."""
    subject = tokens.read(settings.SECRET_KEY, _PURPOSE, token)
    public_id, _dash, expires = (subject or "").rpartition("-")
    if not public_id or not expires.isdigit():
        return None
    found = Grant.objects.select_related("file__live", "lead").filter(public_id=public_id).first()
    if found is None or found.file.live is None or found.file.is_archived:
        return None
    return Shown(found, (at or now()).timestamp() > int(expires))


@transaction.atomic
def count(one: Grant, *, at: datetime | None = None) -> None:
    """The person downloaded it: counted each time, a fact about her once."""
    at = at or now()
    if one.key.startswith(SHARED) and not one.downloads:
        record(
            Kind.CONTENT_OPENED, lead_id=one.lead_id, subject=one, at=at, origin=one.origin,
            data={"title": one.file.name, "grant": one.pk},
        )  # fmt: skip
    Grant.objects.filter(pk=one.pk).update(downloads=F("downloads") + 1, last_at=at)
    File.objects.filter(pk=one.file_id).update(downloads=F("downloads") + 1)
    if one.lead_id is None:
        return
    fact = engagement.Fact(
        one.lead_id,
        "file.downloaded",
        "grant",
        str(one.pk),
        label=one.file.name,
        topic=one.file.topic,
        value=Decimal(one.file.points) if one.file.points else None,
        at=at,
    )
    if one.file.item_id is not None:
        content.saw(
            item_id=one.file.item_id, lead_id=one.lead_id, key=f"grant:{one.pk}", how=Reading.How.FILE,
            at=at, origin=one.origin,
        )  # fmt: skip
    engagement.append([fact], origin=one.origin)


def personal_rows(lead: Lead) -> list[dict[str, Any]]:
    """Which files a person was given, for her own file."""
    rows = Grant.objects.filter(lead=lead).select_related("file")
    return [
        {"file": row.file.name, "given_at": row.given_at, "downloads": row.downloads}
        for row in rows
    ]


def erase(people: list[Lead]) -> None:
    """End the links of these people; the counts of the files stay."""
    Grant.objects.filter(lead__in=people).delete()


def move(*, from_lead: int, to_lead: int) -> int:
    """Let the permissions of a merged lead follow her to the one that stays."""
    return Grant.objects.filter(lead_id=from_lead).update(lead_id=to_lead)


@transaction.atomic
def change(*, file: File, values: dict[str, Any], upload: Upload | None, by: User | None) -> File:
    """Change what a file is called or worth, and put other bytes under its links where given."""
    organisation.save_object(row=file, values=values, by=by)
    return replace(file=file, upload=upload, by=by) if upload else file
