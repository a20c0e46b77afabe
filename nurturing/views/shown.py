"""How steps and sequences read on the screen."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadflow.conditions import fields
from leadflow.conditions.language import explain, parse
from leadflow.errors import Invalid
from leadflow.mail.merge_fields import offered
from leadflow.web.forms import StaffForm
from nurturing import selectors
from nurturing.services import documents

_FIELD = re.compile(r"\{\{\s*([\w.]+)[^{}]*\}\}")
PALETTE = [("email", "mail"), ("wait", "clock"), ("todo", "checkbox")]
ICONS = dict(PALETTE)


def kind_label(kind: str) -> str:
    """What the palette calls a step."""
    return {"email": _("Email"), "wait": _("Wait"), "todo": _("To-do")}[kind]


@dataclass(frozen=True)
class StepShown:
    """One box of the flow."""

    id: str
    kind: str
    icon: str
    title: str
    note: str
    figure: str
    problems: Sequence[str]
    is_chosen: bool


def steps(
    document: Mapping[str, Any], chosen: str, done: Mapping[str, tuple[int, int]]
) -> list[StepShown]:
    """The flow from top to bottom."""
    wrong: dict[str, list[str]] = {}
    for place, sentence in documents.problems(document):
        wrong.setdefault(place, []).append(sentence)
    return [
        StepShown(
            step["id"],
            step["type"],
            ICONS[step["type"]],
            *_words(step),
            _figure(done.get(step["id"])),
            wrong.get(step["id"], []),
            step["id"] == chosen,
        )
        for step in document["steps"]
    ]


def _words(step: Mapping[str, Any]) -> tuple[str, str]:
    match step["type"]:
        case "email":
            return plain(step["subject"]) or _("Mail without a subject"), _("Email")
        case "wait":
            note = _("Then at %(at)s, their time") % {"at": step["at"]} if step["at"] else ""
            return _waits(step), note or _("Then any hour that is allowed")
    return step["title"] or _("To-do without words"), _("To-do for the owner")


def plain(subject: str) -> str:
    """A subject with its fields as a reader says them: “Your report, {first name}”."""
    return _FIELD.sub(lambda m: "{" + m[1].rpartition(".")[2].replace("_", " ") + "}", subject)


def _waits(step: Mapping[str, Any]) -> str:
    n = step["amount"]
    words = {
        "minutes": ngettext("Wait %(n)s minute", "Wait %(n)s minutes", n),
        "hours": ngettext("Wait %(n)s hour", "Wait %(n)s hours", n),
        "days": ngettext("Wait %(n)s day", "Wait %(n)s days", n),
        "business_days": ngettext("Wait %(n)s business day", "Wait %(n)s business days", n),
    }
    return words[step["unit"]] % {"n": n}


def _figure(done: tuple[int, int] | None) -> str:
    if not done or not done[0]:
        return ""
    sent, clicked = done
    return _("%(sent)s sent, %(clicked)s clicked") % {"sent": sent, "clicked": clicked}


def trigger_words(document: Mapping[str, Any]) -> str:
    """Who enters, in words."""
    trigger = documents.trigger_of(document)
    fixed = {
        "": _("Somebody is added by hand"),
        "cooled": _("The score falls under the threshold"),
        "recycled": _("Sales sends the lead back"),
    }
    if trigger in fixed:
        return fixed[trigger]
    names = dict(selectors.forms_to_choose() + selectors.segments_to_choose())
    name = names.get(trigger, _("one that is gone"))
    if trigger.startswith("form:"):
        return _("Somebody sends the form “%(name)s”") % {"name": name}
    return _("Somebody comes into the segment “%(name)s”") % {"name": name}


def goal_words(document: Mapping[str, Any]) -> str:
    """The goal in words; empty without one."""
    goal = document["goal"]
    if not any(goal.values()):
        return ""
    catalogue = fields.catalogue("lead")
    try:
        return explain(parse(goal, catalogue, check_values=False), catalogue)
    except Invalid as error:
        return error.message


def initial(step: Mapping[str, Any]) -> dict[str, Any]:
    """What the form of a step begins with."""
    return {key: value for key, value in step.items() if key not in ("id", "type", "programs")}


def answers_to_insert(form: StaffForm) -> list[tuple[str, str]]:
    """(label, what is inserted) for the answers of forms that a mail may repeat."""
    if "body" not in form.fields:
        return []
    return [(label, f"{{{{ {path} }}}}") for label, path in offered()]


def merge_fields(form: StaffForm) -> list[tuple[str, str]]:
    """(label, what is inserted) for a mail's form; each comes with a fallback to fill in."""
    if "body" not in form.fields:
        return []
    asked = (
        ("lead.first_name", _("First name"), _("there")),
        ("lead.last_name", _("Last name"), ""),
        ("lead.job_title", _("Job title"), _("your role")),
        ("company.name", _("Company"), _("your company")),
        ("owner.name", _("Owner"), _("our team")),
        ("organisation.name", _("Our name"), ""),
    )
    return [
        (label, f'{{{{ {path} | default: "{other}" }}}}' if other else f"{{{{ {path} }}}}")
        for path, label, other in asked
    ]
