"""Making a draft of a recipe."""

from collections.abc import Iterable
from itertools import count

from django.db import transaction

from leadflow.models import Tag
from leadflow.people.models import User
from leadflow.rulesets.models import RuleSet
from nurturing.models import Automation, Sequence
from nurturing.services import sequences
from nurturing.services.automations import editing as automations
from nurturing.services.recipes.writing import Recipe


@transaction.atomic
def use_sequence(recipe: Recipe, *, by: User | None) -> Sequence:
    """A draft of a sequence, with the tags that it puts on."""
    _make_tags(recipe.tags)
    name = _free(str(recipe.name), sequences.KIND)
    return sequences.create(name=name, document=recipe.document(), by=by)


@transaction.atomic
def use_automation(recipe: Recipe, *, by: User | None) -> Automation:
    """A draft of an automation, with the tags that it puts on."""
    _make_tags(recipe.tags)
    name = _free(str(recipe.name), automations.KIND)
    return automations.create(name=name, document=recipe.document(), by=by)


def _make_tags(names: Iterable[str]) -> None:
    Tag.objects.bulk_create([Tag(name=name) for name in names], ignore_conflicts=True)


def _free(name: str, kind: str) -> str:
    """The name, with a number where it is taken: “Welcome 2”."""
    rows = RuleSet.objects.of_kind(kind).filter(name__startswith=name)
    taken = set(rows.values_list("name", flat=True))
    names = (f"{name} {n}" if n > 1 else name for n in count(1))
    return next(one for one in names if one not in taken)
