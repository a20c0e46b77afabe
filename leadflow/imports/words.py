"""Words of a file that nobody knows here yet: to be mapped once, before it comes in."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

from leadflow.imports import services
from leadflow.imports.models import Import
from leadflow.imports.parsing import MAKE, Plan
from leadflow.imports.registry import Context, Field
from leadflow.kit import text

LINES = 50_000  # read to find them
WORDS = 200  # shown of a field


@dataclass(frozen=True)
class Unknown:
    """The unknown words of a field with how often each stands there, and what they may mean."""

    field: Field
    words: Mapping[str, int]
    options: Sequence[str]
    may_make: bool

    def nearest(self, word: str) -> str:
        """The option that is written almost like it, to be proposed; empty where none is."""
        by_form = {_form(option): option for option in self.options}
        near = get_close_matches(_form(word), by_form, n=1, cutoff=0.85)
        return by_form[near[0]] if near else ""


def _form(word: str) -> str:
    return text.search_text(word).replace(" ", "").replace("-", "")


def unknown_words(imported: Import) -> list[Unknown]:
    """Per field that looks records up, or takes a closed list: the words that mean nothing here."""
    plan, context = services.plan_of(imported), services.context_of(imported)
    seen = _seen(imported, plan)
    found = [_unknown(field, seen[field.key], context) for field in plan.columns.values()]
    return [one for one in found if one.words]


def _seen(imported: Import, plan: Plan) -> dict[str, Counter[str]]:
    """Field -> words of the file that are not mapped yet, counted."""
    fields = {n: f for n, f in plan.columns.items() if f.lookup or f.kind in ("country", "one_of")}
    seen: dict[str, Counter[str]] = {field.key: Counter() for field in plan.columns.values()}
    for line in islice(services.lines_of(imported), LINES):
        for number, field in fields.items():
            word = line.cells[number].strip() if number < len(line.cells) else ""
            if word and word not in plan.values.get(field.key, {}):
                seen[field.key][word] += 1
    return seen


def _unknown(field: Field, seen: Counter[str], context: Context) -> Unknown:
    if field.key in context.make:
        return Unknown(field, {}, (), may_make=True)
    known = _known(field, set(seen), context)
    words = {word: count for word, count in seen.most_common() if word not in known}
    few = dict(list(words.items())[:WORDS])
    lookup = field.lookup
    options = (
        lookup.options(context) if lookup and few else [str(v) for v in field.choices.values()]
    )
    may_make = bool(
        lookup
        and lookup.make
        and (not lookup.make_permission or context.may(lookup.make_permission))
    )
    return Unknown(field, few, options, may_make)


def _known(field: Field, words: set[str], context: Context) -> set[str]:
    if field.lookup:
        found = field.lookup.find({text.search_text(word) for word in words}, context)
        return {word for word in words if text.search_text(word) in found}
    if field.kind == "country":
        return {word for word in words if len(word) == 2 and word.isalpha() and word.isascii()}
    names = {text.search_text(str(name)) for pair in field.choices.items() for name in pair}
    names |= {text.search_text(word) for word in field.words}
    return {word for word in words if text.search_text(word) in names}


__all__ = ["MAKE", "Unknown", "unknown_words"]
