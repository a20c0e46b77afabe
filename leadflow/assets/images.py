"""Taking pictures in: read, checked, turned upright, shrunk, written anew; the upload itself is dropped."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.assets.models import Image
from leadflow.errors import Invalid
from leadflow.kit.clock import now
from leadflow.people.models import User

MOST_BYTES = 10_000_000
WIDTHS = (480, 960, 1600)
THUMB = 240
MAIL = "mail.jpg"  # what every mail program can show, made when it is first asked for


def take_in(file: IO[bytes], *, name: str, by: User | None) -> Image:
    """Keep a picture in its widths. The same picture twice is one.

    Raises Invalid, with a sentence for the field `file`, for anything that is no picture or too large.
    """
    # with Pillow 4 MB that only a process which takes a picture in holds
    from leadflow.assets import pixels  # noqa: PLC0415

    raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        wrong = _("That file is larger than 10 MB. Shrink it first.")
        raise Invalid.at("file", wrong)
    picture = pixels.opened(raw)
    digest = hashlib.sha256(raw).hexdigest()
    if known := Image.objects.filter(digest=digest).first():
        return known
    widest = min(picture.width, WIDTHS[-1])
    widths = sorted({width for width in WIDTHS if width < picture.width} | {widest})
    row = Image(
        title=name.rpartition(".")[0][:200] or name[:200],
        width=widest,
        height=max(1, round(picture.height * widest / picture.width)),
        widths=widths,
        digest=digest,
        uploaded_at=now(),
        uploaded_by=by,
    )
    made = {f"{width}.webp": partial(pixels.encoded, picture, width) for width in widths}
    made["thumb.webp"] = partial(pixels.encoded, picture, min(THUMB, widest))
    made["card.jpg"] = partial(pixels.card, picture)
    with transaction.atomic():
        row.save(force_insert=True)
        _write_all(row.public_id, made)
    return row


def _write_all(public_id: str, made: Mapping[str, Callable[[], bytes]]) -> None:
    """Every variant or, where one has no room, none."""
    try:
        for variant, content in made.items():
            _write(file_of(public_id, variant), content())
    except OSError:
        for variant in made:
            default_storage.delete(file_of(public_id, variant))
        raise


def _write(path: str, content: bytes) -> None:
    default_storage.delete(path)
    default_storage.save(path, ContentFile(content))


def file_of(public_id: str, variant: str) -> str:
    """Where a variant lies below the folder of files."""
    return f"images/{public_id}/{variant}"


def read(public_id: str, variant: str) -> bytes | None:
    """The bytes of a variant; None where there is none."""
    path = file_of(public_id, variant)
    if not default_storage.exists(path) and not (variant == MAIL and _made_for_mail(public_id)):
        return None
    with default_storage.open(path) as file:
        return bytes(file.read())


def _made_for_mail(public_id: str) -> bool:
    """Make the JPEG for mail programs, the first time that a mail shows the picture."""
    row = Image.objects.filter(public_id=public_id).first()
    wide = row and file_of(public_id, f"{row.width}.webp")
    if not wide or not default_storage.exists(wide):
        return False
    # as above
    from leadflow.assets import pixels  # noqa: PLC0415

    with default_storage.open(wide) as file:
        picture = pixels.opened(file.read())
    _write(file_of(public_id, MAIL), pixels.for_mail(picture))
    return True


def named(public_ids: Iterable[str]) -> dict[str, Image]:
    """The pictures of these ids, by id."""
    wanted = {one for one in public_ids if one}
    return (
        {row.public_id: row for row in Image.objects.filter(public_id__in=wanted)} if wanted else {}
    )


def newest(limit: int = 60) -> list[Image]:
    """The latest pictures, for whoever picks one."""
    return list(Image.objects.all()[:limit])
