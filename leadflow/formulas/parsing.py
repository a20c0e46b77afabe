"""From the text of a formula to its tree, and what is wrong with it, at which place.

Precedence, loosest first: or, and, not, comparison, & (join texts), + -, * /, minus sign.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

Tree = dict[str, Any]

MAX_LENGTH: Final = 2_000
MAX_NODES: Final = 400
MAX_DEPTH: Final = 40  # of the text, and of the tree: a + b + c is two deep

# How many arguments each function takes: at least, at most (None: any number).
FUNCTIONS: Final[dict[str, tuple[int, int | None]]] = {
    "if": (2, None),  # condition, value, condition, value, …, otherwise
    "min": (1, None),
    "max": (1, None),
    "sum": (1, None),
    "average": (1, None),
    "round": (1, 2),
    "floor": (1, 1),
    "ceil": (1, 1),
    "abs": (1, 1),
    "count": (1, 1),  # how many of several choices were ticked
    "has": (2, 2),  # whether one of several choices was ticked
    "answered": (1, 1),
    "points": (1, 1),  # the points of the chosen answers
    "lookup": (3, None),  # value, key, result, key, result, …, otherwise
    "band": (3, None),  # number, from, result, from, result, …: the last from that it reaches
    "days": (2, 2),  # from one day to another
    "today": (0, 0),
}
_WORDS: Final = {"and", "or", "not", "true", "false"}
_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<number>\d+(?:\.\d+)?|\.\d+)
      | (?P<text>"[^"\\\n]*")
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<sign><=|>=|!=|<>|[-+*/&=<>(),])
    )""",
    re.VERBOSE,
)
_COMPARE: Final = {"=": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


class FormulaError(ValueError):
    """A formula that cannot be read. `code` says why, `at` where (characters from the start), `what` which."""

    def __init__(self, code: str, at: int, what: str = "") -> None:
        super().__init__(f"{code} at {at}: {what}")
        self.code, self.at, self.what = code, at, what


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def parse(source: str, names: Collection[str]) -> Tree:
    """The tree of a formula that may use the questions called `names`. Raises FormulaError."""
    if len(source) > MAX_LENGTH:
        raise FormulaError("too_long", MAX_LENGTH)
    return _Reader(_tokens(source), names, len(source)).whole()


def names_of(tree: Tree) -> set[str]:
    """The questions that a tree asks about."""
    own = {str(tree["name"])} if tree["op"] == "name" else set()
    return own.union(*(names_of(one) for one in tree.get("of", [])))


def _tokens(source: str) -> list[_Token]:
    found, place = [], 0
    while source[place:].strip():
        match = _TOKEN.match(source, place)
        if match is None:
            at = place + len(source[place:]) - len(source[place:].lstrip())
            raise FormulaError("unknown_sign", at, source[at])
        kind = str(match.lastgroup)
        found.append(_Token(kind, match[kind], match.start(kind)))
        place = match.end()
    return found


class _Reader:
    """Recursive descent over the tokens; each method reads one level of precedence."""

    def __init__(self, tokens: list[_Token], names: Collection[str], end: int) -> None:
        self.tokens, self.names, self.end = tokens, names, end
        self.place = self.nodes = self.depth = 0
        self.depths: dict[int, int] = {}  # of each node made so far, by its id()

    def whole(self) -> Tree:
        tree = self._either()
        if self._next is not None:
            raise FormulaError("unexpected", self._next.at, self._next.text)
        return tree

    @property
    def _next(self) -> _Token | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def _take(self) -> _Token:
        token = self._next
        if token is None:
            raise FormulaError("unfinished", self.end)
        self.place += 1
        return token

    def _takes(self, *signs: str) -> str | None:
        token = self._next
        if token is None or token.kind == "text" or token.text not in signs:
            return None
        self.place += 1
        return token.text

    def _node(self, op: str, of: list[Tree] | None = None, **more: Any) -> Tree:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise FormulaError("too_large", self.end)
        tree: Tree = {"op": op, **more, **({"of": of} if of is not None else {})}
        depth = 1 + max((self.depths[id(one)] for one in of or ()), default=0)
        if depth > MAX_DEPTH:
            raise FormulaError("too_deep", self.end)
        self.depths[id(tree)] = depth
        return tree

    def _either(self) -> Tree:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FormulaError("too_deep", self._next.at if self._next else self.end)
        tree = self._both()
        while self._takes("or"):
            tree = self._node("or", [tree, self._both()])
        self.depth -= 1
        return tree

    def _both(self) -> Tree:
        tree = self._negated()
        while self._takes("and"):
            tree = self._node("and", [tree, self._negated()])
        return tree

    def _negated(self) -> Tree:
        turns = 0
        while self._takes("not"):
            turns += 1
        tree = self._compared()
        for _turn in range(turns):
            tree = self._node("not", [tree])
        return tree

    def _compared(self) -> Tree:
        tree = self._joined()
        sign = self._takes(*_COMPARE)
        return self._node(_COMPARE[sign], [tree, self._joined()]) if sign else tree

    def _joined(self) -> Tree:
        tree = self._added()
        while self._takes("&"):
            tree = self._node("&", [tree, self._added()])
        return tree

    def _added(self) -> Tree:
        tree = self._multiplied()
        while sign := self._takes("+", "-"):
            tree = self._node(sign, [tree, self._multiplied()])
        return tree

    def _multiplied(self) -> Tree:
        tree = self._signed()
        while sign := self._takes("*", "/"):
            tree = self._node(sign, [tree, self._signed()])
        return tree

    def _signed(self) -> Tree:
        turns = 0
        while self._takes("-"):
            turns += 1
        tree = self._single()
        for _turn in range(turns):
            tree = self._node("minus", [tree])
        return tree

    def _single(self) -> Tree:
        token = self._take()
        if token.kind == "number":
            return self._node("value", value=float(token.text))
        if token.kind == "text":
            return self._node("value", value=token.text[1:-1])
        if token.text == "(":
            tree = self._either()
            self._expect(")")
            return tree
        if token.kind == "name":
            return self._named(token)
        raise FormulaError("unexpected", token.at, token.text)

    def _named(self, token: _Token) -> Tree:
        if token.text in {"true", "false"}:
            return self._node("value", value=token.text == "true")
        if token.text in FUNCTIONS and self._takes("("):
            return self._call(token)
        if token.text in _WORDS:
            raise FormulaError("unexpected", token.at, token.text)
        if token.text not in self.names:
            raise FormulaError("unknown_name", token.at, token.text)
        return self._node("name", name=token.text)

    def _call(self, token: _Token) -> Tree:
        given: list[Tree] = []
        if not self._takes(")"):
            given.append(self._either())
            while self._takes(","):
                given.append(self._either())
            self._expect(")")
        least, most = FUNCTIONS[token.text]
        if len(given) < least or (most is not None and len(given) > most):
            raise FormulaError("arguments", token.at, token.text)
        return self._node("call", given, name=token.text)

    def _expect(self, sign: str) -> None:
        token = self._take()
        if token.text != sign or token.kind == "text":
            raise FormulaError("unexpected", token.at, token.text)
