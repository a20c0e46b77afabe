"""The offer that a form gives to who sends it: one that still holds, and an address to send it to."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _t

from capture.blocks.asking import questions
from leadflow.blocks import documents
from leadflow.blocks.schema import Choices, Problem
from leadflow.kit import clock
from leadflow.offers.models import Offer

_CHOICES = 300


def offer_id(content: Mapping[str, Any]) -> int | None:
    """The offer that a form's document gives."""
    for block in documents.blocks(content):
        if block["type"] == "offer":
            told = str(block["props"].get("offer") or "")
            return int(told) if told.isdecimal() else None
    return None


def given_choices() -> Choices:
    """The offers that can be given; those that are over stay readable in old drafts."""
    at = clock.now()
    rows = Offer.objects.order_by("-created_at", "-pk")[:_CHOICES]
    return [("", _t("Choose an offer")), *((str(row.pk), _choice(row, at)) for row in rows)]


def _choice(row: Offer, at: Any) -> str:
    return row.name if row.can_come(at) else _t("%(name)s (over)") % {"name": row.name}


def giving_problems(content: Mapping[str, Any]) -> Iterator[Problem]:
    """Why nobody could be given it; that none is chosen the property itself says."""
    pk = offer_id(content)
    block = next((one for one in documents.blocks(content) if one["type"] == "offer"), None)
    if block is None:
        return
    path = f"{block['id']}.offer"
    offer = Offer.objects.filter(pk=pk).first() if pk else None
    if offer is not None and not offer.can_come(clock.now()):
        told = _t("“%(name)s” is over. Choose an offer that holds.") % {"name": offer.name}
        yield Problem(path, told, block["id"])
    if offer is not None and not offer.code and not offer.has_own_codes:
        told = _t("“%(name)s” has no code to give. Write one in the offer.") % {"name": offer.name}
        yield Problem(path, told, block["id"])
    if not any(one.type == "email" for one in questions(content)):
        yield Problem(path, _t("Add the email question: the code goes there."), block["id"])
