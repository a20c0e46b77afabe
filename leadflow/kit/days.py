"""How days are written: the organisation's pattern, held while a request lasts, as its time zone is."""

from contextvars import ContextVar

STANDARD = "j M Y"
# Django's pattern of a day -> the same day where the year is plain
PATTERNS = {"j M Y": "j M", "d.m.Y": "d.m.", "d/m/Y": "d/m", "m/d/Y": "m/d", "Y-m-d": "m-d"}
_pattern: ContextVar[str] = ContextVar("pattern", default=STANDARD)


def activate(pattern: str) -> None:
    """Write days so from now on; an unknown pattern means the standard one."""
    _pattern.set(pattern if pattern in PATTERNS else STANDARD)


def deactivate() -> None:
    """Write days by the standard pattern again."""
    _pattern.set(STANDARD)


def full() -> str:
    """The pattern with its year."""
    return _pattern.get()


def short() -> str:
    """The pattern without its year."""
    return PATTERNS[_pattern.get()]
