"""Every door of the product: the URL patterns, walked."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Door:
    """One URL pattern: its full name, its view, and the arguments that it takes."""

    name: str
    view: Any
    arguments: tuple[str, ...]
    route: str


def every_door() -> list[Door]:
    """All patterns, in the order of the URLconf."""
    return list(_walk(get_resolver().url_patterns, "", "", ()))


def _walk(
    patterns: list[URLPattern | URLResolver], space: str, route: str, arguments: tuple[str, ...]
) -> Iterator[Door]:
    for pattern in patterns:
        here = route + str(pattern.pattern)
        taken = arguments + tuple(pattern.pattern.converters)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _walk(pattern.url_patterns, inner, here, taken)
        else:
            groups = tuple(getattr(pattern.pattern, "regex", None).groupindex)
            name = f"{space}{pattern.name}" if pattern.name else f"(no name) {here}"
            yield Door(name, pattern.callback, tuple(dict.fromkeys(taken + groups)), here)
