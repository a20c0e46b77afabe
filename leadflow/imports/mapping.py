"""Which column is which field: guessed from the heading and from what stands in the column."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from leadflow.errors import Invalid
from leadflow.imports.registry import Field
from leadflow.kit import emails, text

_DAY = re.compile(r"(\d{1,2})([./])(\d{1,2})\2\d{4}\b")


def guess(
    headers: Sequence[str], samples: Sequence[Sequence[str]], fields: Sequence[Field]
) -> dict[str, str]:
    """Column number -> field: by its name, else by what its cells look like; no field twice."""
    found: dict[str, str] = {}
    for number, header in enumerate(headers):
        name = plain(header)
        match = next((f for f in fields if name in _names(f) and f.key not in found.values()), None)
        if match:
            found[str(number)] = match.key
    for number in range(len(headers)):
        if str(number) not in found:
            cells = [row[number] for row in samples if number < len(row) and row[number].strip()]
            key = _by_look(cells, fields)
            if key and key not in found.values():
                found[str(number)] = key
    return found


def guess_dates(samples: Iterable[Sequence[str]]) -> str:
    """How the file writes days: iso, dmy or mdy; where the day may be the month, as most lands do."""
    found = [match for row in samples for cell in row if (match := _DAY.match(cell.strip()))]
    if not found:
        return "iso"
    is_american = all(match[2] == "/" for match in found) and any(int(m[3]) > 12 for m in found)
    return "mdy" if is_american else "dmy"


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
