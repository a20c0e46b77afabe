"""Notes and tags."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record, record_many
from leadflow.kit import clock
from leadflow.kit import text as texts
from leadflow.models import Company, Lead, LeadTag, Note, Origin, Tag
from leadflow.models.together import Together
from leadflow.people.models import User


@transaction.atomic
def add(
    *,
    text: str,
    lead: Lead | None = None,
    company: Company | None = None,
    subject_ref: str = "",
    is_private: bool = False,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Note:
    """Write a note. Raises Invalid where it is empty."""
    at = at or clock.now()
    clean = texts.clean(text).strip()
    if not clean:
        raise Invalid(_("Write something first."), {"text": [_("Write what you learned.")]})
    note = Note.objects.create(
        text=clean, lead=lead, company=company, subject_ref=subject_ref, is_private=is_private, by=by,
        created_at=at, origin=origin,
    )  # fmt: skip
    record(
        Kind.NOTE_ADDED,
        lead_id=lead.pk if lead else None,
        by=by,
        subject=note,
        data={"note": note.pk},
        at=at,
        origin=origin,
    )
    return note


@transaction.atomic(savepoint=False)
def tag_many(
    *,
    lead_ids: Iterable[int],
    names: Iterable[str],
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
    together: Together | None = None,
) -> int:
    """Put tags on leads, making those that are new; returns how many were put."""
    at = at or clock.now()
    wanted = {texts.one_line(name)[:60] for name in names} - {""}
    tags = _tags(wanted)
    ids = sorted(set(lead_ids))
    known = set(LeadTag.objects.filter(lead__in=ids, tag__in=tags).values_list("lead_id", "tag_id"))
    rows = [
        LeadTag(lead_id=pk, tag=tag, by=by, at=at)
        for pk in ids
        for tag in tags
        if (pk, tag.pk) not in known
    ]
    if together is None:
        LeadTag.objects.bulk_create(rows, ignore_conflicts=True)
    else:
        together.add(rows)
    touched = sorted({row.lead_id for row in rows})
    record_many(
        Kind.LEAD_TAGGED,
        touched,
        by=by,
        data={"fields": [f"+{name}" for name in sorted(wanted)]},
        at=at,
        origin=origin,
        together=together,
    )
    return len(rows)


def _tags(wanted: set[str]) -> list[Tag]:
    """The tags of these names; those that do not exist yet are made."""
    tags = list(Tag.objects.filter(name__in=wanted))
    if missing := sorted(wanted - {tag.name for tag in tags}):
        Tag.objects.bulk_create([Tag(name=name) for name in missing], ignore_conflicts=True)
        tags = list(Tag.objects.filter(name__in=wanted))
    return tags


@transaction.atomic
def untag_many(
    *, lead_ids: Iterable[int], name: str, by: User | None, at: datetime | None = None
) -> int:
    """Take a tag off leads; returns how many had it."""
    rows = LeadTag.objects.filter(lead__in=list(lead_ids), tag__name=name)
    ids = sorted(rows.values_list("lead_id", flat=True))
    rows.delete()
    record_many(Kind.LEAD_TAGGED, ids, by=by, data={"fields": [f"-{name}"]}, at=at or clock.now())
    return len(ids)
