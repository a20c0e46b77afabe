"""Score models: versioned documents that the marketer writes.

{"attributes": [{"name", "when", "points"}],
 "events": [{"name", "kind", "points", "half_life", "group", "topic", "label", "per_day", "lifetime",
             "provider", "confidence"}],
 "caps": {"behaviour": 60}, "gates": [{"name", "when"}],
 "cells": ["A1", "A2", "B1"], "hand_raise": ["form:3"]}
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadflow.conditions import fields, usage
from leadflow.conditions.language import Group, fields_used, parse
from leadflow.errors import Invalid
from leadflow.kit.remembering import remembered
from leadflow.people.models import User
from leadflow.rulesets import selectors, services
from leadflow.rulesets.models import RuleSet, RuleVersion
from leadflow.rulesets.registry import RuleKind, register
from qualification.rules import EventRule, Model

KIND = "score"
CELLS = frozenset(f"{grade}{band}" for grade in "ABCD" for band in "1234")

# A score that reads the outcome mirrors the pipeline instead of predicting it (F3, guard).
FORBIDDEN = ("lead.stage", "lead.owner", "lead.team", "lead.status", "lead.disposition", "score.")
PROTECTED = ("lead.birth_year",)


@dataclass(frozen=True)
class Compiled:
    """A version ready to decide: the arithmetic, and the condition behind each rule name."""

    version: RuleVersion
    model: Model
    conditions: Mapping[str, Group]


@remembered
def compiled(version: RuleVersion) -> Compiled:
    """A version made ready once for many leads."""
    document, catalogue = version.document, fields.catalogue("lead")
    attributes = document.get("attributes", [])
    gates = document.get("gates", [])
    model = Model(
        attributes=[(rule["name"], float(rule["points"])) for rule in attributes],
        events=[event_rule(rule) for rule in document.get("events", [])],
        caps={group: float(cap) for group, cap in document.get("caps", {}).items()},
        cells=frozenset(document.get("cells", [])),
        hand_raise=frozenset(document.get("hand_raise", [])),
        gates=[gate["name"] for gate in gates],
    )
    conditions = {
        rule["name"]: parse(rule["when"], catalogue, check_values=False)
        for rule in [*attributes, *gates]
    }
    return Compiled(version, model, conditions)


def event_rule(rule: Mapping[str, Any]) -> EventRule:
    """One event rule of a document."""
    return EventRule(
        name=rule["name"],
        kind=rule["kind"],
        points=float(rule["points"]),
        half_life=float(rule.get("half_life") or 30),
        group=rule.get("group") or "behaviour",
        topic=rule.get("topic") or "",
        label=rule.get("label") or "",
        per_day=rule.get("per_day"),
        lifetime=rule.get("lifetime"),
        provider=rule.get("provider") or "",
        confidence=float(rule.get("confidence") or 0),
    )


def live() -> RuleVersion | None:
    """The version that scores now."""
    versions = selectors.published(KIND)
    return versions[0] if versions else None


def the_model(by: User | None = None) -> RuleSet:
    """The score model of the organisation; made with sensible defaults where it is missing."""
    found = RuleSet.objects.of_kind(KIND).first()
    return found or services.create(kind=KIND, name=_("Lead score"), document=default(), by=by)


def ensure_default(by: User | None = None) -> RuleVersion:
    """A published score model, so that the first lead has a score."""
    return live() or services.publish(the_model(by), by=by, note=_("The default model"))


def begin() -> None:
    """Publish the default model where nobody has begun one: a new workspace scores its first lead."""
    if not RuleSet.objects.of_kind(KIND).exists():
        ensure_default()


def default() -> dict[str, Any]:
    """Where a new organisation starts: edit it in Scoring."""

    def when(field: str, op: str, value: Any = None) -> dict[str, Any]:
        leaf = {"field": field, "op": op} | ({} if value is None else {"value": value})
        return {"all": [leaf]}

    return {
        "attributes": [
            {
                "name": _("Decides"),
                "when": when("lead.seniority", "is_any_of", ["director", "vp", "chief", "owner"]),
                "points": 35,
            },
            {"name": _("Manages"), "when": when("lead.seniority", "is", "manager"), "points": 15},
            {
                "name": _("Company of 50 people or more"),
                "when": when("company.size", "at_least", 50),
                "points": 30,
            },
            {"name": _("Works at a company"), "when": when("company.name", "is_set"), "points": 15},
            {"name": _("Left a phone number"), "when": when("lead.phone", "is_set"), "points": 10},
        ],
        "events": [
            _event(_("Sent a form"), "form.submitted", 20, 30, per_day=2),
            _event(_("Clicked in a mail"), "mail.clicked", 12, 30, per_day=2),
            _event(_("Replied to a mail"), "mail.replied", 25, 30, per_day=1),
            _event(_("Saw a page"), "page.viewed", 3, 30, per_day=5),
            _event(_("Saw the prices"), "page.viewed", 10, 14, per_day=3, topic="pricing"),
            _event(_("Downloaded a file"), "file.downloaded", 10, 45, per_day=2),
            _event(_("Booked a meeting"), "meeting.booked", 30, 30),
            _event(_("Registered for an event"), "event.registered", 10, 30, per_day=2),
            _event(_("Attended an event"), "event.attended", 20, 45, per_day=1),
            _event(_("Answered: interested"), "reply.interested", 30, 30, per_day=1),
        ],
        "caps": {"behaviour": 100},
        "gates": [{"name": _("Can be reached"), "when": when("lead.email", "is_set")}],
        "cells": ["A1", "A2", "B1"],
        "hand_raise": [],
    }


def _event(name: str, kind: str, points: float, half_life: float, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "kind": kind, "points": points, "half_life": half_life, "group": "behaviour",
        "topic": "", "label": "", "per_day": None, "lifetime": None,
    } | more  # fmt: skip


def check(document: Mapping[str, Any]) -> None:
    """Raise Invalid naming each rule that cannot be published."""
    conditional = [*document.get("attributes", []), *document.get("gates", [])]
    counting = [*document.get("attributes", []), *document.get("events", [])]
    found = [
        *_bad_conditions(conditional),
        *((rule.get("name"), _("Give it points.")) for rule in counting if not _has_points(rule)),
        *_bad_names([*conditional, *document.get("events", [])]),
        *_bad_cells(document.get("cells", [])),
    ]
    if found:
        bad: dict[str, list[str]] = {}
        for name, why in found:
            bad.setdefault(name or "?", []).append(why)
        words = "; ".join(f"{rule}: {' '.join(why)}" for rule, why in bad.items())
        raise Invalid(_("These rules cannot be published. %(why)s") % {"why": words}, bad)


Fault = tuple[str | None, str]


def _bad_conditions(rules: list[dict[str, Any]]) -> Iterable[Fault]:
    catalogue = fields.catalogue("lead")
    for rule in rules:
        try:
            parse(rule.get("when"), catalogue)
        except Invalid as error:
            yield rule.get("name"), error.message
            continue
        if wrong := forbidden_in(rule["when"]):
            why = _("The score may not read %(fields)s: that is what it is to predict.")
            yield rule.get("name"), why % {"fields": ", ".join(wrong)}


def _bad_names(rules: list[dict[str, Any]]) -> Iterable[Fault]:
    names = [rule.get("name") for rule in rules]
    for name in sorted({n or "" for n in names if not n or names.count(n) > 1}):
        yield name, _("Every rule needs a name of its own.")


def _bad_cells(cells: list[str]) -> Iterable[Fault]:
    if unknown := set(cells) - CELLS:
        yield _("Threshold"), _("There is no cell %s.") % ", ".join(sorted(unknown))


def _has_points(rule: Mapping[str, Any]) -> bool:
    try:
        float(rule.get("points"))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return True


def forbidden_in(when: Any) -> list[str]:
    """Fields of a condition that a score must not read."""
    return sorted(key for key in fields_used(when) if key.startswith(FORBIDDEN))


def protected_in(document: Mapping[str, Any]) -> list[str]:
    """Fields about protected attributes (age) that the document reads: the editor warns of them."""
    rules = [*document.get("attributes", []), *document.get("gates", [])]
    return sorted({k for r in rules for k in fields_used(r["when"]) if k.startswith(PROTECTED)})


def _uses() -> Iterable[usage.Use]:
    for version in selectors.published(KIND):
        for rule in [*version.document.get("attributes", []), *version.document.get("gates", [])]:
            yield usage.Use(_("Score: %s") % rule["name"], "/scoring/", rule["when"])


def install() -> None:
    """Make score models known to rule sets and to the guard on fields; called once by apps.py."""
    register(
        RuleKind(KIND, gettext_lazy("Score model"), check, "score.edit", "qualification:scoring")
    )
    usage.register_owner(KIND, _uses)
