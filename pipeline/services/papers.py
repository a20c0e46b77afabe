"""Files of a deal: attached, and taken out for good."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from leadflow.assets import attachments, uploads
from leadflow.assets.models import Upload
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.models import Note, Origin
from leadflow.people.models import User
from pipeline.models import Deal
from pipeline.selectors.papers import DEAL


@transaction.atomic
def attach(
    deal: Deal,
    *,
    files: Iterable[Upload],
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> None:
    """Put files that were taken in to a deal. Records `file.attached`. Raises Invalid for too many."""
    rows = list(files)
    Deal.objects.select_for_update(of=("self",)).get(
        pk=deal.pk
    )  # so that two cannot pass the limit
    attachments.claim(rows, kind=DEAL, pk=deal.pk)
    _record(Kind.FILE_ATTACHED, deal, [row.name for row in rows], by, at, origin)


@transaction.atomic
def remove(deal: Deal, *, file: Upload, by: User | None, at: datetime | None = None) -> None:
    """Forget a file of a deal, bytes and all. Records `file.removed`; twice is fine."""
    if uploads.drop(Upload.objects.filter(pk=file.pk, holder_type=DEAL, holder_id=deal.pk)):
        _record(Kind.FILE_REMOVED, deal, [file.name], by, at, Origin.LIVE)


def _record(
    kind: Kind, deal: Deal, names: list[str], by: User | None, at: datetime | None, origin: str
) -> None:
    record(
        kind,
        lead_id=deal.lead_id,
        by=by,
        subject=deal,
        data={"deal": deal.pk, "title": deal.name, "names": names},
        at=at or clock.now(),
        origin=origin,
    )


def forget(deal_ids: Iterable[int], note_ids: Iterable[int] = ()) -> None:
    """Drop what these deals, and these notes, hold: they go for good, or their person was erased."""
    uploads.drop_held(DEAL, deal_ids)
    uploads.drop_held(attachments.NOTE, note_ids)


def notes_of_trashed(deal_ids: Iterable[int]) -> list[int]:
    """The notes that go with deals: those about them alone."""
    refs = [f"deal:{pk}" for pk in deal_ids]
    return list(Note.objects.filter(subject_ref__in=refs, lead=None).values_list("pk", flat=True))
