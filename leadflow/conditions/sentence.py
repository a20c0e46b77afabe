"""A rule as one sentence in the reader's language; pure, the words come from the catalogue."""

from typing import Any

from leadflow.conditions.grammar import SHAPES, Catalogue, Count, Field, Group, Node, Shape, Test


def explain(rule: Group, catalogue: Catalogue) -> str:
    """The sentence that a rule is, without a full stop: "Country is Germany and Score is …"."""
    if not rule.items:
        return catalogue.words("everyone")
    return _group(rule, catalogue, outermost=True)


def _say(node: Node, catalogue: Catalogue) -> str:
    match node:
        case Group():
            return _group(node, catalogue, outermost=False)
        case Test():
            return _test(node, catalogue)
        case Count():
            return _count(node, catalogue)


def _group(group: Group, catalogue: Catalogue, *, outermost: bool) -> str:
    parts = [_say(item, catalogue) for item in group.items]
    if group.mode == "none":
        return catalogue.words("none", what=_joined(parts, "or", catalogue))
    said = _joined(parts, "and" if group.mode == "all" else "or", catalogue)
    return said if outermost or len(parts) == 1 else f"({said})"


def _joined(parts: list[str], link: str, catalogue: Catalogue) -> str:
    said = parts[0]
    for part in parts[1:]:
        said = catalogue.words(link, first=said, second=part)
    return said


def _test(test: Test, catalogue: Catalogue) -> str:
    blanks: dict[str, Any] = {"field": str(test.field.label)}
    match SHAPES[test.op]:
        case Shape.ONE:
            blanks["value"] = catalogue.show(test.field, test.value)
        case Shape.LIST:
            blanks["value"] = _list(test, catalogue)
        case Shape.PAIR:
            blanks["low"], blanks["high"] = (catalogue.show(test.field, v) for v in test.value)
        case Shape.DAYS:
            blanks["days"] = test.value
    return catalogue.words(f"op.{_name(test.field, test.op)}", **blanks)


def _name(of: Field, op: str) -> str:
    """A day "is on" where a number "is"; the same operator may be said in two ways."""
    return f"{op}.date" if of.type in ("date", "datetime") and op in ("is", "is_not") else op


def _list(test: Test, catalogue: Catalogue) -> str:
    link = "and" if test.op == "has_all_of" else "or"
    return _joined([catalogue.show(test.field, one) for one in test.value], link, catalogue)


def _count(count: Count, catalogue: Catalogue) -> str:
    said = catalogue.words(f"event.{count.op}", event=str(count.kind.label), count=count.count)
    if count.where:
        parts = [_test(one, catalogue) for one in count.where]
        said = catalogue.words("where", event=said, what=_joined(parts, "and", catalogue))
    return catalogue.words("during", event=said, days=count.days) if count.days else said
