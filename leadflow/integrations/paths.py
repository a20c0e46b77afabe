"""Where a value lies in a JSON document, and what may be done to it on the way. Pure.

    email                            a field
    payload.contact.email            a field of a field
    items[0].email, items[-1].email  one of a list
    items[].email                    each of a list
    fields[name=email].values[0]     of a list, the ones whose field has that value
    ["first.name"]                   a name that holds dots

A path that leads nowhere gives nothing: senders leave out what they do not know.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MOST_LEAVES = 300
MOST_STEPS = 20
MOST_FOUND = 200
_TOKEN = re.compile(
    r"""\.?(?P<name>[^.\[\]"=]+)
    | \[(?P<index>-?\d{1,6})\]
    | (?P<each>\[\])
    | \["(?P<quoted>[^"]+)"\]
    | \[(?P<where>[^\]="]+)=(?P<value>[^\]]*)\]""",
    re.VERBOSE,
)
Json = Any


@dataclass(frozen=True)
class Step:
    """One step: a name, a place in a list, each of a list, or those of it where a field has a value."""

    name: str = ""
    index: int | None = None
    where: tuple["Step", ...] = ()
    value: str = ""


def parse(path: str) -> tuple[Step, ...]:
    """The steps of a path. Raises ValueError with a sentence where it is none."""
    steps: list[Step] = []
    place = 0
    path = path.strip()
    while place < len(path):
        found = _TOKEN.match(path, place)
        if found is None or len(steps) >= MOST_STEPS:
            raise ValueError(
                _("“%s” is no path. Write for instance contact.email or items[0].name.") % path
            )
        steps.append(_step(found))
        place = found.end()
    return tuple(steps)


def _step(found: re.Match[str]) -> Step:
    if found["index"] is not None:
        return Step(index=int(found["index"]))
    if found["where"] is not None:
        return Step(where=parse(found["where"]), value=found["value"])
    return Step(name=found["quoted"] or (found["name"] or "").strip())


def find(document: Json, path: str) -> list[Json]:
    """What lies there, in order; nothing where the path leads nowhere."""
    here = [document]
    for step in parse(path):
        here = [value for one in here for value in _go(one, step)][:MOST_FOUND]
    return [value for value in here if value is not None]


def _go(one: Json, step: Step) -> Iterator[Json]:
    if step.name:
        if isinstance(one, dict) and step.name in one:
            yield one[step.name]
    elif not isinstance(one, list):
        return
    elif step.index is not None:
        if -len(one) <= step.index < len(one):
            yield one[step.index]
    elif step.where:
        yield from (value for value in one if _has(value, step))
    else:
        yield from one


def _has(value: Json, step: Step) -> bool:
    here = [value]
    for inner in step.where:
        here = [found for one in here for found in _go(one, inner)]
    return any(plain(one) == step.value for one in here)


def plain(value: Json) -> str:
    """A single value as text; NUL, which JSON may hold and the database may not, is taken out."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, (dict, list)):
        return ""
    return str(value).replace("\0", "").strip()


# the tree that is shown beside the fields

_NAMING = ("name", "column_id", "key", "id", "ref", "questionId", "question", "label", "title")


@dataclass(frozen=True)
class Leaf:
    """A value of the sample, the path that leads to it, and how deep it lies."""

    path: str
    name: str
    shown: str
    depth: int
    is_value: bool = True
    is_list: bool = False


def leaves(document: Json) -> list[Leaf]:
    """The document as lines, as many as a person can look at."""
    lines: list[Leaf] = []
    for leaf in _walk(document, "", "", 0):
        lines.append(leaf)
        if len(lines) >= MOST_LEAVES:
            break
    return lines


def _walk(value: Json, path: str, name: str, depth: int) -> Iterator[Leaf]:
    if isinstance(value, dict):
        inner = [(_joined(path, key), key, one) for key, one in value.items()]
    elif isinstance(value, list):
        inner = [(path + step, step, one) for step, one in zip(_steps(value), value, strict=True)]
    else:
        yield Leaf(path, name, plain(value)[:200], depth)
        return
    if path:
        is_list = isinstance(value, list)
        shown = str(len(value)) if is_list else ""
        yield Leaf(path, name, shown, depth, is_value=False, is_list=is_list)
    for further, called, one in inner:
        yield from _walk(one, further, called, depth + bool(path))


def _joined(path: str, key: str) -> str:
    if re.search(r'[.\[\]"=]', key) or key != key.strip() or not key:
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def _steps(rows: list[Json]) -> list[str]:
    """How each of a list is named: by what tells it from the others, else by its place."""
    for naming in _NAMING:
        names = [plain(row.get(naming)) if isinstance(row, dict) else "" for row in rows]
        if all(names) and len({*names}) == len(names) and not any("]" in one for one in names):
            return [f"[{naming}={name}]" for name in names]
    return [f"[{n}]" for n in range(len(rows))]


# what may be done to a value


def _lower(said: str) -> str:
    return said.lower()


def _title(said: str) -> str:
    return said.title() if said.islower() or said.isupper() else said


def _dated(*orders: str) -> Callable[[str], str]:
    def read(said: str) -> str:
        for order in orders:
            try:
                return datetime.strptime(said, order).replace(tzinfo=UTC).isoformat()
            except ValueError:
                continue
        raise ValueError(_("“%s” is no such date.") % said)

    return read


def _unix(said: str) -> str:
    """Seconds or milliseconds since 1970; which, its size tells."""
    try:
        number = float(said)
        return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        raise ValueError(_("“%s” is no Unix time.") % said) from None


def _share(said: str) -> str:
    """80 of 100 is 0.8."""
    try:
        share = float(said.removesuffix("%")) / 100
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:
        raise ValueError(_("“%s” is no number from 0 to 100.") % said)
    return str(share)


CHANGES: Mapping[str, tuple[Any, Callable[[str], str]]] = {
    "lower": (gettext_lazy("in small letters"), _lower),
    "title": (gettext_lazy("with capitals"), _title),
    "dmy": (gettext_lazy("day, month, year"), _dated("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M")),
    "mdy": (gettext_lazy("month, day, year"), _dated("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%Y %H:%M")),
    "unix": (gettext_lazy("Unix time"), _unix),
    "share": (gettext_lazy("of 100"), _share),
}  # fmt: skip


# reading a body

MOST_BYTES = 64_000
DEEPEST = 20
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def read(body: bytes) -> Json:
    """The object or list that a body holds. Raises ValueError, in a sentence, for anything else.

    The depth is counted before the parser, which recurses, sees it; NaN and Infinity are no JSON.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(_("The body is not UTF-8.")) from None
    if _depth(text) > DEEPEST:
        raise ValueError(_("The body is nested deeper than %d levels.") % DEEPEST)
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except ValueError:
        raise ValueError(_("The body is not JSON.")) from None
    if not isinstance(document, (dict, list)):
        raise ValueError(_("The body is neither an object nor a list."))  # noqa: TRY004 a sentence for the sender
    return document


def pretty(body: str) -> str:
    """A body in lines for people; as it came where it cannot be read."""
    try:
        return json.dumps(read(body.encode("utf-8", "replace")), indent=2, ensure_ascii=False)
    except ValueError:
        return body


def _no_constant(name: str) -> Json:
    raise ValueError(name)


def _depth(text: str) -> int:
    deepest = now = 0
    for sign in re.findall(r"[\[{\]}]", _STRING.sub("", text)):
        now += 1 if sign in "[{" else -1
        deepest = max(deepest, now)
    return deepest
