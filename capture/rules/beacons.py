"""What the tracker of a site sends: read once, checked, and refused whole where it is none."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

from capture.rules import NotTakeable
from leadflow.kit import touches

MAX_BODY = 32_000
MAX_ACTS = 50
MAX_DATA = 20
MAX_SECONDS = 1_800.0  # of one page; who reads longer went for a coffee
MAX_AGE = timedelta(hours=24)
PRODUCT = "product.used"
KINDS = {
    "page.viewed", "page.engaged", "form.viewed", "form.started", "file.downloaded", PRODUCT,
}  # fmt: skip
# What goes to the person's own history as well; the rest only adds up.
TELLING = KINDS - {"page.engaged"}

_ID = re.compile(r"^[A-Za-z0-9_-]{8,32}$")
_VISITOR = re.compile(r"^[A-Za-z0-9_-]{20,40}$")
_NAME = re.compile(r"^[\w .:/-]{1,80}$")


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that was done."""

    id: str
    kind: str
    at: datetime
    label: str = ""
    topic: str = ""
    page: str = ""
    seconds: float | None = None
    value: Decimal | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    form: str = ""  # the public code of a form


@dataclass(frozen=True, slots=True)
class Beacon:
    """What one visit did since the last beacon. `visitor` is empty where nobody agreed to be known."""

    visitor: str
    visit: str
    landing: str
    referrer: str
    utm: Mapping[str, str]
    acts: tuple[Act, ...]


def read(body: bytes, *, at: datetime, own: Collection[str]) -> Beacon:
    """The beacon in a body; `own` are the hosts whose pages are no referrer.

    Raises NotTakeable for anything that the tracker does not send.
    """
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise NotTakeable("not JSON") from None
    if not isinstance(told, dict) or told.get("v") != 1:
        raise NotTakeable("not a beacon")
    acts = told.get("acts")
    if not isinstance(acts, list) or not 0 < len(acts) <= MAX_ACTS:
        raise NotTakeable("no acts, or too many")
    return Beacon(
        visitor=_visitor(told.get("who", "")),
        visit=_id(told.get("visit")),
        landing=touches.page(told.get("landing")),
        referrer=touches.referrer(told.get("ref"), own),
        utm=_utm(told.get("utm", {})),
        acts=tuple(_act(one, at) for one in acts),
    )


def visitor_key(told: Any) -> str:
    """The id of a browser as a form sends it along; nothing where it is none."""
    return told if isinstance(told, str) and _VISITOR.match(told) else ""


def _visitor(told: Any) -> str:
    if told == "":
        return ""
    if not (key := visitor_key(told)):
        raise NotTakeable("the visitor is no id")
    return key


def _id(told: Any) -> str:
    if not isinstance(told, str) or not _ID.match(told):
        raise NotTakeable("an id is none")
    return told


def _utm(told: Any) -> dict[str, str]:
    if not isinstance(told, dict) or len(told) > 50:
        raise NotTakeable("campaign parameters are no object")
    return touches.campaign(told)


def _act(told: Any, at: datetime) -> Act:
    kind = told.get("k") if isinstance(told, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise NotTakeable("an act of no known kind")
    name = touches.clean(told.get("n"), 80)
    if kind == PRODUCT and not _NAME.match(name):
        raise NotTakeable("a product event without a name")
    data = flat(told.get("p", {}))
    page = touches.page(told.get("u"))
    return Act(
        id=_id(told.get("i")),
        kind=kind,
        at=at - _age(told.get("a", 0)),
        label=name if kind == PRODUCT else touches.clean(told.get("t")) or name or page[:200],
        topic=(name if kind == PRODUCT else touches.clean(told.get("c"), 80)).lower(),
        page=page,
        seconds=_seconds(told.get("s")),
        value=worth(data.get("value")),
        data=data,
        form=touches.clean(told.get("f"), 16),
    )


def flat(told: Any) -> dict[str, Any]:
    """The properties of an event: names to short text, numbers, yes or no. NotTakeable for the rest."""
    if not isinstance(told, dict) or len(told) > MAX_DATA:
        raise NotTakeable("properties are a flat object of at most 20")
    kept: dict[str, Any] = {}
    for key, value in told.items():
        if isinstance(value, float) and not isfinite(value):
            raise NotTakeable("a number is not finite")
        if isinstance(value, str):
            kept[touches.clean(key, 60)] = touches.clean(value)
        elif value is None or isinstance(value, bool | int | float):
            kept[touches.clean(key, 60)] = value
        else:
            raise NotTakeable("a property is nested")
    return kept


def worth(told: Any) -> Decimal | None:
    """The money that an event is worth, where it tells a storable number."""
    if isinstance(told, bool) or not isinstance(told, int | float) or abs(told) >= 10**12:
        return None
    return Decimal(str(told)).quantize(Decimal("0.01"))


def _number(told: Any) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float) or not abs(told) < 10**15:
        raise NotTakeable("a number is none")
    return float(told)


def _age(told: Any) -> timedelta:
    return min(max(timedelta(milliseconds=_number(told)), timedelta()), MAX_AGE)


def _seconds(told: Any) -> float | None:
    return None if told is None else min(max(_number(told), 0.0), MAX_SECONDS)
