"""Which column is which field: guessed from the heading and from what stands in the column."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from leadflow.errors import Invalid
from leadflow.imports.models import Import
from leadflow.imports.registry import Field
from leadflow.kit import emails, text

EARLIER = 200  # imports whose headings are remembered
_EITHER = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_DAY = re.compile(r"(\d{1,2})([./])(\d{1,2})\2\d{4}\b")


def guess(
    headers: Sequence[str],
    samples: Sequence[Sequence[str]],
    fields: Sequence[Field],
    remembered: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Column number -> field: as it was once decided for this heading, else by its name, else by what
    its cells look like; no field twice."""
    earlier = {plain(name): key for name, key in (remembered or {}).items()}
    found = _by_memory(headers, fields, earlier)
    unknown = [n for n, name in enumerate(headers) if plain(name) not in earlier]
    for number in unknown:
        name = plain(headers[number])
        match = next((f for f in fields if name in _names(f) and f.key not in found.values()), None)
        if match:
            found[str(number)] = match.key
    for number in unknown:
        if str(number) not in found:
            cells = [row[number] for row in samples if number < len(row) and row[number].strip()]
            key = _by_look(cells, fields)
            if key and key not in found.values():
                found[str(number)] = key
    return found


def _by_memory(
    headers: Sequence[str], fields: Sequence[Field], earlier: Mapping[str, str]
) -> dict[str, str]:
    keys, found = {field.key for field in fields}, dict[str, str]()
    for number, header in enumerate(headers):
        key = earlier.get(plain(header), "")
        if key in keys and key not in found.values():
            found[str(number)] = key
    return found


def remembered(entity: str, headers: Sequence[str]) -> dict[str, str]:
    """Heading -> field as the latest import with that heading had it; empty where it was left out."""
    wanted = {plain(header): header for header in headers}
    rows = Import.objects.filter(entity=entity).exclude(state=Import.State.DRAFT)
    found: dict[str, str] = {}
    for names, columns in rows.order_by("-pk").values_list("headers", "mapping")[:EARLIER]:
        for number, name in enumerate(names):
            if header := wanted.pop(plain(name), None):
                found[header] = columns.get(str(number), "")
    return found


def guess_dates(cells: Iterable[str]) -> str:
    """How the file writes days: iso, dmy or mdy; where the day may be the month, as most lands do."""
    found = _days(cells)
    if not found:
        return "iso"
    is_american = all(match[2] == "/" for match in found) and any(int(m[3]) > 12 for m in found)
    return "mdy" if is_american else "dmy"


def may_be_either_day(cells: Iterable[str]) -> bool:
    """Whether 03/04/2026 and its like are all that is there: nobody can tell the month from the day."""
    found = _days(cells)
    is_slashed = any(match[2] == "/" for match in found)
    return is_slashed and all(int(m[1]) <= 12 and int(m[3]) <= 12 for m in found)


def _days(cells: Iterable[str]) -> list[re.Match[str]]:
    return [match for cell in cells if (match := _DAY.match(cell.strip()))]


def guess_decimals(cells: Iterable[str]) -> str:
    """Which sign stands before the cents: "," or "."; empty where no number has any."""
    commas, points = _decimal_signs(cells)
    if commas != points:
        return "," if commas > points else "."
    return ""


def may_be_either_number(cells: Iterable[str]) -> bool:
    """Whether 1,234 and its like are all that tells the sign: a thousand, or a little more than one."""
    said = list(cells)
    return guess_decimals(said) == "" and any(_EITHER.fullmatch(_bare(cell)) for cell in said)


def _decimal_signs(cells: Iterable[str]) -> tuple[int, int]:
    found = [_decimal_sign(_bare(cell)) for cell in cells]
    return found.count(","), found.count(".")


def _decimal_sign(bare: str) -> str:
    """The sign that can only stand before the cents of this number; empty where that stays open."""
    signs = re.sub(r"\d", "", bare)
    if not bare[-1:].isdigit() or not signs or signs.strip(",."):
        return ""
    if len(set(signs)) == 2:
        return signs[-1] if signs.count(signs[-1]) == 1 else ""
    if len(signs) > 1:  # 1.234.567: the other one
        return "," if signs[0] == "." else "."
    return "" if _EITHER.fullmatch(bare) else signs


def _bare(cell: str) -> str:
    return re.sub(r"[\s'\u00a0]", "", cell.strip().strip("€$£+-− "))


def plain(header: str) -> str:
    """A heading without case, accents and punctuation."""
    return re.sub(r"[^a-z0-9]+", "", text.search_text(header))


def _names(field: Field) -> set[str]:
    return {plain(field.key), plain(str(field.label)), *map(plain, field.aliases)}


def _is_email(cell: str) -> bool:
    try:
        emails.parse(cell)
    except ValueError:
        return False
    return True


_LOOKS: Mapping[str, Callable[[str], bool]] = {"email": _is_email}


def _by_look(cells: Sequence[str], fields: Sequence[Field]) -> str:
    known = {field.key for field in fields}
    for key, test in _LOOKS.items():
        if key in known and cells and sum(map(test, cells)) * 5 >= len(cells) * 4:
            return key
    return ""


def by_header(columns: Mapping[str, str], headers: Sequence[str]) -> dict[str, str]:
    """A mapping by heading as one by column number. Raises Invalid for a heading that is missing."""
    places = {plain(header): str(number) for number, header in enumerate(headers)}
    missing = [name for name in columns if plain(name) not in places]
    if missing:
        raise Invalid(f"The file has no column named {', '.join(missing)}.")
    return {places[plain(name)]: key for name, key in columns.items() if key}
