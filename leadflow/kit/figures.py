"""How figures are written: the organisation's signs, held while a request lasts, as its pattern of days is."""

from contextvars import ContextVar

STANDARD = "1,234.56"
# as an example is written -> what stands between thousands, and before the decimals
SIGNS = {
    "1,234.56": (",", "."),
    "1.234,56": (".", ","),
    "1 234,56": ("\u202f", ","),  # narrow and never at the end of a line
    "1’234.56": ("’", "."),
}
_signs: ContextVar[str] = ContextVar("signs", default=STANDARD)


def activate(signs: str) -> None:
    """Write figures so from now on; unknown signs mean the standard ones."""
    _signs.set(signs if signs in SIGNS else STANDARD)


def deactivate() -> None:
    """Write figures in the standard way again."""
    _signs.set(STANDARD)


def whole(number: int, signs: str = "") -> str:
    """1284 -> 1,284; `signs` for words that are kept, which no request has set up."""
    return written(f"{number:,}", signs)


def written(text: str, signs: str = "") -> str:
    """A figure that stands in the standard way, in the signs that are wanted."""
    between, before = SIGNS.get(signs) or SIGNS[_signs.get()]
    return text.translate({ord(","): between, ord("."): before})
