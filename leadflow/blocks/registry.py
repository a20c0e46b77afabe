"""The block sets of the product and how each is rendered on the server.

A stage registers its set and its renderer in `apps.py`; the editor and the publish service look them
up by the key that a document's class names.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.safestring import SafeString

from leadflow.blocks.schema import BlockSet

Renderer = Callable[[Mapping[str, Any]], SafeString]
Fitting = Callable[[Any], BlockSet]

_sets: dict[str, BlockSet] = {}
_renderers: dict[str, Renderer] = {}
_fittings: dict[str, Fitting] = {}


def register(
    block_set: BlockSet, renderer: Renderer | None = None, fitting: Fitting | None = None
) -> None:
    """Make a block set known; twice under one key is a mistake, except by the same object.

    `fitting` makes the set of one document, where that depends on another: a report mentions what its
    form asks.
    """
    known = _sets.get(block_set.key)
    if known is not None and known is not block_set:
        raise ValueError(f"The block set {block_set.key} is registered twice.")
    _sets[block_set.key] = block_set
    if renderer is not None:
        _renderers[block_set.key] = renderer
    if fitting is not None:
        _fittings[block_set.key] = fitting


def block_set(key: str) -> BlockSet:
    """The set called `key`. KeyError when no stage registered it."""
    return _sets[key]


def block_set_of(document: Any) -> BlockSet:
    """The set that this very document is made of."""
    key = document.block_set
    return _fittings[key](document) if key in _fittings else _sets[key]


def render(key: str, content: Mapping[str, Any]) -> SafeString:
    """The HTML of a document, as its stage renders it."""
    return _renderers[key](content)
