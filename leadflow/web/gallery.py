"""What the gallery shows: every component, in the states that a page can put it into."""

from datetime import timedelta
from typing import Any

from django import forms

from leadflow.kit.clock import now
from leadflow.web.rules import ConditionField

RULE = {
    "all": [
        {"field": "lead.country", "op": "is_any_of", "value": ["DE", "AT"]},
        {"event": {"kind": "page.viewed"}, "op": "at_least", "count": 3, "days": 30},
        {
            "any": [
                {"field": "score.grade", "op": "at_least", "value": "B"},
                {"field": "lead.last_activity_at", "op": "is_not_set"},
            ]
        },
    ]
}


class RuleExample(forms.Form):
    """The rule builder as any form has it."""

    rule = ConditionField("lead")


def gallery_context() -> dict[str, Any]:
    """Sample values for gallery.html; only the rule builder reads the database."""
    return {
        "rule_form": RuleExample(initial={"rule": RULE}),
        "soon": now() + timedelta(minutes=7),
        "earlier": now() - timedelta(hours=30),
        "steps": [
            {"label": "Lead", "state": "done", "when": "29 Oct"},
            {"label": "MQL", "state": "done", "when": "today 09:06"},
            {"label": "Accepted", "state": "now", "when": "today 09:12"},
            {"label": "SQL", "state": "later"},
            {"label": "Deal", "state": "later"},
            {"label": "Customer", "state": "later"},
        ],
        "bars": [
            {"label": "Calls", "value": 4, "text": "4 of 15"},
            {"label": "Mails answered", "value": 12, "text": "12 of 15"},
            {"label": "Meetings", "value": 0, "text": "0 of 2"},
        ],
    }
