"""The merge language: a closed subset of Liquid that is parsed once and never evaluated as Liquid.

`compile_template` refuses every tag but if/elsif/else, every filter but ten and every path that is not
in the given catalogue, with line and column. What is left becomes a flat program of instructions
(plain JSON, so a published version stores it). Rendering inserts each value once and never reads it
again as a template; in HTML it is escaped.

Unlike Liquid, an empty text counts as false: `{% if company.name %}` asks whether there is one.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any, Literal

import liquid
from django.utils.translation import gettext as _
from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import logical, primitive
from liquid.builtin.expressions.filtered import FilteredExpression
from liquid.builtin.expressions.path import Path
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.exceptions import LiquidError

from leadflow.errors import Invalid
from leadflow.kit.text import clean, one_line
from leadflow.mail.merge_filters import FILTERS, KNOWN, MAX_VALUE, shown, truthy

MAX_SOURCE = 200_000
MAX_TAGS = 500
MAX_DEPTH = 8
MAX_OUTPUT = 1_000_000

Mode = Literal["text", "html", "line"]
Instruction = list[
    Any
]  # ["text", s] | ["value", operand, filters] | ["unless", condition, to] | ["go", to]

_TAG = re.compile(r"\{%-?\s*(\S*)")
_OPENING = re.compile(r"\{[{%]")
_TAGS = {"if", "elsif", "else", "endif"}
_COMPARISONS: dict[type, str] = {
    logical.EqExpression: "==",
    logical.NeExpression: "!=",
    logical.LtExpression: "<",
    logical.LeExpression: "<=",
    logical.GtExpression: ">",
    logical.GeExpression: ">=",
    logical.ContainsExpression: "contains",
}
_CONSTANTS: dict[type, Any] = {
    primitive.Nil: None,
    primitive.Empty: "",
    primitive.Blank: "",
}


class _Grammar(liquid.Environment):
    """Liquid's grammar with `not`; only its parser is ever used."""

    logical_not_operator = True


_environment = _Grammar()


class MergeError(Invalid):
    """A template that may not be saved; `line` and `column` (from 1) say where."""

    def __init__(self, message: str, source: str, index: int) -> None:
        index = max(0, min(index, len(source)))
        self.line = source.count("\n", 0, index) + 1
        self.column = index - (source.rfind("\n", 0, index) + 1) + 1
        place = _("Line %(line)s, column %(column)s: %(message)s") % {
            "line": self.line,
            "column": self.column,
            "message": message,
        }
        super().__init__(place, {"template": [place]}, line=self.line, column=self.column)

    def __reduce__(self) -> Any:
        return (Invalid, (self.message, self.fields))


@dataclass(frozen=True)
class Template:
    """A compiled template: `program` is plain JSON."""

    program: list[Instruction]

    @cached_property
    def paths(self) -> frozenset[str]:
        """The fields that it needs."""
        return frozenset(_used(self.program))

    def render(self, values: Mapping[str, Any], mode: Mode = "text") -> str:
        """The text with values filled in; `line` is for a subject: no line break survives."""
        out: list[str] = []
        at = 0
        program, insert = self.program, _INSERTS[mode]
        end = len(program)
        # a loop without calls where nothing is to be decided: it runs once for each message
        while at < end:
            line = program[at]
            kind = line[0]
            if kind == "text":
                out.append(line[1])
                at += 1
            elif kind == "value":
                out.append(insert(_valued(line, values)))
                at += 1
            else:
                at = _next(line, at, values)
        # five hundred values at most, each cut at MAX_VALUE: what there is to join has an end
        written = "".join(out)
        if len(written) > MAX_OUTPUT:
            raise Invalid(_("The message is longer than a million characters."))
        return one_line(written) if mode == "line" else written

    @classmethod
    def stored(cls, program: list[Instruction]) -> "Template":
        """Back from JSON."""
        return cls(program)


