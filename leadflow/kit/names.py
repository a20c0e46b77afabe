"""A person's full name, taken apart."""

from nameparser import HumanName

from leadflow.kit.text import one_line


def split(full: str) -> tuple[str, str]:
    """(given name with middle names, family name): "Lee, Ann" and "Dr. Ann van der Lee" too.

    A single word is a given name; titles and "Jr." are left out.
    """
    parsed = HumanName(one_line(full)[:200])
    given = " ".join(part for part in (parsed.first, parsed.middle) if part)
    return (given, str(parsed.last)) if given else (str(parsed.last), "")
