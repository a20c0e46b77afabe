"""What the ending of a host name tells of a country: `.se` is Sweden, `.io` is anybody."""

from functools import cache
from importlib.resources import files

# Sold to everybody for their look, or of nobody: they tell no country.
ANYBODYS = frozenset(
    ["ac", "ag", "ai", "am", "as", "bz", "cc", "cd", "cf", "cg", "ci", "co", "cx", "dj", "eu", "fm", "ga", "gd", "gg", "gl", "gq", "gs", "im", "io", "je", "ki", "la", "lc", "li", "ly", "me", "ml", "mn", "ms", "mu", "nu", "pn", "pw", "re", "sc", "sh", "so", "st", "su", "sx", "tc", "tf", "tk", "tl", "tm", "to", "tv", "vc", "vg", "vu", "ws"]
)  # fmt: skip
_OTHER = {"uk": "GB"}


@cache
def names() -> dict[str, str]:
    """Every country by its two letters, in English, as the time zone database lists them."""
    table = (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return {code: name.replace("Britain (UK)", "United Kingdom") for code, name in rows}


def country_of(host: str) -> str:
    """The two letters of the country that the ending tells; empty where it tells none."""
    ending = host.strip().lower().rstrip(".").rpartition(".")[2]
    code = _OTHER.get(ending, ending.upper())
    return code if ending not in ANYBODYS and code in names() else ""


def name_of(code: str) -> str:
    """The country's name; a code that nobody knows stays as it is."""
    return names().get(code, code)