def _valued(line: Instruction, values: Mapping[str, Any]) -> str:
    """The value of a field after its filters, as text without control characters."""
    operand = line[1]
    value = values.get(operand[1]) if operand[0] == "path" else operand[1]
    for name, arguments in line[2]:
        value = KNOWN[name].apply(value, *arguments)
    if type(value) is str and len(value) <= MAX_VALUE and value.isascii() and value.isprintable():
        return value  # most of them
    return clean(shown(value))


def _next(line: Instruction, at: int, values: Mapping[str, Any]) -> int:
    """Where the program goes on behind a condition or a jump."""
    match line:
        case ["unless", condition, to]:
            return at + 1 if _holds(condition, values) else int(to)
        case ["go", to]:
            return int(to)
        case _:
            raise ValueError("unknown instruction")


def _in_text(text: str) -> str:
    """A value never becomes a link of the author's kind, [words](address)."""
    return text.replace("](", "] (")


_INSERTS: dict[str, Callable[[str], str]] = {"html": escape, "line": one_line, "text": _in_text}


def _operand(operand: list[Any], values: Mapping[str, Any]) -> Any:
    kind, value = operand
    return values.get(value) if kind == "path" else value


def _holds(condition: list[Any], values: Mapping[str, Any]) -> bool:
    match condition:
        case ["and", left, right]:
            return _holds(left, values) and _holds(right, values)
        case ["or", left, right]:
            return _holds(left, values) or _holds(right, values)
        case ["not", inner]:
            return not _holds(inner, values)
        case ["is", operand]:
            return truthy(_operand(operand, values))
        case [sign, left, right]:
            return _compare(sign, _operand(left, values), _operand(right, values))
        case _:
            raise ValueError("unknown condition")


def _compare(sign: str, left: Any, right: Any) -> bool:
    left, right = (None if side == "" else side for side in (left, right))
    if sign == "==":
        return bool(left == right)
    if sign == "!=":
        return bool(left != right)
    try:
        if sign == "contains":
            return str(right) in str(left) if left is not None and right is not None else False
        order = {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}
    except TypeError:
        return False
    return bool(order[sign])


def _used(program: list[Instruction]) -> set[str]:
    found: set[str] = set()

    def walk(part: Any) -> None:
        if isinstance(part, list):
            if len(part) == 2 and part[0] == "path":
                found.add(part[1])
            for inner in part:
                walk(inner)

    walk([line[1:] for line in program if line[0] != "text"])
    return found


# --- compiling --------------------------------------------------------------------------------------


def compile_template(source: str, paths: Collection[str], *, is_ours: bool = False) -> Template:
    """Parse, check and flatten a template; MergeError where it says anything but the subset. `is_ours`
    opens what the renderer of designs writes and no author may."""
    _check_size(source)
    for tag in _TAG.finditer(source):
        if tag[1].rstrip("%}-") not in _TAGS:
            sentence = _("the tag “%(name)s” is not available; use if, elsif and else.")
            raise MergeError(sentence % {"name": tag[1].rstrip("%}-")}, source, tag.start())
    try:
        nodes = _environment.parse(source).nodes
    except LiquidError as error:
        index = error.token.start_index if error.token is not None else len(source)
        raise MergeError(
            f"{error.message}.", source, index if index >= 0 else len(source)
        ) from error
    compiler = _Compiler(source, paths, KNOWN if is_ours else FILTERS)
    compiler.block(nodes, 0)
    return Template(compiler.program)


def _check_size(source: str) -> None:
    if len(source) > MAX_SOURCE:
        raise MergeError(_("the text is longer than 200,000 characters."), source, MAX_SOURCE)
    for count, opening in enumerate(_OPENING.finditer(source), start=1):
        if count > MAX_TAGS:
            raise MergeError(
                _("more than %(most)s fields and conditions.") % {"most": MAX_TAGS},
                source,
                opening.start(),
            )
    depth = 0
    for tag in _TAG.finditer(source):
        depth += {"if": 1, "endif": -1}.get(tag[1].rstrip("%}-"), 0)
        if depth > MAX_DEPTH:
            raise MergeError(
                _("conditions are nested more than %(most)s deep.") % {"most": MAX_DEPTH},
                source,
                tag.start(),
            )


