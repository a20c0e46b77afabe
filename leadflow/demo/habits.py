"""The marketer's habits in the demo: two automations with a log, and two sequences made of recipes."""

from datetime import datetime, timedelta
from typing import Any

from leadflow.models import Origin, Tag
from leadflow.people.models import User
from nurturing import rules
from nurturing.models import Automation, AutomationRun
from nurturing.services import documents, recipes, sequences
from nurturing.services.automations import editing, ticking

LARGE, STILL = "Qualified at a large company", "A large deal stands still"
AUTOMATIONS = (LARGE, STILL)
MISSED, NOT_THERE = "After a missed meeting", "Webinar: who missed it"
SEQUENCES = (MISSED, NOT_THERE)
_TAG = "large company"
_WATCHED = timedelta(days=6)  # since when somebody watches large deals


def make(by: User, at: datetime) -> None:
    """Sequences that wait for a missed meeting or event, and a rule about large companies."""
    for name, key in ((MISSED, "no-show"), (NOT_THERE, "webinar-missed")):
        document = _filled(recipes.SEQUENCES[key].document())
        sequence = sequences.create(name=name, document=document, by=by, at=at)
        sequences.publish(sequence, by=by, at=at)
    Tag.objects.get_or_create(name=_TAG)
    asks: list[dict[str, Any]] = [{"field": "company.size", "op": "at_least", "value": 250}]
    steps: list[dict[str, Any]] = [
        {"id": "large1", "type": "tag", "tag": _TAG, "remove": False},
        {"id": "large2", "type": "score_event", "event": "Qualified at a large company",
         "points": None},
    ]  # fmt: skip
    _publish(LARGE, {"kind": "qualified"}, asks, steps, by, at)


def tell(by: User, end: datetime) -> None:
    """For some days now large deals that stand still are told: what became still meanwhile has its to-do."""
    asks = [{"field": "deal.base_amount", "op": "at_least", "value": 200_000}]
    title = "Nothing for two weeks: move it on, or say why not"
    steps: list[dict[str, Any]] = [
        {"id": "still1", "type": "todo", "title": title, "due_days": 2, "kind": "todo"}
    ]
    trigger = {"kind": "deal_idle", "days": 14}
    _publish(STILL, trigger, asks, steps, by, end - _WATCHED)
    ticking.look_for_moments(at=end)


def _publish(
    name: str,
    trigger: dict[str, Any],
    asks: list[dict[str, Any]],
    steps: list[dict[str, Any]],
    by: User,
    at: datetime,
) -> Automation:
    document = {"trigger": trigger, "rule": {"all": asks}, "steps": steps}
    made = editing.create(name=name, document=document, by=by, at=at)
    editing.publish(made, by=by, at=at)
    return made


def _filled(document: dict[str, Any]) -> dict[str, Any]:
    """A recipe with its open ends filled: every link leads to a page of the demo."""

    def fill(step: rules.Step) -> dict[str, Any]:
        told = dict(step)
        for what in documents.open_ends(step) if step["type"] == "email" else ():
            path = what.removeprefix("your ").removeprefix("link to ").replace(" ", "-")
            told["body"] = told["body"].replace(f"[[{what}]]", f"https://www.example/{path}")
        return told

    return document | {"steps": rules.mapped(document["steps"], fill)}


def forget_log() -> None:
    """Take away what the automations of everybody did in the demo, before what it was done to."""
    AutomationRun.objects.filter(origin=Origin.DEMO).delete()


def remove() -> list[int]:
    """Take the automations away, and the tag that nobody wears; the rule sets that are left behind."""
    Tag.objects.filter(name=_TAG, leads=None).delete()
    ours = Automation.objects.filter(name__in=AUTOMATIONS, created_by__is_demo=True)
    left = list(ours.filter(runs=None).values_list("rule_set", flat=True))
    ours.filter(runs=None).delete()
    ours.update(state=Automation.State.ARCHIVED)  # what met records of hers keeps its log
    return left
