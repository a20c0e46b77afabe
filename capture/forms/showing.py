"""A landing page ready to be shown: its blocks with their pictures, offer and form."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import nh3
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

from leadflow.assets import images
from leadflow.assets.models import Image
from leadflow.blocks import documents
from leadflow.offers.models import Offer

_MARKED = MarkdownIt("commonmark", {"html": False, "linkify": False}).disable(
    ["image", "heading", "code", "fence"]
)
_KEPT = {"p", "br", "strong", "em", "a", "ul", "ol", "li", "blockquote", "hr"}
_PICTURES = ("image", "card")


@dataclass(frozen=True, slots=True)
class Shown:
    """One page as its template reads it."""

    settings: Mapping[str, Any]
    blocks: list[dict[str, Any]]
    card: Image | None


def marked(text: str) -> SafeString:
    """The few marks that authors may use, as HTML that was cleaned on the way out."""
    html = nh3.clean(
        _MARKED.render(text), tags=_KEPT, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener",
    )  # fmt: skip
    return SafeString(html)


def shown(content: Mapping[str, Any], *, at: datetime) -> Shown:
    """Everything but the form; a countdown that is over says so, or is gone."""
    rows = list(documents.blocks(content))
    pictures = images.named(_picture_ids(content, rows))
    offers = _offers(rows)
    blocks = [
        block
        for row in rows
        if (block := _block(row, pictures, offers, at, is_first=row is rows[0])) is not None
    ]
    settings = content["settings"]
    hero: Mapping[str, Any] = next((row["props"] for row in rows if row["type"] == "hero"), {})
    card = pictures.get(settings.get("card") or "") or pictures.get(hero.get("image") or "")
    return Shown(settings, blocks, card)


def _picture_ids(content: Mapping[str, Any], rows: list[dict[str, Any]]) -> set[str]:
    bags = [content["settings"], *(row["props"] for row in rows)]
    bags += [item for row in rows for item in row["props"].get("items", [])]
    return {str(bag.get(key) or "") for bag in bags for key in _PICTURES}


def _offers(rows: list[dict[str, Any]]) -> dict[str, Offer]:
    wanted = [row["props"]["offer"] for row in rows if row["props"].get("offer")]
    return {str(one.pk): one for one in Offer.objects.filter(pk__in=wanted)} if wanted else {}


def _block(
    row: dict[str, Any],
    pictures: Mapping[str, Image],
    offers: Mapping[str, Offer],
    at: datetime,
    *,
    is_first: bool,
) -> dict[str, Any] | None:
    props = dict(row["props"])
    template = f"capture/public/page/{row['type']}.html"
    block: dict[str, Any] = {"id": row["id"], "template": template, "is_first": is_first}
    block["picture"] = pictures.get(props.get("image") or "")
    if "text" in props:
        block["html"] = marked(props["text"])
    if "items" in props:
        block["items"] = [_item(item, pictures) for item in props["items"]]
    if row["type"] == "incentive":
        offer = offers.get(props["offer"])
        if offer is None or not (offer.can_come(at) or props["after"]):
            return None
        block |= {"offer": offer, "is_over": not offer.can_come(at)}
    if row["type"] == "countdown":
        offer = offers.get(props["offer"])
        if offer is None or offer.ends_at is None:
            return None
        block |= {"offer": offer, "is_over": not offer.holds_at(at) and offer.ends_at <= at}
        if block["is_over"] and not props["after"]:
            return None
    return props | block


def _item(item: Mapping[str, Any], pictures: Mapping[str, Image]) -> dict[str, Any]:
    lines = [line.strip() for line in str(item.get("text", "")).splitlines() if line.strip()]
    return {
        **item,
        "picture": pictures.get(item.get("image") or ""),
        "lines": lines,
        "html": marked(str(item.get("answer") or item.get("text") or "")),
    }
