"""What can be put into a sequence: the buttons of the palette, in their groups."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from nurturing.services import documents


@dataclass(frozen=True)
class Starter:
    """One button of the palette: a kind of step and what it begins with."""

    key: str
    label: Promise | str
    icon: str
    kind: str
    fields: Mapping[str, Any] = field(default_factory=dict)


def _is(
    key: str, label: Promise, icon: str, kind: str = "", fields: Mapping[str, Any] | None = None
) -> Starter:
    return Starter(key, label, icon, kind or key, fields or {})


_OFFICE_DAYS = [0, 1, 2, 3, 4]
PALETTE: list[tuple[Promise, list[Starter]]] = [
    (
        lazy("Mails"),
        [
            _is("email", lazy("Email"), "mail"),
            _is("manual", lazy("Email that the owner sends"), "mail-forward", "email", {"manual": True}),
        ],
    ),
    (
        lazy("Waits"),
        [
            _is("wait", lazy("Wait"), "clock"),
            _is("hour", lazy("Wait until an hour"), "calendar-time", "wait_until", {"until": "hour", "at": "09:00", "days": _OFFICE_DAYS}),
            _is("date", lazy("Wait until a date of theirs"), "calendar-due", "wait_until", {"until": "date_field", "field": "", "days": 0, "at": "09:00"}),
            _is("done", lazy("Wait until a to-do is done"), "hourglass", "wait_until", {"until": "todo", "step": "", "most_days": 3}),
        ],
    ),
    (
        lazy("Paths"),
        [
            _is("condition", lazy("Yes or no"), "arrows-split"),
            _is("split", lazy("Split"), "percentage"),
        ],
    ),
    (
        lazy("People"),
        [
            _is("todo", lazy("To-do"), "checkbox"),
            _is("call", lazy("Call"), "phone", "todo", {"kind": "call"}),
            _is("notify", lazy("Tell somebody"), "bell"),
        ],
    ),
    (
        lazy("Data"),
        [
            _is("set_field", lazy("Set a field"), "edit"),
            _is("tag", lazy("Tag"), "tag"),
            _is("list", lazy("List"), "list-details"),
            _is("score_event", lazy("Score event"), "gauge"),
            _is("move_stage", lazy("Stage"), "stairs"),
        ],
    ),
    (
        lazy("Out"),
        [
            _is("text", lazy("Text message"), "device-mobile"),
            _is("webhook", lazy("Webhook"), "webhook"),
        ],
    ),
    (
        lazy("End"),
        [
            _is("goal", lazy("Goal reached"), "target"),
            _is("end", lazy("End here"), "flag"),
        ],
    ),
]  # fmt: skip
STARTERS = {one.key: one for _group, some in PALETTE for one in some}


def starter_of(step: Mapping[str, Any]) -> Starter:
    """The button of the palette that a step is like."""
    kind = step["type"]
    if kind == "todo" and step.get("kind") == "call":
        return STARTERS["call"]
    if kind == "email" and step.get("manual"):
        return STARTERS["manual"]
    if kind == "wait_until":
        keys = {"date_field": "date", "todo": "done"}
        return STARTERS[keys.get(step.get("until", ""), "hour")]
    return STARTERS[kind]


def new_step(key: str) -> dict[str, Any]:
    """A step as the button makes it. Raises Invalid for one that there is not."""
    starter = STARTERS.get(key)
    step = documents.new_step(starter.kind if starter else key)
    if starter is None or not starter.fields:
        return step
    if starter.kind == "wait_until":
        step = {"id": step["id"], "type": "wait_until"}
    return step | dict(starter.fields)
