"""The document of a sequence version: what may stand in it, and what keeps it from being published.

{"trigger": {"kind": "form", "ref": 3}, "goal": <condition>, "exits": {"reply": true, …},
 "again": {"policy": "never"}, "window": {"days": [0, 1, 2, 3, 4], "opens": "08:00", "closes": "18:00"},
 "steps": [{"id": "k3x9", "type": "email", "subject": "…", "body": "…", "sender": null},
           {"id": "p0q2", "type": "wait", "amount": 2, "unit": "business_days", "at": ""},
           {"id": "c1c1", "type": "condition", "title": "", "rule": <condition>,
            "yes": [{"id": "z7m1", "type": "todo", "title": "Call", "due_days": 1}], "no": []}]}

A version that was published before a key was known lacks it for good: whoever reads one gives a default.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.conditions import fields
from leadflow.conditions.language import parse
from leadflow.errors import Invalid
from leadflow.kit.ids import code
from leadflow.mail.design import services as designs
from leadflow.mail.merge import MergeError, compile_template
from leadflow.mail.merge_fields import of_mails
from leadflow.mail.models import SenderIdentity
from leadflow.models import Organisation
from leadflow.segments.models import Segment
from nurturing import rules
from nurturing.models import MailPolicy
from nurturing.services import acts, offering, steps
from nurturing.services.steps import step_name

# What is told by facts alone, in words; `form` and `segment` also name which.
BY_FACT = {
    "cooled": lazy("The score falls under the threshold"),
    "recycled": lazy("Sales sends the lead back"),
    "deal_lost": lazy("A deal with somebody is lost"),
    "customer_won": lazy("Somebody becomes a customer"),
    "meeting_missed": lazy("Somebody misses a meeting"),
    "event_registered": lazy("Somebody registers for an event"),
    "event_attended": lazy("Somebody attends an event"),
    "event_missed": lazy("Somebody misses an event"),
    "trial_begun": lazy("Somebody begins a trial"),
}
TRIGGERS = ("form", "segment", *BY_FACT, "manual")
REFERRING = ("form", "segment")
_OPEN = re.compile(r"\[\[([^\[\]\n]{1,80})\]\]")
EXITS = ("reply", "owner", "deal", "customer", "meeting", "stage", "left_segment")
SALES = "sales"  # the kind of a sequence that is sent as the owner of each lead
AGAIN = ("never", "after", "always")
COUNT_OPENS = {"yes": True, "no": False}
MOST_HELD_BACK = 20  # per cent
MOST_DAYS_INSIDE = 3_650


Document = dict[str, Any]


def empty() -> Document:
    """What a new sequence begins as: one mail, started by hand."""
    return {
        "trigger": {"kind": "manual", "ref": None},
        "goal": {"all": []},
        "exits": {
            "reply": True, "owner": True, "deal": True, "customer": True, "meeting": False, "stage": False,
            "left_segment": False,
        },
        "again": {"policy": "never", "days": 90, "segment": False},
        "window": MailPolicy.current().window,
        "count_opens": "",
        "holdout": 0,
        "max_days": 0,
        "suppress": [],
        "purpose": "marketing",
        "kind": "marketing",
        "steps": [],
    }  # fmt: skip


# What each kind of step begins as.
_NEW: dict[str, Document] = {
    "email": {"subject": "", "preheader": "", "body": "", "sender": None, "design": None,
              "offer": None, "manual": False},
    "wait": {"amount": 2, "unit": "days", "at": ""},
    "wait_until": {"until": "hour", "at": "09:00", "days": [0, 1, 2, 3, 4]},
    "condition": {"title": "", "rule": {"all": []}, "yes": [], "no": []},
    "split": {"title": "", "ways": [], "winner": None},
    "goal": {},
    "end": {},
}  # fmt: skip


def new_step(kind: str) -> Document:
    """A step as it comes from the palette. Raises Invalid for a kind that there is not."""
    if kind not in _NEW:
        return acts.new(kind)
    step: Document = {"id": code(6), "type": kind, **deepcopy(_NEW[kind])}
    if kind == "split":
        step["ways"] = [{"id": code(6), "share": 50, "steps": []} for _way in range(2)]
    return step


def trigger_of(document: Mapping[str, Any]) -> str:
    """The trigger as facts are compared with it; empty for by hand only."""
    trigger = document["trigger"]
    if trigger["kind"] in REFERRING:
        return f"{trigger['kind']}:{trigger['ref']}"
    return "" if trigger["kind"] == "manual" else str(trigger["kind"])


def is_sales(document: Mapping[str, Any]) -> bool:
    """Whether it is sent as the owner of each lead."""
    return document.get("kind") == SALES


def purpose_of(document: Mapping[str, Any]) -> str:
    """What its marketing mail is for: only who agreed to mail for that gets it."""
    return str(document.get("purpose") or "marketing")


def counts_opens(document: Mapping[str, Any]) -> bool | None:
    """Whether opens of its mails are counted; None is as the organisation wants it."""
    return COUNT_OPENS.get(document.get("count_opens") or "")


def holdout_of(document: Mapping[str, Any]) -> int:
    """How many of a hundred people it holds back to see its effect."""
    return int(document.get("holdout") or 0)


def lasts(document: Mapping[str, Any]) -> timedelta | None:
    """How long somebody stays in it at most; None where that has no end."""
    days = int(document.get("max_days") or 0)
    return timedelta(days=days) if days else None


def kept_out_by(document: Mapping[str, Any]) -> list[int]:
    """The ids of the segments whose people it does not write to."""
    return [int(pk) for pk in document.get("suppress") or []]


def window_of(document: Mapping[str, Any]) -> rules.Window:
    """When its mails may arrive."""
    given = document["window"]
    return rules.Window(tuple(given["days"]), given["opens"], given["closes"])


def compiled(document: Document) -> Document:
    """The document with each template's program beside it, so that a field which is renamed later
    cannot stop a mail; a template that does not compile has none, and cannot be published."""
    paths = of_mails()
    steps = rules.mapped(document["steps"], partial(_with_programs, paths=paths))
    return document | {"steps": steps}


_MADE = ("programs", "design_subject")  # by compiling


def _with_programs(step: Mapping[str, Any], paths: list[str]) -> Document:
    kept = {key: value for key, value in step.items() if key not in _MADE}
    if step["type"] != "email":
        return kept
    version = designs.live_of(step.get("design"))
    programs = programs_of(
        step["subject"],
        step["body"],
        paths,
        preheader=step.get("preheader", ""),
        design=step.get("design"),
    )
    if version is not None:  # what the mail is called where it has no subject of its own
        kept["design_subject"] = version.content["settings"]["subject"]
    return kept | {"programs": programs} if programs else kept


def programs_of(
    subject: str,
    body: str,
    paths: Collection[str] | None = None,
    *,
    preheader: str = "",
    design: int | None = None,
) -> Document:
    """The templates of a mail as programs; none where one of them does not compile, or where its design
    was never published. What a step says itself goes before what its design proposes."""
    version = designs.live_of(design) if design else None
    if design and version is None:
        return {}
    known = of_mails() if paths is None else paths
    own = {"subject": subject, "preheader": preheader}
    if version is None:
        own["body"] = body
    try:
        said = {
            part: compile_template(source, known).program
            for part, source in own.items()
            if version is None or source.strip()
        }
    except MergeError:
        return {}
    return said if version is None else {**version.programs, **said, "design": version.pk}


# --- What keeps it from being published -----------------------------------------------------------


def check(document: Mapping[str, Any]) -> None:
    """Raise Invalid with every named reason why this may not be published."""
    found: dict[str, list[str]] = {}
    for place, sentence in named_problems(document):
        found.setdefault(place, []).append(sentence)
    if found:
        first = next(iter(found.values()))[0]
        raise Invalid(_("This sequence cannot be published yet. %(why)s") % {"why": first}, found)


def problems(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(place, sentence) of everything that is missing or wrong; a place is a step's id or a part."""
    yield from legal_problems()
    yield from _shape(document)
    tree = rules.Tree(document.get("steps", []))
    for one in rules.placed(tree.steps):
        yield from ((str(one.step["id"]), sentence) for sentence in _step(one, tree))


