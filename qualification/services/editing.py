"""Editing the draft of the score model, one rule at a time, and letting it decide."""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict, Invalid
from leadflow.people.models import User
from leadflow.rulesets import selectors, services
from leadflow.rulesets.models import RuleVersion
from leadflow.runs.models import Run
from qualification.rules import EventRule
from qualification.services import changeover, models

SECTIONS = ("attributes", "events", "gates")
Document = dict[str, Any]


def draft() -> RuleVersion:
    """What an editor sees: the draft, else what scores now."""
    found = selectors.editable(models.the_model())
    if found is None:
        raise Conflict(_("There is no score model."))
    return found


def find(document: Mapping[str, Any], section: str, name: str) -> dict[str, Any]:
    """A rule by its name. Raises Invalid for one that is gone."""
    for rule in document.get(section, []):
        if rule["name"] == name:
            return dict(rule)
    raise Invalid(_("This rule is gone: somebody changed the model. Look again."))


def _change(by: User, edit: Callable[[Document], None]) -> RuleVersion:
    seen = draft()
    document = deepcopy(dict(seen.document))
    edit(document)
    revision = seen.revision if seen.state == RuleVersion.State.DRAFT else None
    return services.save_draft(models.the_model(), document=document, by=by, revision=revision)


def put_rule(*, section: str, replacing: str, rule: Mapping[str, Any], by: User) -> RuleVersion:
    """Add a rule at the end of a section, or put it in the place of the one named `replacing`."""
    if wrong := models.forbidden_in(rule.get("when") or {}):
        words = _("A score may not read %s: that is what it is to predict.") % ", ".join(wrong)
        raise Invalid.at("when", words)

    def edit(document: Document) -> None:
        others = [r["name"] for part in SECTIONS for r in document.get(part, [])]
        if replacing:
            find(document, section, replacing)
            others.remove(replacing)
        if rule["name"] in others:
            raise Invalid(_("Choose another name."), {"name": [_("Another rule has this name.")]})
        rows = document.setdefault(section, [])
        place = [r["name"] for r in rows].index(replacing) if replacing else len(rows)
        rows[place : place + 1] = [dict(rule)]

    return _change(by, edit)


def drop_rule(*, section: str, name: str, by: User) -> RuleVersion:
    """Take a rule out."""

    def edit(document: Document) -> None:
        document[section].remove(find(document, section, name))

    return _change(by, edit)


def set_threshold(*, cells: Iterable[str], hand_raise: Iterable[str], by: User) -> RuleVersion:
    """Which cells qualify, and which forms do by themselves."""
    chosen = sorted(set(cells) & models.CELLS)
    forms = sorted({form[:80] for form in hand_raise if form})
    return _change(by, lambda document: document.update(cells=chosen, hand_raise=forms))


def set_caps(*, caps: Mapping[str, float | None], by: User) -> RuleVersion:
    """The most that a group of event rules can give or take; None lifts the limit."""
    if any(cap is not None and not 0 < cap <= 1_000 for cap in caps.values()):
        raise Invalid(_("A limit is a number from 1 to 1,000."))
    kept = {group: cap for group, cap in caps.items() if cap is not None}
    return _change(by, lambda document: document.update(caps=kept))


def groups(document: Mapping[str, Any]) -> dict[str, float | None]:
    """Each group of the event rules and its limit."""
    rules: list[EventRule] = [models.event_rule(rule) for rule in document.get("events", [])]
    caps = document.get("caps", {})
    return {group: caps.get(group) for group in dict.fromkeys(rule.group for rule in rules)}


@transaction.atomic
def publish(
    *, by: User, note: str, revision: int | None, offer: bool = False, enrol: bool = False
) -> Run:
    """Let the draft score from now on, and begin to score everybody by it.

    `offer` and `enrol` say what may follow for leads who move by this alone: sales, sequences.
    """
    protected = models.protected_in(draft().document)
    if protected and not note.strip():
        raise Invalid(
            _("The model reads %s. Write down why that is fair and allowed.")
            % ", ".join(protected),
            {"note": [_("Say why.")]},
        )
    version = services.publish(models.the_model(), by=by, note=note, revision=revision)
    return changeover.begin(version, offer=offer, enrol=enrol, by=by)


@transaction.atomic
def rollback(*, number: int, by: User, note: str = "") -> Run:
    """Let an earlier version score again; nobody is offered and no sequence starts by it."""
    model = models.the_model()
    version = model.versions.filter(number=number).first()
    if version is None:
        raise Conflict(_("There is no such version."))
    again = services.rollback(model, to=version, by=by, note=note)
    return changeover.begin(again, offer=False, enrol=False, by=by)


def discard(*, by: User) -> None:
    """Throw the draft away."""
    services.discard_draft(models.the_model(), by=by)
