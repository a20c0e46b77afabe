"""What the public door decides, without a database: what is kept, what is spam, where it came from."""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from leadflow.kit import touches

MAX_BODY = 256_000
MAX_KEYS = 200
MAX_VALUES = 100
MAX_KEY = 200
MAX_VALUE = 20_000
MIN_SECONDS = 2.0

# PostgreSQL stores neither NUL nor half a surrogate pair.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CLIENT_ID = re.compile(r"^[A-Za-z0-9_-]{8,64}$")


class NotTakeable(ValueError):
    """The body is not a flat set of answers of a sensible size."""


def storable(value: str) -> str:
    """The text less what the database cannot hold."""
    return _UNSTORABLE.sub("", value)


def flat(body: Any) -> dict[str, Any]:
    """The posted body as kept: names to text, numbers, yes/no or short lists of them.

    Raises NotTakeable for anything nested, too many or too long: nothing of it is stored.
    """
    if not isinstance(body, Mapping) or len(body) > MAX_KEYS:
        raise NotTakeable("a flat object of at most 200 answers is expected")
    kept: dict[str, Any] = {}
    for key, value in body.items():
        if not isinstance(key, str) or len(key) > MAX_KEY:
            raise NotTakeable("a name is too long")
        kept[storable(key)] = _kept(value)
    return kept


def _kept(value: Any) -> Any:
    if isinstance(value, list):
        if len(value) > MAX_VALUES:
            raise NotTakeable("a list is too long")
        return [_scalar(item) for item in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, str):
        if len(value) > MAX_VALUE:
            raise NotTakeable("an answer is too long")
        return storable(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise NotTakeable("a number is not finite")
    if value is None or isinstance(value, bool | int | float):
        return value
    raise NotTakeable("an answer is nested")


def client_id(given: Any) -> str | None:
    """The sender's own id of this submission, where it is usable as one."""
    return given if isinstance(given, str) and _CLIENT_ID.match(given) else None


def fallback_id(form_id: int, body: Mapping[str, Any], at: datetime) -> str:
    """An id for a sender that gave none: the same body within ten seconds is the same submission."""
    bucket = int(at.timestamp()) // 10
    told = json.dumps([form_id, body, bucket], sort_keys=True, default=str)
    return "h" + hashlib.sha256(told.encode()).hexdigest()[:40]


def suspicions(
    *,
    honeypot: Any = None,
    seconds: float | None = None,
    is_crawler: bool = False,
    is_disposable: bool = False,
    is_blocked: bool = False,
    is_unproved: bool = False,
) -> str:
    """Why this is set aside for a person to look at, in keys with commas between; nothing for nothing.

    `seconds` is how long the page had been open, if known.
    """
    found = {
        "honeypot": honeypot not in (None, ""),
        "too_fast": seconds is not None and seconds < MIN_SECONDS,
        "crawler": is_crawler,
        "disposable": is_disposable,
        "blocked": is_blocked,
        "unproved": is_unproved,
    }
    return ",".join(reason for reason, holds in found.items() if holds)


def utm_of(query: Mapping[str, Any]) -> dict[str, str]:
    """The campaign parameters and click ids of a link, cut to a storable length."""
    return touches.campaign(query)


def web_url(value: Any) -> str:
    """A page address told by a browser, or nothing when it is none."""
    if not isinstance(value, str):
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    return storable(value)[:500] if parts.scheme in {"http", "https"} and parts.netloc else ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a submission reached us; all of it is told by the sender and trusted for nothing."""

    client_id: str
    channel: str
    ip: str | None
    headers: Mapping[str, str]
    page_url: str = ""
    utm: Mapping[str, str] | None = None
    page_id: int | None = None  # the landing page of ours that the form stood on
    variant_id: int | None = None  # what A/B tests showed: of the form, and of the page
    page_variant_id: int | None = None


def least_of(value: object) -> int | None:
    """How many a range of people begins with: 51 for "51-200", 1000 for "1,000+"; None for no number."""
    found = re.search(r"\d[\d.,\u00a0 ]*", str(value)) if value is not None else None
    digits = re.sub(r"\D", "", found[0]) if found else ""
    return int(digits) if digits and 0 < int(digits) < 2**31 else None
