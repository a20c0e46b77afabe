"""Editing the draft of the routing policy, one rule at a time."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from distribution.services import policy
from leadflow.errors import Conflict, Invalid
from leadflow.people.models import User
from leadflow.rulesets import selectors, services
from leadflow.rulesets.models import RuleVersion


def draft() -> RuleVersion:
    """What an editor sees: the draft, else what routes now."""
    rule_set = policy.the_policy()
    found = selectors.editable(rule_set)
    if found is None:
        raise Conflict(_("There is no routing policy."))
    return found


def _change(by: User, revision: int | None, edit: Callable[[dict[str, Any]], None]) -> RuleVersion:
    document = {
        "rules": list(draft().document.get("rules", [])),
        "pool": draft().document.get("pool"),
    }
    edit(document)
    return services.save_draft(policy.the_policy(by), document=document, by=by, revision=revision)


def put_rule(
    *, number: int | None, name: str, when: dict[str, Any], pool: int, by: User
) -> RuleVersion:
    """Add a rule at the end, or replace the one at `number` (from 0)."""
    rule = {"name": name, "when": when, "pool": pool}

    def edit(document: dict[str, Any]) -> None:
        names = [r["name"] for n, r in enumerate(document["rules"]) if n != number]
        if name in names:
            raise Invalid(_("Choose another name."), {"name": [_("Another rule has this name.")]})
        if number is None:
            document["rules"].append(rule)
        else:
            document["rules"][number] = rule

    return _change(by, None, edit)


def move_rule(*, number: int, up: bool, by: User) -> RuleVersion:
    """Swap a rule with its neighbour: the first that matches decides."""

    def edit(document: dict[str, Any]) -> None:
        rules, other = document["rules"], number - 1 if up else number + 1
        if 0 <= other < len(rules):
            rules[number], rules[other] = rules[other], rules[number]

    return _change(by, None, edit)


def drop_rule(*, number: int, by: User) -> RuleVersion:
    """Take a rule out."""
    return _change(by, None, lambda document: document["rules"].pop(number))


def set_rest(*, pool: int | None, by: User) -> RuleVersion:
    """Who gets the leads that no rule matched; nobody means the fallback queue."""
    return _change(by, None, lambda document: document.update(pool=pool))
