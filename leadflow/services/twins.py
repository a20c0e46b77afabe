"""Walking all rows of a table for pairs that may be one thing: what people and companies share."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Model, Q

from leadflow.runs.working import Work


def walk(work: Work, model: type[Model], find: Callable[..., int], size: int) -> Mapping[str, Any]:
    """The run: all rows of the model, `size` keys at a time; `find` answers how many pairs it wrote."""
    keys = model._default_manager.order_by("-pk").values_list("pk", flat=True)
    newest = keys.first() or 0
    work.expect(newest)
    first, found = int(work.checkpoint.get("next", 1)), int(work.checkpoint.get("found", 0))
    while first <= newest:
        with work.chunk() as chunk:
            found += find(first=first, last=first + size - 1)
            chunk.by = min(size, newest - first + 1)
            chunk.checkpoint = {"next": first + size, "found": found}
        first += size
    return {"found": found}


def forget_settled(pairs: type[Model]) -> int:
    """Drop pairs of which one is gone or merged, unless somebody told them apart; returns how many."""
    gone = Q(one__merged_into__isnull=False) | Q(two__merged_into__isnull=False)
    gone |= Q(one__deleted_at__isnull=False) | Q(two__deleted_at__isnull=False)
    return pairs._default_manager.filter(gone, is_different=False).delete()[0]