class _Compiler:
    """Walks the tree that Liquid's parser made; whatever it does not know is refused."""

    def __init__(self, source: str, paths: Collection[str], filters: Mapping[str, Any]) -> None:
        self.source = source
        self.filters = filters
        self.paths = frozenset(paths)
        self.program: list[Instruction] = []

    def refuse(self, message: str, thing: Any) -> MergeError:
        token = getattr(thing, "token", None)
        return MergeError(message, self.source, token.start_index if token else 0)

    def block(self, nodes: Collection[Node], depth: int) -> None:
        for node in nodes:
            if type(node) is ContentNode:
                self.program.append(["text", node.text])
            elif type(node) is OutputNode:
                self.program.append(self.output(node))
            elif type(node) is IfNode:
                self.branches(node, depth)
            elif type(node) is BlockNode:
                self.block(node.nodes, depth)
            else:
                raise self.refuse(_("this is not available here."), node)

    def output(self, node: OutputNode) -> Instruction:
        expression = node.expression
        if type(expression) is not FilteredExpression:
            raise self.refuse(_("write a field, such as lead.first_name."), node)
        filters = [self.filter(each) for each in expression.filters or []]
        return ["value", self.operand(expression.left), filters]

    def filter(self, each: Any) -> list[Any]:
        known = self.filters.get(each.name)
        if known is None:
            sentence = _("the filter “%(name)s” is not available; use %(names)s.")
            words = {"name": each.name, "names": ", ".join(sorted(FILTERS))}
            raise self.refuse(sentence % words, each)
        arguments = [self.argument(each, argument) for argument in each.args]
        if not known.least <= len(arguments) <= known.most:
            sentence = _("the filter “%(name)s” takes %(what)s.")
            raise self.refuse(sentence % {"name": each.name, "what": known.takes}, each)
        return [each.name, arguments]

    def argument(self, each: Any, argument: Any) -> Any:
        value = getattr(argument, "value", None)
        if hasattr(argument, "name") or not isinstance(value, primitive.Literal):
            sentence = _("the filter “%(name)s” takes plain values only.")
            raise self.refuse(sentence % {"name": each.name}, each)
        return value.value

    def operand(self, expression: Any) -> list[Any]:
        if type(expression) is Path:
            return ["path", self.path(expression)]
        if isinstance(expression, primitive.Literal):
            return ["constant", expression.value]
        if type(expression) in _CONSTANTS:
            return ["constant", _CONSTANTS[type(expression)]]
        raise self.refuse(_("write a field or a plain value."), expression)

    def path(self, expression: Path) -> str:
        name = ".".join(part if isinstance(part, str) else "[…]" for part in expression.path)
        if name not in self.paths or not all(isinstance(part, str) for part in expression.path):
            raise self.refuse(_("unknown field “%(name)s”.") % {"name": name}, expression)
        return name

    def branches(self, node: IfNode, depth: int) -> None:
        """Each branch jumps behind the last one when it is done."""
        exits: list[Instruction] = []
        pairs = [(node.condition, node.consequence)]
        pairs += [(other.expression, other.block) for other in node.alternatives]
        for condition, block in pairs:
            unless: Instruction = ["unless", self.condition(condition), 0]
            self.program.append(unless)
            self.block(block.nodes, depth + 1)
            exits.append(["go", 0])
            self.program.append(exits[-1])
            unless[2] = len(self.program)
        if node.default is not None:
            self.block(node.default.nodes, depth + 1)
        for leave in exits:
            leave[1] = len(self.program)

    def condition(self, expression: Any) -> list[Any]:
        kind = type(expression)
        if kind is logical.BooleanExpression:
            return self.condition(expression.expression)
        if kind in (logical.LogicalAndExpression, logical.LogicalOrExpression):
            word = "and" if kind is logical.LogicalAndExpression else "or"
            return [word, self.condition(expression.left), self.condition(expression.right)]
        if kind is logical.LogicalNotExpression:
            return ["not", self.condition(expression.right)]
        if kind in _COMPARISONS:
            return [
                _COMPARISONS[kind],
                self.operand(expression.left),
                self.operand(expression.right),
            ]
        return ["is", self.operand(expression)]
