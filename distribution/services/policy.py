"""The routing policy: a versioned document of ordered rules, read top to bottom, first match wins.

    {"rules": [{"name": "DACH", "when": <condition>, "pool": 3}, …], "pool": 1 or null}

`pool` at the top takes what no rule matched; without it such leads wait in the fallback queue, which
always exists.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from distribution.models import Pool
from leadflow.conditions import fields, usage
from leadflow.conditions.language import Group, parse
from leadflow.errors import Invalid
from leadflow.kit.remembering import remembered
from leadflow.people.models import User
from leadflow.rulesets import selectors, services
from leadflow.rulesets.models import RuleSet, RuleVersion
from leadflow.rulesets.registry import RuleKind, register

KIND = "routing"
EMPTY: dict[str, Any] = {"rules": [], "pool": None}


def check(document: Mapping[str, Any]) -> None:
    """Raise Invalid, naming each rule, unless every condition parses and every pool can be used."""
    usable = set(Pool.objects.filter(is_archived=False).values_list("pk", flat=True))
    bad: dict[str, list[str]] = {}
    catalogue = fields.catalogue("lead")
    for number, rule in enumerate(document.get("rules", []), start=1):
        label = str(rule.get("name") or number)
        if rule.get("pool") not in usable:
            bad.setdefault(label, []).append(_("Choose a pool that is in use."))
        try:
            parse(rule.get("when"), catalogue)
        except Invalid as error:
            bad.setdefault(label, []).append(error.message)
    if document.get("pool") is not None and document["pool"] not in usable:
        bad[_("Everybody else")] = [_("Choose a pool that is in use.")]
    if bad:
        words = "; ".join(f"{rule}: {' '.join(why)}" for rule, why in bad.items())
        raise Invalid(_("These rules cannot be published. %(why)s") % {"why": words}, bad)


def the_policy(by: User | None = None) -> RuleSet:
    """The one routing policy; made empty where it is missing."""
    found = RuleSet.objects.of_kind(KIND).first()
    return found or services.create(kind=KIND, name=_("Routing"), document=EMPTY, by=by)


@remembered
def live() -> RuleVersion | None:
    """The version that routes now; None before the first publishing."""
    rule_set = RuleSet.objects.of_kind(KIND).first()
    return selectors.current(rule_set) if rule_set else None


def parsed(document: Mapping[str, Any]) -> list[tuple[str, Group, int]]:
    """(name, condition, pool id) of each rule in order."""
    catalogue = fields.catalogue("lead")
    return [
        (rule["name"], parse(rule["when"], catalogue, check_values=False), rule["pool"])
        for rule in document.get("rules", [])
    ]


def _uses() -> Iterable[usage.Use]:
    for version in selectors.published(KIND):
        for rule in version.document.get("rules", []):
            yield usage.Use(_("Routing: %s") % rule["name"], "/routing/", rule["when"])


def install() -> None:
    """Make routing known to rule sets and to the guard on fields; called once by apps.py."""
    register(RuleKind(KIND, gettext_lazy("Routing"), check, "routing.edit", "distribution:routing"))
    usage.register_owner(KIND, _uses)
