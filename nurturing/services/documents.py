"""The document of a sequence version: what may stand in it, and what keeps it from being published.

{"trigger": {"kind": "form", "ref": 3}, "goal": <condition>, "exits": {"reply": true, …},
 "again": {"policy": "never"}, "window": {"days": [0, 1, 2, 3, 4], "opens": "08:00", "closes": "18:00"},
 "steps": [{"id": "k3x9", "type": "email", "subject": "…", "body": "…", "sender": null},
           {"id": "p0q2", "type": "wait", "amount": 2, "unit": "business_days", "at": ""},
           {"id": "z7m1", "type": "todo", "title": "Call", "due_days": 1}]}
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from leadflow.conditions import fields
from leadflow.conditions.language import parse
from leadflow.errors import Invalid
from leadflow.kit.ids import code
from leadflow.mail.merge import MergeError, compile_template
from leadflow.mail.merge_fields import catalogue
from leadflow.mail.models import SenderIdentity
from leadflow.models import Organisation
from leadflow.segments.models import Segment
from nurturing import rules

TRIGGERS = ("form", "segment", "cooled", "recycled", "manual")
REFERRING = ("form", "segment")
EXITS = ("reply", "owner", "deal", "customer", "left_segment")
AGAIN = ("never", "after", "always")
MOST_STEPS = 50
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")

Document = dict[str, Any]


def empty() -> Document:
    """What a new sequence begins as: one mail, started by hand."""
    return {
        "trigger": {"kind": "manual", "ref": None},
        "goal": {"all": []},
        "exits": {"reply": True, "owner": True, "deal": True, "customer": True, "left_segment": False},
        "again": {"policy": "never", "days": 90},
        "window": {"days": [0, 1, 2, 3, 4], "opens": "08:00", "closes": "18:00"},
        "steps": [],
    }  # fmt: skip


def new_step(kind: str) -> Document:
    """A step as it comes from the palette. Raises Invalid for a kind that there is not."""
    step: Document = {"id": code(6), "type": kind}
    match kind:
        case "email":
            return step | {"subject": "", "body": "", "sender": None}
        case "wait":
            return step | {"amount": 2, "unit": "days", "at": ""}
        case "todo":
            return step | {"title": "", "due_days": 1}
    raise Invalid(_("There is no such step."))


def trigger_of(document: Mapping[str, Any]) -> str:
    """The trigger as facts are compared with it; empty for by hand only."""
    trigger = document["trigger"]
    if trigger["kind"] in REFERRING:
        return f"{trigger['kind']}:{trigger['ref']}"
    return "" if trigger["kind"] == "manual" else str(trigger["kind"])


def window_of(document: Mapping[str, Any]) -> rules.Window:
    """When its mails may arrive."""
    given = document["window"]
    return rules.Window(tuple(given["days"]), given["opens"], given["closes"])


def compiled(document: Document) -> Document:
    """The document with each template's program beside it, so that a field which is renamed later
    cannot stop a mail; a template that does not compile has none, and cannot be published."""
    paths = catalogue()
    steps = [_with_programs(step, paths) for step in document["steps"]]
    return document | {"steps": steps}


def _with_programs(step: Mapping[str, Any], paths: list[str]) -> Document:
    kept = {key: value for key, value in step.items() if key != "programs"}
    if step["type"] != "email":
        return kept
    programs = programs_of(step["subject"], step["body"], paths)
    return kept | {"programs": programs} if programs else kept


def programs_of(subject: str, body: str, paths: Collection[str] | None = None) -> Document:
    """The templates of a mail as programs; none where one of them does not compile."""
    known = catalogue() if paths is None else paths
    try:
        return {
            part: compile_template(source, known).program
            for part, source in (("subject", subject), ("body", body))
        }
    except MergeError:
        return {}


# --- What keeps it from being published -----------------------------------------------------------


def check(document: Mapping[str, Any]) -> None:
    """Raise Invalid with every named reason why this may not be published."""
    found: dict[str, list[str]] = {}
    for place, sentence in problems(document):
        found.setdefault(place, []).append(sentence)
    if found:
        first = next(iter(found.values()))[0]
        raise Invalid(_("This sequence cannot be published yet. %(why)s") % {"why": first}, found)


def problems(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(place, sentence) of everything that is missing or wrong; a place is a step's id or a part."""
    yield from legal_problems()
    yield from _shape(document)
    for step in document.get("steps", []):
        yield from ((str(step["id"]), sentence) for sentence in _step(step))


