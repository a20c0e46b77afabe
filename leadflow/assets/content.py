"""The library of content: what stands in it, and who saw it."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.assets.models import ContentItem, Reading, ShortLink
from leadflow.errors import Invalid
from leadflow.kit import touches
from leadflow.kit.clock import now
from leadflow.models import Lead, Origin
from leadflow.people.models import User
from leadflow.services import organisation

SUBJECT = ContentItem._meta.label_lower


@transaction.atomic
def save(*, item: ContentItem, values: dict[str, Any], by: User | None) -> ContentItem:
    """Make or change an item, as a matter of record; one address is one item. Raises Invalid.

    The fact is what capture answers by finding the visits of before (`capture.gather_readings`).
    """
    place = touches.place(values.get("url", item.url))
    if place and ContentItem.objects.filter(place=place).exclude(pk=item.pk).exists():
        said = _("This address is in the library already.")
        raise Invalid.at("url", said)
    if item._state.adding:
        item.place = place
        item.created_at = now()
        saved = organisation.save_object(row=item, values=values, by=by)
    else:
        saved = organisation.save_object(row=item, values={**values, "place": place}, by=by)
    return saved if isinstance(saved, ContentItem) else item


# --- many at once ---------------------------------------------------------------------------------

MOST_LINES = 500
_COLUMNS = {
    "address": "url", "url": "url", "link": "url", "title": "title", "name": "title", "type": "kind",
    "kind": "kind", "topic": "topic", "buyer stage": "buyer_stage", "funnel position": "funnel_position",
}  # fmt: skip


def read_lines(text: str) -> list[dict[str, str]]:
    """What each pasted line says of an item; addresses alone get a title out of their last part.

    Raises Invalid, naming the line, for what is no address or no known choice.
    """
    rows = [row for row in _cells(text) if any(cell.strip() for cell in row)]
    head = [_COLUMNS.get(cell.strip().lower(), "") for cell in rows[0]] if rows else []
    names = head if "url" in head else ["url", "title", "kind", "topic"]
    body = rows[1:] if "url" in head else rows
    if not body:
        raise Invalid(_("There is no address in it."))
    if len(body) > MOST_LINES:
        raise Invalid(_("At most %(n)d lines at once.") % {"n": MOST_LINES})
    first = 2 if "url" in head else 1
    return [_line(names, row, number) for number, row in enumerate(body, first)]


def _cells(text: str) -> list[list[str]]:
    first = text.strip().partition("\n")[0]
    sign = next((one for one in ("\t", ";", ",") if one in first), ",")
    return list(csv.reader(io.StringIO(text.replace("\x00", "")), delimiter=sign))


def _line(names: list[str], row: list[str], number: int) -> dict[str, str]:
    told = {name: cell.strip() for name, cell in zip(names, row, strict=False) if name}
    url = told.get("url", "")
    url = url if "://" in url or not url else f"https://{url}"
    if not _is_address(url):
        raise Invalid(_("Line %(n)d has no address.") % {"n": number})
    values = {"url": url, "title": told.get("title", "")[:200] or title_of(url)}
    values["topic"] = told.get("topic", "")[:80]
    for name in ("kind", "buyer_stage", "funnel_position"):
        if told.get(name):
            values[name] = _chosen(name, told[name], number)
    return values


def _is_address(url: str) -> bool:
    try:
        URLValidator(schemes=["http", "https"])(url)
    except ValidationError:
        return False
    return bool(touches.place(url)) and len(url) <= 500


def _chosen(name: str, said: str, number: int) -> str:
    """The value of a choice by its label or its key, whatever the capitals."""
    field: Any = ContentItem._meta.get_field(name)
    for key, label in field.choices:
        if said.lower() in {str(key).lower(), str(label).lower()}:
            return str(key)
    raise Invalid(_("Line %(n)d: “%(said)s” is not known.") % {"n": number, "said": said[:40]})


def title_of(url: str) -> str:
    """A title out of the last part of an address: /blog/solar-roofs.html becomes Solar roofs."""
    last = touches.place(url).rpartition("/")[2].partition("?")[0]
    stem, dot, ending = last.rpartition(".")
    words = unquote(
        stem if dot and stem and len(ending) <= 4 and "/" in touches.place(url) else last
    )
    words = " ".join(words.replace("-", " ").replace("_", " ").split())
    return (words[:1].upper() + words[1:])[:200] or url[:200]


@transaction.atomic
def add_many(*, lines: Sequence[dict[str, str]], by: User | None) -> tuple[int, int]:
    """Take these into the library: how many are new, and how many were there already."""
    known = set(of_addresses(line["url"] for line in lines))
    made = 0
    for line in lines:
        place = touches.place(line["url"])
        if place not in known:
            known.add(place)
            save(item=ContentItem(), values=dict(line), by=by)
            made += 1
    return made, len(lines) - made


# --- who saw it -----------------------------------------------------------------------------------


def visit_key(visit_id: int) -> str:
    """What names a visit to an item."""
    return f"visit:{visit_id}"


def of_addresses(addresses: Iterable[str]) -> dict[str, ContentItem]:
    """The items at these addresses, by their place."""
    places = {place for address in addresses if (place := touches.place(address))}
    if not places:
        return {}
    return {item.place: item for item in ContentItem.objects.filter(place__in=places)}


def item(pk: int) -> ContentItem | None:
    """One item, if there is one of that number."""
    return ContentItem.objects.select_related("campaign").filter(pk=pk).first()


def topics(addresses: Iterable[str]) -> dict[str, str]:
    """What the pages at these addresses are about, by their place, where the library says so."""
    return {place: item.topic.lower() for place, item in of_addresses(addresses).items()}


def saw(
    *,
    item_id: int,
    lead_id: int | None,
    key: str,
    how: str,
    at: datetime,
    is_landing: bool = False,
    origin: str = Origin.LIVE,
) -> None:
    """Write down that somebody saw an item; the same `key` twice is once."""
    row = Reading(
        item_id=item_id, lead_id=lead_id, key=key, how=how, seen_at=at, is_landing=is_landing,
        origin=origin,
    )  # fmt: skip
    Reading.objects.bulk_create([row], ignore_conflicts=True)


def belongs_to(lead_id: int, keys: Sequence[str]) -> None:
    """It turned out who it was."""
    Reading.objects.filter(key__in=keys).update(lead_id=lead_id)


def move(*, from_lead: int, to_lead: int) -> None:
    """Let what a merged lead saw follow her to the one that stays."""
    Reading.objects.filter(lead_id=from_lead).update(lead_id=to_lead)
    ShortLink.objects.filter(lead_id=from_lead).update(lead_id=to_lead)


def personal_rows(lead: Lead) -> list[dict[str, Any]]:
    """What of the library a person saw, for her own file."""
    rows = Reading.objects.filter(lead=lead).select_related("item").order_by("seen_at", "pk")
    return [{"content": row.item.title, "seen_at": row.seen_at, "how": row.how} for row in rows]


def erase(people: list[Lead]) -> None:
    """Nameless rows stay, so that counts do not move."""
    Reading.objects.filter(lead__in=people).update(lead=None)
    # her own links end
    ShortLink.objects.filter(lead__in=people).update(lead=None, is_archived=True)
