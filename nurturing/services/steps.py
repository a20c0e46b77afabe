"""What each kind of step needs before it can be published, and what people call a step."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.conditions import fields
from leadflow.conditions.grammar import Type
from leadflow.conditions.language import parse
from leadflow.errors import Invalid
from nurturing import rules
from nurturing.rules import Placed, Step, Tree
from nurturing.services import acts
from nurturing.services.acts.wording import plain

TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
MOST_DAYS_OFF = 365  # how far before or after the day of a date field
MOST_DAYS_FOR_TODO = 90
WINS_BY = ("clicks", "replies", "goal")
MOST_HOURS_TO_WINNER = 24 * 90
LEAST_PEOPLE = 20  # fewer say nothing

LABELS = {
    "email": lazy("Mail"),
    "wait": lazy("Wait"),
    "wait_until": lazy("Wait until"),
    "todo": lazy("To-do"),
    "call": lazy("Call"),
    "condition": lazy("Condition"),
    "split": lazy("Split"),
    "set_field": lazy("Set a field"),
    "tag": lazy("Tag"),
    "list": lazy("List"),
    "score_event": lazy("Score"),
    "webhook": lazy("Webhook"),
    "text": lazy("Text message"),
    "notify": lazy("Notification"),
    "move_stage": lazy("Stage"),
    "goal": lazy("Goal"),
    "end": lazy("End"),
}
# Steps that only lead people elsewhere: a sequence of nothing but these does nothing.
_IDLE = frozenset({"wait", "wait_until", "condition", "split", "goal", "end"})


def label_of(step: Step) -> str:
    """What its kind is called."""
    kind = str(step.get("type", ""))
    if kind == "todo" and step.get("kind") == "call":
        kind = "call"
    return str(LABELS.get(kind, kind))


def step_name(step: Step) -> str:
    """What people call the step: its kind, and its subject or title where it has one."""
    told = step.get("subject") or step.get("title") or step.get("design_subject") or ""
    told = plain(str(told)).strip()
    if not told:
        return label_of(step)
    return _("%(kind)s “%(title)s”") % {"kind": label_of(step), "title": told[:60]}


def problems(steps: Sequence[Step]) -> Iterator[str]:
    """What is wrong with the tree as a whole."""
    found = list(rules.placed(steps))
    if all(one.step["type"] in _IDLE for one in found):
        yield _("Add at least one mail or to-do.")
    if len(found) > rules.MOST_STEPS:
        yield _("A sequence has at most %(most)s steps.") % {"most": rules.MOST_STEPS}
    if any(one.depth > rules.MOST_DEEP for one in found):
        sentence = _("Branches may stand in one another %(most)s deep at most.")
        yield sentence % {"most": rules.MOST_DEEP}
    ids = Counter(str(one.step["id"]) for one in found)
    if any(times > 1 for times in ids.values()):
        yield _("Two steps are the same one. Remove one of them and add it anew.")


def problems_of(one: Placed, tree: Tree) -> Iterator[str]:
    """What is missing or wrong in one step that is no mail."""
    kind = one.step["type"]
    if kind in acts.KINDS:
        yield from acts.problems(one.step)
    elif kind in _CHECKS:
        yield from _CHECKS[kind](one, tree)
    else:
        yield _("There is no such step.")


def _last(one: Placed, tree: Tree) -> Iterator[str]:
    if tree.follows_in_branch(str(one.step["id"])):
        yield _("What stands behind it is never reached.")


def _wait(one: Placed, tree: Tree) -> Iterator[str]:  # noqa: ARG001
    step = one.step
    unit, amount = step["unit"], step["amount"]
    if unit not in rules.UNITS:
        yield _("Choose minutes, hours, days or business days.")
    elif not _is_whole(amount, 1, rules.MOST_WAIT[unit]):
        yield _("Wait between 1 and %(most)s.") % {"most": rules.MOST_WAIT[unit]}
    if step.get("at") and not TIME.fullmatch(step["at"]):
        yield _("Write the time of day as 09:00.")


def _wait_until(one: Placed, tree: Tree) -> Iterator[str]:
    step = one.step
    match step.get("until"):
        case "hour":
            yield from _clock(step)
            if not step.get("days"):
                yield _("Choose at least one day.")
        case "date_field":
            yield from _clock(step)
            if step.get("field") not in date_fields():
                yield _("Choose the date to wait for.")
            if not _is_whole(step.get("days"), -MOST_DAYS_OFF, MOST_DAYS_OFF):
                yield _("Write how many days before or after that date, as a whole number.")
        case "todo":
            yield from _todo_before(one, tree)
        case _:
            yield _("Choose what to wait for.")


def _clock(step: Step) -> Iterator[str]:
    if not TIME.fullmatch(str(step.get("at", ""))):
        yield _("Write the time of day as 09:00.")


def _todo_before(one: Placed, tree: Tree) -> Iterator[str]:
    awaited = tree.places.get(str(one.step.get("step", "")))
    if awaited is None or awaited.step["type"] != "todo" or not tree.comes_before(awaited, one):
        yield _("Choose a to-do or call that comes before this step.")
    if not _is_whole(one.step.get("most_days"), 1, MOST_DAYS_FOR_TODO):
        yield _("Wait at most between 1 and %(most)s days.") % {"most": MOST_DAYS_FOR_TODO}


def date_fields() -> dict[str, str]:
    """The dates of a lead that a step can wait for: key and name."""
    found = fields.catalogue("lead").fields
    dates = (Type.DATE, Type.DATETIME)
    return {key: str(one.label) for key, one in found.items() if one.type in dates}


def _condition(one: Placed, tree: Tree) -> Iterator[str]:  # noqa: ARG001
    step = one.step
    rule = step.get("rule") or {"all": []}
    try:
        parse(rule, fields.catalogue("lead"))
    except Invalid as error:
        yield error.message
    if not any(rule.values()):
        yield _("Say what it asks.")
    if not any(inner for _way, inner in rules.branches(step)):
        yield _("Put a step on one of its two branches.")


def _split(one: Placed, tree: Tree) -> Iterator[str]:  # noqa: ARG001
    step = one.step
    ways: list[dict[str, Any]] = step.get("ways") or []
    if not rules.FEWEST_WAYS <= len(ways) <= rules.MOST_WAYS:
        yield _("A split has two to four ways.")
    elif not all(_is_whole(way.get("share"), 1, 99) for way in ways):
        yield _("Give each way a share of 1 to 99 %.")
    elif sum(way["share"] for way in ways) != 100:
        yield _("The shares of all ways have to make 100 % together.")
    if len({way["id"] for way in ways}) != len(ways):
        yield _("Two ways are the same one. Remove one of them and add it anew.")
    if not any(inner for _way, inner in rules.branches(step)):
        yield _("Put a step on one of its ways.")
    if step.get("winner"):
        yield from _winner(step["winner"])


def _winner(asked: dict[str, Any]) -> Iterator[str]:
    if asked.get("by") not in WINS_BY:
        yield _("Choose what the winner is found by.")
    if not _is_whole(asked.get("after_hours"), 1, MOST_HOURS_TO_WINNER):
        yield _("Look for a winner after 1 to %(most)s hours.") % {"most": MOST_HOURS_TO_WINNER}
    if not _is_whole(asked.get("least"), LEAST_PEOPLE, 1_000_000):
        yield _("Let at least %(least)s people go each way first.") % {"least": LEAST_PEOPLE}


def _is_whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


_CHECKS: dict[str, Callable[[Placed, Tree], Iterator[str]]] = {
    "wait": _wait,
    "wait_until": _wait_until,
    "condition": _condition,
    "split": _split,
    "goal": _last,
    "end": _last,
}
