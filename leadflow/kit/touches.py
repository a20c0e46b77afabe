"""How a visitor came: campaign parameters, click ids, and the page that led here.

All of it is told by a browser or written by whoever made the link, so it is cut, cleaned and trusted
for nothing. Nothing here raises for whatever text it is given.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id")
# Whose advertisement was clicked, by the name of the id that it adds to the link.
CLICK_IDS = {
    "gclid": "google", "gbraid": "google", "wbraid": "google", "dclid": "google", "fbclid": "facebook",
    "msclkid": "microsoft", "li_fat_id": "linkedin", "ttclid": "tiktok", "twclid": "x",
    "epik": "pinterest", "rdt_cid": "reddit", "yclid": "yandex",
}  # fmt: skip
PARAMETERS = (*UTM, *CLICK_IDS)
MAX_VALUE = 200
MAX_ADDRESS = 500

# What PostgreSQL cannot hold, and what has no place in a line.
_ODD = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


def clean(value: Any, most: int = MAX_VALUE) -> str:
    """One line of text of at most so many signs; nothing for what is no text."""
    return _ODD.sub("", value)[:most].strip() if isinstance(value, str) else ""


def campaign(query: Mapping[str, Any]) -> dict[str, str]:
    """The campaign parameters and click ids among the parameters of a link."""
    found = {key: clean(query.get(key)) for key in PARAMETERS}
    return {key: value for key, value in found.items() if value}


def parameters(address: Any) -> dict[str, str]:
    """The parameters of an address, the last of a name; none for what is no address."""
    parts = _split(address)
    if parts is None:
        return {}
    try:
        return dict(parse_qsl(parts.query, max_num_fields=100))
    except ValueError:
        return {}


def page(address: Any) -> str:
    """A page's address without what stands after `?` and `#`, where people's data hides.

    Nothing for what is no address of the web.
    """
    parts = _split(address)
    host = host_of(address)
    if parts is None or not host:
        return ""
    return clean(f"{parts.scheme}://{host}{parts.path}", MAX_ADDRESS)


def place(address: Any) -> str:
    """A page by host and path alone, as `example.com/guide`: the same with `www.`, `http:` or a last `/`.

    Nothing for what is no address of the web.
    """
    parts = _split(address)
    if parts is None:
        return ""
    host = host_of(address).removeprefix("www.")
    return clean(f"{host}{parts.path}".rstrip("/"), MAX_ADDRESS) if host else ""


def spellings(place: str) -> list[str]:
    """The addresses, as `page` tells them, that are one place."""
    return [
        f"{scheme}://{www}{place}{end}"
        for scheme in ("https", "http")
        for www in ("", "www.")
        for end in ("", "/")
    ]


def host_of(address: Any) -> str:
    """The host of a web address as browsers name it, with its port; nothing where there is none."""
    parts = _split(address)
    if parts is None:
        return ""
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    host = (parts.hostname or "").rstrip(".")
    if ":" in host:
        host = f"[{host}]"
    return clean(f"{host}{port}", 255)


def referrer(address: Any, own: Collection[str] = ()) -> str:
    """The page elsewhere that led here; nothing for a page of our own hosts."""
    host = host_of(address)
    return page(address) if host and host not in own else ""


def advertiser(params: Mapping[str, str]) -> str:
    """Whose advertisement was clicked, told by the click id; nothing without one."""
    return next((whose for key, whose in CLICK_IDS.items() if params.get(key)), "")


def source(params: Mapping[str, str], came_from: str = "") -> str:
    """In a word where this touch came from: the link's own, the advertiser's, the site's; else nothing."""
    said = clean(params.get("utm_source"), 80).lower()
    site = host_of(came_from).removeprefix("www.").partition(":")[0]
    return said or advertiser(params) or site[:80]


def _split(address: Any) -> SplitResult | None:
    if not isinstance(address, str) or len(address) > 4_000:
        return None
    try:
        parts = urlsplit(_ODD.sub("", address).strip())
        known = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return None
    return parts if known else None
