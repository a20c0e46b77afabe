"""What the gallery shows: every component, in the states that a page can put it into."""

from datetime import timedelta
from typing import Any

from leadflow.kit.clock import now


def gallery_context() -> dict[str, Any]:
    """Sample values for gallery.html; nothing here is read from the database."""
    return {
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
