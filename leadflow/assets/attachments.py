"""Files that colleagues put to a note or a deal: kept as visitors' files are, given back as downloads."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from leadflow.assets import uploads
from leadflow.assets.models import Upload
from leadflow.errors import Invalid
from leadflow.models import Lead, Note
from leadflow.services.privacy import Holder

KINDS = (*uploads.DOCUMENTS, *uploads.PICTURES)
MOST_AT_ONCE = 5
MOST = 50  # of one holder
NOTE = "leadflow.note"


def take_in(files: Sequence[Any]) -> list[Upload]:
    """Keep what was sent; nobody holds it yet, and what nobody claims within a day is dropped.

    Raises Invalid, with a sentence for the field `attached` that names the file, before any is kept
    where there are too many.
    """
    if len(files) > MOST_AT_ONCE:
        raise _refusal(_("At most %(n)d files at once.") % {"n": MOST_AT_ONCE})
    kept = []
    for file in files:
        name = file.name or ""
        try:
            kept.append(uploads.take_in(file, name=name, kinds=KINDS))
        except Invalid as error:
            uploads.drop(kept)
            raise _refusal(f"{name[-80:]}: {error.message}") from error
    return kept


def _refusal(message: str) -> Invalid:
    return Invalid.at("attached", message)


def claim(rows: Iterable[Upload], *, kind: str, pk: int) -> None:
    """Let files belong to a note or a record. Raises Invalid where it has too many by then."""
    ids = [row.public_id for row in rows]
    if not ids:
        return
    if Upload.objects.filter(holder_type=kind, holder_id=pk).count() + len(ids) > MOST:
        raise _refusal(_("At most %(n)d files here. Take some out first.") % {"n": MOST})
    uploads.claim(ids, holder=(kind, pk), labels={})


def of_many(kind: str, ids: Collection[int]) -> Mapping[int, list[Upload]]:
    """The files of many holders of a kind, by holder."""
    found: dict[int, list[Upload]] = {}
    if ids:
        for row in Upload.objects.filter(holder_type=kind, holder_id__in=ids).order_by("pk"):
            found.setdefault(row.holder_id or 0, []).append(row)
    return found


def _note_ids(leads: list[Lead]) -> list[int]:
    return list(Note.objects.filter(lead__in=leads).values_list("pk", flat=True))


def _export(lead: Lead) -> list[dict[str, Any]]:
    rows = Upload.objects.filter(holder_type=NOTE, holder_id__in=_note_ids([lead]))
    return [dict(row) for row in rows.values("id", "name", "size", "uploaded_at")]


def _erase(leads: list[Lead]) -> None:
    """Files of notes about her go with the notes, bytes and all."""
    uploads.drop_held(NOTE, _note_ids(leads))


HOLDER = Holder("files of notes", _export, _erase)
