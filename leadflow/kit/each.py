"""An argument of a verb for many: one value for all, or one by the id of each."""

from collections.abc import Iterable, Mapping
from typing import TypeVar, Union

T = TypeVar("T")
Each = Union[T, Mapping[int, T]]  # noqa: UP007 - an alias with a variable is written so


def by_id(value: Each[T], ids: Iterable[int]) -> Mapping[int, T]:
    """The value of each id."""
    return value if isinstance(value, Mapping) else dict.fromkeys(ids, value)
