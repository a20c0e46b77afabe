"""The document of a version of an automation, and what keeps it from being published.

{"trigger": {"kind": "stage_entered", "stage": "mql"}, "rule": <condition about the trigger's subject>,
 "steps": [{"id": "k3x9", "type": "tag", "tag": "hot", "remove": false},
           {"id": "p0q2", "type": "enrol", "sequence": 3}]}
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from leadflow.conditions import fields
from leadflow.conditions.language import Group, explain, parse
from leadflow.errors import Invalid
from leadflow.kit.ids import code
from leadflow.offers.models import Offer
from leadflow.segments.models import Segment
from nurturing.models import Sequence
from nurturing.services import acts
from nurturing.services.automations.triggers import TRIGGERS, Trigger

MOST_STEPS = 20
MOST_DAYS = 365
ENROL = "enrol"
Document = dict[str, Any]


def empty() -> Document:
    """What a new automation begins as."""
    return {"trigger": {"kind": "stage_entered"}, "rule": {"all": []}, "steps": []}


def new_step(kind: str) -> Document:
    """A step as it comes from the palette. Raises Invalid for a kind that there is not."""
    if kind == ENROL:
        return {"id": code(6), "type": ENROL, "sequence": None}
    return acts.new(kind)


def trigger_of(document: Mapping[str, Any]) -> Trigger:
    """What it waits for. Raises Invalid for a trigger that there is not."""
    try:
        return TRIGGERS[document["trigger"]["kind"]]
    except KeyError:
        raise Invalid(_("Choose when it begins.")) from None


def rule_of(document: Mapping[str, Any], *, check_values: bool = True) -> Group:
    """Its condition, about the record that the trigger is about. Raises Invalid for a bad one."""
    known = fields.catalogue(trigger_of(document).subject)
    return parse(document.get("rule") or {"all": []}, known, check_values=check_values)


def rule_words(document: Mapping[str, Any]) -> str:
    """Its condition in words; empty where everything passes, or where it asks about what is gone."""
    try:
        rule = rule_of(document, check_values=False)
        known = fields.catalogue(trigger_of(document).subject)
    except Invalid:
        return ""
    return explain(rule, known) if rule.items else ""


def step_words(step: Mapping[str, Any]) -> str:
    """What a step does, in a few words."""
    if step["type"] == ENROL:
        sequence = Sequence.objects.filter(pk=step.get("sequence") or 0).first()
        return _("Enrol in “%(name)s”") % {"name": sequence.name if sequence else "…"}
    return acts.words(step)


# --- What keeps it from being published -----------------------------------------------------------


def check(document: Mapping[str, Any]) -> None:
    """Raise Invalid with every named reason why this may not be published."""
    found: dict[str, list[str]] = {}
    for place, sentence in problems(document):
        found.setdefault(place, []).append(sentence)
    if found:
        first = next(iter(found.values()))[0]
        raise Invalid(_("This automation cannot be published yet. %(why)s") % {"why": first}, found)


def problems(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(place, sentence) of everything that is missing or wrong; a place is a step's id or a part."""
    try:
        trigger = trigger_of(document)
    except Invalid as error:
        yield "trigger", error.message
        return
    yield from (("trigger", said) for said in _trigger(trigger, document["trigger"]))
    try:
        rule_of(document)
    except Invalid as error:
        yield "rule", error.message
    yield from _steps(document, trigger)


def _trigger(trigger: Trigger, params: Mapping[str, Any]) -> Iterator[str]:
    if "days" in trigger.needs:
        days = params.get("days")
        if not isinstance(days, int) or not 1 <= days <= MOST_DAYS:
            yield _("Give between 1 and %(most)s days.") % {"most": MOST_DAYS}
    segment, offer = params.get("segment"), params.get("offer")
    if segment and not Segment.objects.living().filter(pk=segment).exists():
        yield _("The segment is gone. Choose another.")
    if offer and not Offer.objects.filter(pk=offer).exists():
        yield _("The offer is gone. Choose another.")


def _steps(document: Mapping[str, Any], trigger: Trigger) -> Iterator[tuple[str, str]]:
    steps = document.get("steps", [])
    if not steps:
        yield "steps", _("Add at least one step.")
    if len(steps) > MOST_STEPS:
        yield "steps", _("An automation has at most %(most)s steps.") % {"most": MOST_STEPS}
    for step in steps:
        for said in _enrol(step) if step["type"] == ENROL else acts.problems(step):
            yield str(step["id"]), said
        if trigger.subject == "company" and needs_person(step):
            yield str(step["id"]), _("This step needs a person, and a company is none.")


def needs_person(step: Mapping[str, Any]) -> bool:
    """Whether the step is done for people only."""
    return step["type"] == ENROL or step["type"] in acts.OF_PERSON


def _enrol(step: Mapping[str, Any]) -> Iterator[str]:
    sequence = Sequence.objects.living().filter(pk=step.get("sequence") or 0).first()
    if sequence is None:
        yield _("Choose the sequence.")
    elif not sequence.is_running:
        words = _("The sequence “%(name)s” does not run. Publish or resume it first.")
        yield words % {"name": sequence.name}
