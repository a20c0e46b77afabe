"""A block document: plain JSON, its shape, its problems, and what changed between two of them.

    {"version": 1, "settings": {…},
     "pages": [{"id": "p1", "title": "", "props": {…},
                "blocks": [{"id": "b1", "type": "email", "props": {…}}]}]}

Ids are made by the editor and stay with a block for life, so a diff and a drop-off figure can follow
it through versions.
"""

import json
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from leadflow.blocks.schema import BlockSet, BlockType, Problem, Prop, PropKind

Content = dict[str, Any]

FORMAT = 1
MAX_BYTES = 200_000
MAX_PAGES = 20
MAX_BLOCKS = 200
_ID = re.compile(r"^[A-Za-z0-9_-]{1,24}$")


def new_id(prefix: str = "b") -> str:
    """A fresh id of a block or page; unique within a document is enough."""
    return f"{prefix}{secrets.token_hex(4)}"


def empty(**settings: Any) -> Content:
    """A document of one empty page."""
    page = {"id": "p1", "title": "", "blocks": []}
    return {"version": FORMAT, "pages": [page], "settings": settings}


def block(kind: BlockType, block_id: str = "", **props: Any) -> dict[str, Any]:
    """One block of `kind` with its defaults, overridden by `props`."""
    return {
        "id": block_id or new_id(),
        "type": kind.key,
        "props": kind.defaults() | props,
    }


