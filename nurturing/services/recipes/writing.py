"""How recipes are written down: steps with fresh ids, mails that greet by name, common conditions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

from nurturing.services import documents

Words = str | Promise
Step = dict[str, Any]
Rule = dict[str, Any]


@dataclass(frozen=True)
class Recipe:
    """A sequence or automation to begin from. `document` makes it anew each time, with ids of its own;
    `needs` says in words what has to be filled in; `tags` are made where they are missing."""

    key: str
    name: Words
    about: Words
    document: Callable[[], dict[str, Any]]
    icon: str = "route"
    needs: tuple[Words, ...] = field(default=())
    tags: tuple[str, ...] = field(default=())


GREETING = 'Hello {{ lead.first_name | default: "there" }},\n\n'
CLOSING = '\n\nBest regards\n{{ owner.first_name | default: "Your team" }}'


def mail(subject: str, body: str, preheader: str = "") -> Step:
    """A mail that greets by name and is signed."""
    return documents.new_step("email") | {
        "subject": subject, "preheader": preheader, "body": f"{GREETING}{body}{CLOSING}",
    }  # fmt: skip


def wait(amount: int, unit: str = "business_days", at: str = "") -> Step:
    """A pause."""
    return documents.new_step("wait") | {"amount": amount, "unit": unit, "at": at}


def todo(title: str, days: int = 1, kind: str = "todo") -> Step:
    """Something for the owner to do."""
    return documents.new_step("todo") | {"title": title, "due_days": days, "kind": kind}


def tag(name: str, *, remove: bool = False) -> Step:
    """A tag on or off."""
    return documents.new_step("tag") | {"tag": name, "remove": remove}


def notify(words: str) -> Step:
    """A word to the owner."""
    return documents.new_step("notify") | {"words": words}


def ask(title: str, rule: Rule, yes: list[Step], no: list[Step] | None = None) -> Step:
    """A question, with what follows from each answer."""
    return documents.new_step("condition") | {
        "title": title, "rule": rule, "yes": yes, "no": no or [],
    }  # fmt: skip


def goal() -> Step:
    """The end, as a goal that was met."""
    return documents.new_step("goal")


def did(kind: str, days: int, times: int = 1) -> Rule:
    """Whether somebody did something so often in the last days."""
    return {"all": [{"event": {"kind": kind}, "op": "at_least", "count": times, "days": days}]}


def at_stage(*stages: str) -> Rule:
    """Whether somebody stands at one of these stages."""
    return {"all": [{"field": "lead.stage", "op": "is_any_of", "value": list(stages)}]}


def either(*rules: Rule) -> Rule:
    """Whether one of these holds."""
    return {"any": [one for rule in rules for one in rule["all"]]}


WITH_SALES = at_stage("sal", "sql", "opportunity", "customer")


def enters(kind: str) -> dict[str, Any]:
    """Who enters: by a fact, or by a form or segment that is still to be chosen."""
    return {"kind": kind, "ref": None}
