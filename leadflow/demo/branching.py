"""What the marketer has in mind for the sequence after the guide: a draft with two ways, not published."""

from datetime import datetime
from typing import Any

from leadflow.demo import letters
from leadflow.people.models import User
from leadflow.rulesets import selectors as rulesets
from nurturing.models import Sequence
from nurturing.services import drafting

_CALL = {
    "id": "guide7", "type": "todo", "title": "Call about the roof report", "due_days": 1,
    "kind": "call",
}  # fmt: skip


def think_again(by: User, at: datetime) -> None:
    """Whoever looked around after the second mail is called; the others read one more story."""
    sequence = Sequence.objects.get(name=letters.FOLLOW_UP)
    live = rulesets.current(sequence.rule_set)
    if live is None:
        return
    first, wait, second, longer, last = live.document["steps"]
    looked = {"event": {"kind": "page.viewed"}, "op": "at_least", "count": 2, "days": 7}
    asks: dict[str, Any] = {
        "id": "guide6",
        "type": "condition",
        "title": "Did they look around?",
        "rule": {"all": [looked]},
        "yes": [
            _CALL,
            {
                "id": "guide8",
                "type": "wait_until",
                "until": "todo",
                "step": "guide7",
                "most_days": 3,
            },
            letters.letter("guide9", "Two dates for a visit", "which of these days suits you?"),
        ],
        "no": [longer, last],
    }
    steps = [first, wait, second, asks]
    drafting.change(sequence, edit=lambda now: now | {"steps": steps}, by=by, at=at)
