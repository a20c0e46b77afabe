"""Notes and tags."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
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
    kind: str = Note.Kind.NOTE,
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
        text=clean, lead=lead, company=company, subject_ref=subject_ref, kind=kind,
        is_private=is_private, by=by, created_at=at, origin=origin,
    )  # fmt: skip
    record(
        Kind.NOTE_ADDED,
        lead_id=lead.pk if lead else None,
        by=by,
        subject=note,
        data={"note": note.pk, "kind": kind},
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


def split_names(said: str) -> list[str]:
    """The names of tags in a text that holds several, each once."""
    names = (texts.one_line(part)[:60] for part in re.split(r"[,;|\n]", said))
    return list(dict.fromkeys(filter(None, names)))


@transaction.atomic(savepoint=False)
def tag_each(
    wanted: Mapping[int, tuple[int, Sequence[str]]],
    *,
    by: User | None,
    at: datetime,
    origin: str = Origin.LIVE,
) -> dict[int, list[str]]:
    """Put its own tags on each of many leads: key -> (lead, names); key -> names that are new on her.

    Records `lead.tagged` for each lead that got one.
    """
    tags = {
        tag.name: tag for tag in _tags({name for _pk, names in wanted.values() for name in names})
    }
    ids = {pk for pk, _names in wanted.values()}
    rows = LeadTag.objects.filter(lead__in=ids, tag__in=tags.values())
    known = set(rows.values_list("lead_id", "tag__name"))
    put: dict[int, list[str]] = {}
    of_lead: dict[int, list[str]] = {}
    for key, (pk, names) in wanted.items():
        if new := [name for name in names if (pk, name) not in known]:
            known |= {(pk, name) for name in new}
            put[key] = new
            of_lead.setdefault(pk, []).extend(new)
    LeadTag.objects.bulk_create(
        LeadTag(lead_id=pk, tag=tags[name], by=by, at=at)
        for pk, names in of_lead.items()
        for name in names
    )
    said = [{"fields": [f"+{name}" for name in names]} for names in of_lead.values()]
    record_many(Kind.LEAD_TAGGED, list(of_lead), by=by, data=said, at=at, origin=origin)
    return put


@transaction.atomic(savepoint=False)
def take_off(names: Mapping[int, Collection[str]]) -> list[LeadTag]:
    """Take tags off leads as if they had never been put; the rows, for `put_on_again`."""
    rows = LeadTag.objects.filter(lead__in=names).select_related("tag")
    gone = [row for row in rows if row.tag.name in names[row.lead_id]]
    LeadTag.objects.filter(pk__in=[row.pk for row in gone]).delete()
    return gone


def put_on_again(rows: Iterable[LeadTag]) -> None:
    """What `take_off` took, with who put it and when."""
    LeadTag.objects.bulk_create(rows)


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
