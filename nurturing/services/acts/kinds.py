"""Which effects there are, how each begins, and what it may touch."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from leadflow.conditions import fields
from leadflow.conditions.core_fields import engagements
from leadflow.conditions.grammar import EventKind, Field, Type
from leadflow.errors import Invalid
from leadflow.kit.ids import code
from leadflow.models import LeadStage
from leadflow.services.leads.fields import EDITABLE

# The keys of each kind, with what a new one begins as.
BEGINS: Mapping[str, Mapping[str, Any]] = {
    "todo": {"title": "", "due_days": 1, "kind": "todo"},
    "set_field": {"field": "", "value": ""},
    "tag": {"tag": "", "remove": False},
    "list": {"segment": None, "remove": False},
    "score_event": {"event": "", "points": None},
    "webhook": {"endpoint": None},
    "notify": {"whom": "owner", "words": ""},
    "text": {"channel": "sms", "words": ""},
    "move_stage": {"stage": ""},
}
KINDS = tuple(BEGINS)
# Without a person there is nothing to change.
OF_PERSON = frozenset({"set_field", "tag", "list", "score_event", "move_stage", "text"})
# Addresses are identities and stay with people; the company has its own page.
SETTABLE = EDITABLE - {"email", "phone", "company", "social", "birth_year"}
# Deals and customers follow from deals, never from a step.
MOVABLE_STAGES = (LeadStage.LEAD, LeadStage.MQL, LeadStage.SAL, LeadStage.SQL)
SIGNAL = "signal.given"  # the kind of engagement that a score event is


def new(kind: str) -> dict[str, Any]:
    """An effect as it comes from the palette. Raises Invalid for a kind that there is not."""
    if kind not in BEGINS:
        raise Invalid(_("There is no such step."))
    return {"id": code(6), "type": kind, **BEGINS[kind]}


def install() -> None:
    """Let rules and score models ask for score events; called once by apps.py."""
    told = (
        Field("label", _("What"), Type.TEXT, sql="label"),
        Field("value", _("Points"), Type.NUMBER, sql="value"),
    )
    fields.register_events(
        EventKind(SIGNAL, _("Got a score event from a step"), told, engagements(SIGNAL))
    )
