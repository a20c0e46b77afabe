"""What we know of a visitor who came by a link of her own, question by question."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from capture.blocks.asking import Question
from capture.models import Form
from leadflow.kit import clock, tokens
from leadflow.models import Lead, LeadAnswer

PURPOSE = "known.v1"
_NEVER = frozenset({"consent", "file", "hidden", "url_param", "calculation"})


def lead_of(form: Form, token: Any, *, at: datetime | None = None) -> Lead | None:
    """Whose link this is, while it lasts; None for any other text, form or time."""
    told = str(token) if isinstance(token, str) and len(token) < 120 else ""
    parts = (tokens.read(settings.SECRET_KEY, PURPOSE, told) or "").split("-")
    if len(parts) != 3 or parts[0] != form.public_id or not all(p.isdigit() for p in parts[1:]):
        return None
    if (at or clock.now()).timestamp() > int(parts[2]):
        return None
    return Lead.objects.filter(pk=int(parts[1]), merged_into=None).select_related("company").first()


def values(lead: Lead, asked: Iterable[Question]) -> dict[str, Any]:
    """Her answers as a browser would post them, by name: fields of the lead, else her latest answers."""
    told = LeadAnswer.objects.filter(lead=lead).order_by("answered_at", "pk")
    latest = dict(told.values_list("key", "value"))
    found = {one.name: _value(lead, one, latest) for one in asked if one.type not in _NEVER}
    return {key: value for key, value in found.items() if value not in (None, "", [])}


def _value(lead: Lead, question: Question, latest: Mapping[str, Any]) -> Any:
    target = {"email": "email", "phone": "phone"}.get(question.type, question.save_to)
    if target == "company_name":
        return lead.company.name if lead.company else None
    if target == "full_name":
        return " ".join(part for part in (lead.first_name, lead.last_name) if part)
    if target.startswith("custom."):
        return (lead.custom or {}).get(target.removeprefix("custom."))
    known = getattr(lead, target, None) if target else latest.get(question.name)
    return known if known not in (None, "") else latest.get(question.name)


def not_asked(form: Form, asked: Iterable[Question], known: Mapping[str, Any]) -> set[str]:
    """The questions that a known visitor is spared: what we know, and what is beyond the next few."""
    most = int(form.live_version.content["settings"].get("asks_at_most") or 0)
    spared, new = set(), 0
    for one in asked:
        if one.type in _NEVER or one.props.get("ask_again"):
            continue
        if one.name in known:
            spared.add(one.name)
        elif most and not one.props.get("is_required"):
            new += 1
            if new > most:
                spared.add(one.name)
    return spared