def blocks(content: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every block of the document in reading order."""
    for page in content["pages"]:
        yield from page["blocks"]


def shape_problems(content: Any, block_set: BlockSet) -> list[Problem]:
    """Why this cannot even be kept as a draft: wrong types, unknown blocks or keys, too large."""
    if not isinstance(content, dict):
        return [Problem("", _("The document must be an object."))]
    if len(json.dumps(content)) > MAX_BYTES:
        return [Problem("", _("The document is too large."))]
    unknown = set(content) - {"version", "pages", "settings"}
    if unknown:
        return [Problem(min(unknown), _("Unknown key."))]
    if content.get("version") != FORMAT:
        return [Problem("version", _("This version of the format is not known."))]
    found = list(_page_list_problems(content.get("pages"), block_set))
    found += _props_problems("settings", content.get("settings"), block_set.settings)
    return found or list(_repeated(content))


def _page_list_problems(pages: Any, block_set: BlockSet) -> Iterator[Problem]:
    if not isinstance(pages, list) or not pages:
        yield Problem("pages", _("A document has at least one page."))
        return
    if len(pages) > (MAX_PAGES if block_set.many_pages else 1):
        yield Problem("pages", _("There are too many pages."))
        return
    total = 0
    for number, page in enumerate(pages):
        path = f"pages[{number}]"
        wrong = _page_problem(page)
        if wrong:
            yield Problem(path, wrong)
            continue
        yield from _props_problems(f"{path}.props", page.get("props", {}), block_set.page_props)
        total += len(page["blocks"])
        for place, item in enumerate(page["blocks"]):
            yield from _block_problems(f"{path}.blocks[{place}]", item, block_set)
    if total > MAX_BLOCKS:
        yield Problem("pages", _("Use at most %(n)d blocks.") % {"n": MAX_BLOCKS})


def _page_problem(page: Any) -> str | None:
    if not isinstance(page, dict) or set(page) - {"id", "title", "props", "blocks"}:
        return _("A page has an id, a title, properties and blocks.")
    if not _is_id(page.get("id")):
        return _("The page has no usable id.")
    if not isinstance(page.get("title", ""), str) or len(page.get("title", "")) > 200:
        return _("The page title must be text of at most 200 characters.")
    return None if isinstance(page.get("blocks"), list) else _("The page has no list of blocks.")


def _block_problems(path: str, item: Any, block_set: BlockSet) -> Iterator[Problem]:
    if not isinstance(item, dict) or set(item) - {"id", "type", "props"}:
        yield Problem(path, _("A block has an id, a type and properties."))
        return
    if not _is_id(item.get("id")):
        yield Problem(f"{path}.id", _("The block has no usable id."))
        return
    kind = block_set.type(str(item.get("type")))
    if kind is None:
        message = _("There is no block called %(type)s.") % {"type": str(item.get("type"))[:40]}
        yield Problem(f"{path}.type", message, item["id"])
        return
    for found in _props_problems(f"{path}.props", item.get("props"), kind.props):
        yield Problem(found.path, found.message, item["id"])


def _props_problems(path: str, values: Any, props: tuple[Prop, ...]) -> list[Problem]:
    if not isinstance(values, dict):
        return [Problem(path, _("The properties must be an object."))]
    known = {prop.key: prop for prop in props}
    found = [
        Problem(f"{path}.{str(key)[:40]}", _("There is no such property."))
        for key in values
        if key not in known
    ]
    for key, prop in known.items():
        wrong = prop.problem(values[key]) if key in values else None
        if wrong:
            found.append(Problem(f"{path}.{key}", wrong))
    return found


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and bool(_ID.match(value))


def _repeated(content: Content) -> Iterator[Problem]:
    seen: set[str] = set()
    for page in content["pages"]:
        for item in [page, *page["blocks"]]:
            if item["id"] in seen:
                yield Problem("pages", _("Two blocks share one id."), item["id"])
            seen.add(item["id"])


def normalised(content: Content, block_set: BlockSet) -> Content:
    """The document with every property present; what is stored and published."""
    pages = []
    for page in content["pages"]:
        rows = []
        for item in page["blocks"]:
            kind = block_set.type(item["type"])
            defaults = kind.defaults() if kind else {}
            props = {**{k: _plain(v) for k, v in defaults.items()}, **item["props"]}
            rows.append({"id": item["id"], "type": item["type"], "props": props})
        made = {"id": page["id"], "title": page.get("title", ""), "blocks": rows}
        if block_set.page_props:
            own = {prop.key: _plain(prop.default) for prop in block_set.page_props}
            made["props"] = own | page.get("props", {})
        pages.append(made)
    settings = {prop.key: _plain(prop.default) for prop in block_set.settings}
    return {"version": FORMAT, "pages": pages, "settings": settings | content["settings"]}


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | list | dict | None) else str(value)


def publish_problems(content: Content, block_set: BlockSet) -> list[Problem]:
    """What is still missing before visitors may see it; empty means it can be published."""
    wrong = shape_problems(content, block_set)
    if wrong:
        return wrong
    whole = normalised(content, block_set)
    found = list(_missing_settings(whole, block_set))
    for number, page in enumerate(whole["pages"]):
        for place, item in enumerate(page["blocks"]):
            path = f"pages[{number}].blocks[{place}].props"
            kind = block_set.type(item["type"])
            found += _unfinished(path, item, kind) if kind else []
    found += _same_names(whole, block_set)
    found += _more_than_once(whole, block_set)
    return found + list(block_set.check(whole) if block_set.check else [])


def _missing_settings(whole: Content, block_set: BlockSet) -> Iterator[Problem]:
    for prop in block_set.settings:
        if prop.required and prop.is_blank(whole["settings"][prop.key]):
            yield Problem(f"settings.{prop.key}", _missing(prop))


def _missing(prop: Prop) -> str:
    return _("%(property)s is empty.") % {"property": prop.label}


def _unfinished(path: str, item: dict[str, Any], kind: BlockType) -> list[Problem]:
    found = [
        Problem(f"{path}.{prop.key}", _missing(prop), item["id"])
        for prop in kind.props
        if prop.required and prop.is_blank(item["props"][prop.key])
    ]
    extra = kind.check(item["props"]) if kind.check else ()
    return found + [Problem(f"{path}.{key}", message, item["id"]) for key, message in extra]


def _same_names(whole: Content, block_set: BlockSet) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for item in blocks(whole):
        kind = block_set.type(item["type"])
        for prop in kind.props if kind else ():
            value = item["props"][prop.key]
            if prop.kind != PropKind.NAME or not value:
                continue
            if value in seen:
                message = _("The name %(name)s is used twice.") % {"name": value}
                yield Problem(f"{item['id']}.{prop.key}", message, item["id"])
            seen[value] = item["id"]


def _more_than_once(whole: Content, block_set: BlockSet) -> Iterator[Problem]:
    seen: set[str] = set()
    for item in blocks(whole):
        kind = block_set.type(item["type"])
        if kind and kind.once and kind.key in seen:
            message = _("Only one %(block)s block is possible.") % {"block": kind.label}
            yield Problem(item["id"], message, item["id"])
        seen.add(item["type"])


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two documents, as the versions list tells it."""

    what: str  # added, removed, moved, changed, settings, page
    block: str
    label: str
    props: tuple[str, ...] = ()
    lines: tuple[tuple[str, str, str], ...] = ()  # property, before, after: in words


def diff(old: Content, new: Content) -> list[Change]:
    """What became of each block from `old` to `new`, in the order of the new document."""
    before = {item["id"]: item for item in blocks(old)}
    after = {item["id"]: item for item in blocks(new)}
    found = [Change("removed", key, _title(before[key])) for key in before if key not in after]
    moved = _moved([k for k in before if k in after], [k for k in after if k in before])
    for key, item in after.items():
        if key not in before:
            found.append(Change("added", key, _title(item)))
            continue
        props = _changed(before[key]["props"], item["props"])
        if props:
            made = Change("changed", key, _title(item), props)
            found.append(_with_lines(made, before[key]["props"], item["props"]))
        if key in moved:
            found.append(Change("moved", key, _title(item)))
    found += _page_changes(old, new)
    settings = _changed(old["settings"], new["settings"])
    if not settings:
        return found
    return [
        *found,
        _with_lines(Change("settings", "", "", settings), old["settings"], new["settings"]),
    ]


def _page_changes(old: Content, new: Content) -> Iterator[Change]:
    """What became of the pages themselves: their titles and rules, one more, one less."""
    before = {page["id"]: (n, page) for n, page in enumerate(old["pages"], start=1)}
    for n, page in enumerate(new["pages"], start=1):
        name = _("Page %(n)d") % {"n": n}
        if page["id"] not in before:
            yield Change("added", page["id"], name)
            continue
        was, now = (_page_values(one) for one in (before.pop(page["id"])[1], page))
        if props := _changed(was, now):
            yield _with_lines(Change("page", page["id"], name, props), was, now)
    for n, page in before.values():
        yield Change("removed", page["id"], _("Page %(n)d") % {"n": n})


def _page_values(page: Mapping[str, Any]) -> dict[str, Any]:
    own = {key: value for key, value in (page.get("props") or {}).items() if value}
    return {"title": page.get("title", ""), **own}


def _with_lines(change: Change, old: Mapping[str, Any], new: Mapping[str, Any]) -> Change:
    lines = tuple((key, told(old.get(key)), told(new.get(key))) for key in change.props)
    return replace(change, lines=lines)


def told(value: Any) -> str:
    """A property's value for people who compare two versions."""
    if value in (None, "", [], {}):
        return _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(told(one) for one in value)[:160]
    if isinstance(value, Mapping):
        return str(value.get("label") or value.get("title") or value.get("value") or _("a rule"))
    return str(value)[:160]


def _moved(old: list[str], new: list[str]) -> set[str]:
    """The fewest blocks whose moving explains the new order: those outside the longest kept run."""
    place = {key: n for n, key in enumerate(old)}
    longest: list[list[str]] = [[]]  # for each end, the longest run that keeps the old order
    for key in new:
        fitting = [run for run in longest if not run or place[run[-1]] < place[key]]
        longest.append([*_longest(fitting), key])
    return set(new) - set(_longest(longest))


def _longest(runs: list[list[str]]) -> list[str]:
    return sorted(runs, key=len)[-1]


def _title(item: Mapping[str, Any]) -> str:
    props = item["props"]
    return str(props.get("label") or props.get("text") or item["type"])[:80]


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """What differs for a person: a property that was not there yet is no other than an empty one."""
    return tuple(sorted(key for key in {*old, *new} if not _same(old.get(key), new.get(key))))


def _same(was: Any, now: Any) -> bool:
    return bool(was == now or (_is_nothing(was) and _is_nothing(now)))


def _is_nothing(value: Any) -> bool:
    return value is None or value is False or value in ("", [], {})