def named_problems(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The same, each sentence beginning with the step that it is about."""
    names = {
        str(step["id"]): step_name(step) for step in rules.all_steps(document.get("steps", []))
    }
    for place, sentence in problems(document):
        named = _("%(step)s: %(problem)s") % {"step": names.get(place, ""), "problem": sentence}
        yield place, named if place in names else sentence


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
    yield from (("steps", sentence) for sentence in steps.problems(document.get("steps", [])))
    yield from _trigger(document)
    try:
        parse(document.get("goal"), fields.catalogue("lead"))
    except Invalid as error:
        yield "goal", error.message
    yield from _window(document["window"])
    yield from _bounds(document)


def _bounds(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    held, days = document.get("holdout") or 0, document.get("max_days") or 0
    if not isinstance(held, int) or not 0 <= held <= MOST_HELD_BACK:
        yield "holdout", _("Hold back between 0 and %(most)s %%.") % {"most": MOST_HELD_BACK}
    if not isinstance(days, int) or not 0 <= days <= MOST_DAYS_INSIDE:
        sentence = _("Let people stay between 1 and %(most)s days, or 0 for as long as it takes.")
        yield "max_days", sentence % {"most": MOST_DAYS_INSIDE}
    wanted = set(kept_out_by(document))
    if wanted and Segment.objects.living().filter(pk__in=wanted).count() < len(wanted):
        yield "suppress", _("A segment that is kept out is gone. Choose others.")


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
    steps = rules.all_steps(document.get("steps", []))
    if document["exits"].get("stage") and any(step["type"] == "move_stage" for step in steps):
        yield "exits", _("A step moves people to a stage, which would end the sequence for them.")


def _window(window: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not window["days"]:
        yield "window", _("Choose at least one day on which mails may leave.")
    times = [window["opens"], window["closes"]]
    if not all(steps.TIME.fullmatch(one) for one in times) or times[0] >= times[1]:
        yield "window", _("The sending hours have to end after they begin.")


def _step(one: rules.Placed, tree: rules.Tree) -> Iterator[str]:
    match one.step["type"]:
        case "email":
            yield from email_problems(one.step)
        case _:
            yield from steps.problems_of(one, tree)


def email_problems(step: Mapping[str, Any]) -> Iterator[str]:
    """What is missing or wrong in a mail: subject, message, fields, design, sender."""
    if step.get("design"):
        yield from _design_problems(step)
    else:
        if not step["subject"].strip():
            yield _("Write a subject.")
        if not step["body"].strip():
            yield _("Write the message.")
    yield from (
        _("Fill in what stands in double brackets: %(what)s.") % {"what": what}
        for what in open_ends(step)
    )
    yield from template_problems(step)
    yield from offer_problems(step)
    sender = step.get("sender")
    if sender:
        verified = SenderIdentity.objects.filter(pk=sender, verified_at__isnull=False)
        if not verified.exists():
            yield _("Verify this sender with a test mail first.")


def offer_problems(step: Mapping[str, Any]) -> Iterator[str]:
    """What is missing or wrong where a mail names an offer."""
    yield from offering.problems(step, _programs_as_written(step))


def _programs_as_written(step: Mapping[str, Any]) -> Document:
    """What may name an offer, read; nothing is compiled for a mail that does not."""
    said = f"{step['subject']}{step['body']}{step.get('preheader', '')}"
    if not step.get("design") and "offer." not in said:
        return {}
    return programs_of(
        step["subject"],
        step["body"],
        preheader=step.get("preheader", ""),
        design=step.get("design"),
    )


def open_ends(step: Mapping[str, Any]) -> list[str]:
    """What a recipe left for its writer to fill in: “[[your booking link]]”."""
    said = "\n".join(str(step.get(part) or "") for part in ("subject", "preheader", "body"))
    return list(dict.fromkeys(_OPEN.findall(said)))


def _design_problems(step: Mapping[str, Any]) -> Iterator[str]:
    version = designs.live_of(step["design"])
    if version is None:
        yield _("Publish the design of this mail first, or choose another.")
    elif not step["subject"].strip() and not version.content["settings"]["subject"].strip():
        yield _("Write a subject.")


def template_problems(step: Mapping[str, Any]) -> Iterator[str]:
    """What the merge language says about a mail's subject, preview text and body."""
    labels = {"subject": _("Subject"), "preheader": _("Preview text"), "body": _("Message")}
    for part, said in refused_words(step).items():
        yield from (f"{labels[part]}: {one}" for one in said)


def refused_words(step: Mapping[str, Any]) -> dict[str, list[str]]:
    """What the merge language refuses of a mail, by its part; a design has words of its own."""
    parts = ("subject", "preheader") if step.get("design") else ("subject", "preheader", "body")
    found: dict[str, list[str]] = {}
    for part in parts:
        try:
            compile_template(step.get(part, ""), of_mails())
        except MergeError as error:
            found[part] = [error.message]
    return found
