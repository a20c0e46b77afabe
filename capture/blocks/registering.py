"""The event that a form registers for: one that is still to come, and an address to write to."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _t

from capture.blocks.asking import questions
from capture.models import Occasion
from leadflow.blocks import documents
from leadflow.blocks.schema import Choices, Problem
from leadflow.kit import clock

_CHOICES = 300  # of the newest events, in the editor


def occasion_id(content: Mapping[str, Any]) -> int | None:
    """The event that a form's document registers for."""
    for block in documents.blocks(content):
        if block["type"] == "occasion":
            told = str(block["props"].get("occasion") or "")
            return int(told) if told.isdecimal() else None
    return None


def registering(content: documents.Content, occasion: Occasion | None) -> documents.Content:
    """The document with its event chosen, where it has a block for one."""
    for block in documents.blocks(content):
        if block["type"] == "occasion" and occasion is not None:
            block["props"]["occasion"] = str(occasion.pk)
    return content


def occasion_choices() -> Choices:
    """The events that a form may register for; those that are over stay readable in old drafts."""
    at = clock.now()
    rows = Occasion.objects.order_by("-starts_at", "-pk")[:_CHOICES]
    return [("", _t("Choose an event")), *((str(row.pk), _choice(row, at)) for row in rows)]


def _choice(row: Occasion, at: datetime) -> str:
    label = f"{row.title}, {date_format(row.starts_here, 'j M Y, H:i')}"
    state = row.state_at(at)
    if state in (Occasion.State.OVER, Occasion.State.CANCELLED):
        return f"{label} ({str(state.label).lower()})"
    return label


def occasion_problems(content: Mapping[str, Any]) -> Iterator[Problem]:
    """Why nobody could register by this form; that none is chosen the property itself says."""
    for block in documents.blocks(content):
        if block["type"] != "occasion":
            continue
        why = _why_not(str(block["props"].get("occasion") or ""))
        if why:
            yield Problem(f"{block['id']}.occasion", why, block["id"])
        if not any(one.type == "email" for one in questions(content)):
            told = _t("Add the email question: the confirmation and the reminders go there.")
            yield Problem(f"{block['id']}.occasion", told, block["id"])


def _why_not(key: str) -> str:
    found = Occasion.objects.filter(pk=int(key)).first() if key.isdecimal() else None
    if found is None:
        return ""
    words = {"title": found.title}
    if found.cancelled_at is not None:
        return _t("“%(title)s” was cancelled. Choose another event.") % words
    if found.starts_at <= clock.now():
        return _t("“%(title)s” is over, or has begun. Choose an event to come.") % words
    return ""
