"""Whether the data of an event fits what its kind carries."""

from collections.abc import Hashable, Mapping
from dataclasses import MISSING, fields
from functools import cache
from types import UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints


@cache
def _shape(payload: Any) -> dict[str, tuple[Any, bool]]:
    """JSON key -> (type, required) of a payload class."""
    hints = get_type_hints(payload)
    return {
        f.name.rstrip("_"): (
            hints[f.name],
            f.default is MISSING and f.default_factory is MISSING,
        )
        for f in fields(payload)
    }


def _fits(value: Any, hint: Any) -> bool:
    if hint is Any:
        return True
    if isinstance(hint, UnionType):
        return any(_fits(value, option) for option in get_args(hint))
    if get_origin(hint) is list:
        (item,) = get_args(hint)
        return isinstance(value, (list, tuple)) and all(_fits(one, item) for one in value)
    if hint in (int, float) and isinstance(value, bool):
        return False
    return isinstance(value, (int, float) if hint is float else hint)


def check(payload: type[Any], data: Mapping[str, Any]) -> None:
    """Raise ValueError unless `data` has the keys and types that the payload class names."""
    shape: dict[str, tuple[Any, bool]] = _shape(cast(Hashable, payload))
    wrong = [f"unknown {key}" for key in data if key not in shape]
    for key, (hint, required) in shape.items():
        if key not in data:
            wrong += [f"missing {key}"] if required else []
        elif not _fits(data[key], hint):
            wrong.append(f"{key} is {type(data[key]).__name__}")
    if wrong:
        raise ValueError(f"{payload.__name__} data does not fit: {', '.join(wrong)}")