def legal_problems() -> Iterator[tuple[str, str]]:
    """What the law asks of marketing mail and is not there."""
    organisation = Organisation.current()
    if not organisation.postal_address.strip():
        yield (
            "law",
            _(
                "Marketing mail has to name your postal address. Fill it in under Settings, Organisation."
            ),
        )
    if not settings.PUBLIC_BASE_URL:
        yield "law", _("The link to unsubscribe needs the public address of this installation.")


def _shape(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    steps = document.get("steps", [])
    if not any(step["type"] != "wait" for step in steps):
        yield "steps", _("Add at least one mail or to-do.")
    if len(steps) > MOST_STEPS:
        yield "steps", _("A sequence has at most %(most)s steps.") % {"most": MOST_STEPS}
    yield from _trigger(document)
    try:
        parse(document.get("goal"), fields.catalogue("lead"))
    except Invalid as error:
        yield "goal", error.message
    yield from _window(document["window"])


def _trigger(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    kind, ref = document["trigger"]["kind"], document["trigger"].get("ref")
    if kind not in TRIGGERS:
        yield "trigger", _("Choose who enters.")
    elif kind in REFERRING and not ref:
        yield "trigger", _("Choose the form or the segment that people enter by.")
    elif kind == "segment" and ref and not Segment.objects.living().filter(pk=ref).exists():
        yield "trigger", _("The segment is gone. Choose another.")
    if document["exits"].get("left_segment") and kind != "segment":
        yield "exits", _("Only people who enter by a segment can be stopped when they leave it.")


def _window(window: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not window["days"]:
        yield "window", _("Choose at least one day on which mails may leave.")
    times = [window["opens"], window["closes"]]
    if not all(_TIME.fullmatch(one) for one in times) or times[0] >= times[1]:
        yield "window", _("The sending hours have to end after they begin.")


def _step(step: Mapping[str, Any]) -> Iterator[str]:
    match step["type"]:
        case "email":
            yield from email_problems(step)
        case "wait":
            yield from _wait(step)
        case "todo":
            if not step["title"].strip():
                yield _("Say what is to be done.")


def email_problems(step: Mapping[str, Any]) -> Iterator[str]:
    """What is missing or wrong in a mail: subject, message, fields, sender."""
    if not step["subject"].strip():
        yield _("Write a subject.")
    if not step["body"].strip():
        yield _("Write the message.")
    yield from template_problems(step)
    sender = step.get("sender")
    if sender:
        verified = SenderIdentity.objects.filter(pk=sender, verified_at__isnull=False)
        if not verified.exists():
            yield _("Verify this sender with a test mail first.")


def template_problems(step: Mapping[str, Any]) -> Iterator[str]:
    """What the merge language says about a mail's subject and body."""
    for part, label in (("subject", _("Subject")), ("body", _("Message"))):
        try:
            compile_template(step[part], catalogue())
        except MergeError as error:
            yield f"{label}: {error.message}"


def _wait(step: Mapping[str, Any]) -> Iterator[str]:
    unit, amount = step["unit"], step["amount"]
    if unit not in rules.UNITS:
        yield _("Choose minutes, hours, days or business days.")
    elif not isinstance(amount, int) or not 1 <= amount <= rules.MOST_WAIT[unit]:
        yield _("Wait between 1 and %(most)s.") % {"most": rules.MOST_WAIT[unit]}
    if step.get("at") and not _TIME.fullmatch(step["at"]):
        yield _("Write the time of day as 09:00.")
