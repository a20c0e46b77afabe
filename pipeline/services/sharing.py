"""Giving customers something to read: by a link that ends and tells when it was opened."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from leadflow.assets import files, links
from leadflow.assets.models import ContentItem, File
from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.models import Lead, Origin
from leadflow.people.models import User
from pipeline.models import Deal, Share

MOST_DAYS = 365


@transaction.atomic
def share(
    on: Deal | Lead,
    *,
    item: ContentItem,
    days: int,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Share:
    """Give an item to the person of a deal, or to a person; one that still holds comes back as it is.

    Records `content.shared`. Raises Invalid for what is for our own people, or has nothing to open.
    """
    at = at or clock.now()
    file = _check(item)
    deal, lead = (on, None) if isinstance(on, Deal) else (None, on)
    holder = Deal.objects if deal else Lead.objects
    holder.select_for_update(no_key=True, of=("self",)).get(pk=on.pk)
    known = Share.objects.filter(deal=deal, lead=lead, item=item, expires_at__gt=at).first()
    if known is not None:
        return known
    person, until = (deal.lead if deal else lead), at + timedelta(days=days)
    row = Share(deal=deal, lead=lead, item=item, by=by, at=at, expires_at=until, origin=origin)
    if item.url:
        row.link = links.for_one(
            item=item, lead=person, expires_at=until, by=by, at=at, origin=origin
        )
    row.save(force_insert=True)
    if file is not None and not item.url:
        row.grant = files.grant(
            file=file, lead=person, key=f"{files.SHARED}{row.pk}", days=days, at=at, origin=origin
        )
        row.save(update_fields=["grant"])
    data = {"title": item.title, "item": item.pk, "share": row.pk, "deal": row.deal_id}
    record(
        Kind.CONTENT_SHARED, lead_id=person.pk if person else None, by=by, subject=on, data=data,
        at=at, origin=origin,
    )  # fmt: skip
    return row


def _check(item: ContentItem) -> File | None:
    """The file of an item that has no address. Raises Invalid where nothing can be given."""
    if item.is_internal:
        said = _("This is for your own people. Choose something for customers.")
        raise Invalid.at("item", said)
    file = item.files.filter(is_archived=False).exclude(live=None).order_by("pk").first()
    if not item.url and file is None:
        said = _("It has neither an address nor a file.")
        raise Invalid.at("item", said)
    return file


@transaction.atomic
def end(row: Share, *, at: datetime | None = None) -> Share:
    """End a link before its time; again is nothing."""
    at = at or clock.now()
    if row.expires_at > at:
        Share.objects.filter(pk=row.pk).update(expires_at=at)
        if row.link is not None:
            row.link.expires_at = at
            row.link.save(update_fields=["expires_at"])
        if row.grant is not None:
            row.grant.delete()
    return row


def opened(*, link: int | None, grant: int | None, at: datetime) -> int:
    """Write down that what was shared was opened, the first time."""
    which = Q(link=link) if link else Q(grant=grant) if grant else Q(pk__in=[])
    return Share.objects.filter(which, opened_at=None).update(opened_at=at)


def follow_person(*, gone: list[int], keep: Lead) -> None:
    """What was shared with merged people was shared with the one who stays."""
    Share.objects.filter(lead__in=gone).update(lead=keep)
