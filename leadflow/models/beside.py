"""What stands on the page of one record beside it, read in one statement.

A page of one record shows a dozen short lists, and each asked by itself is a round trip of its own. Here
they are columns of one statement: each list comes as JSON, and its rows are rows of their model again,
with the fields that were named; any other costs a query when it is asked, as with `only()`.

    found = beside(lead, tags=Aside(lead.tags.all(), "name"), is_followed=Exists(...))
    found["tags"][0].name
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Model, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import JSONObject


@dataclass(frozen=True, slots=True, init=False)
class Aside:
    """A short list: its rows in their order, and the fields that are shown of them.

    A field of what a row points to is named with its path, and then its id as well: `offer__id`,
    `offer__name`. A field may be an annotation of the rows. A list that is `distinct()` as a whole cannot be one.
    """

    rows: "QuerySet[Any]"
    fields: tuple[str, ...]

    def __init__(self, rows: "QuerySet[Any]", *fields: str) -> None:
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "fields", ("id", *fields))

    def column(self) -> ArraySubquery:
        """The list as a column of the statement."""
        return ArraySubquery(
            self.rows.values(aside=JSONObject(**{key: key for key in self.fields}))
        )

    def read(self, told: list[dict[str, Any]] | None) -> list[Any]:
        """The column as rows of the model."""
        return [_row(self.rows.model, one) for one in told or ()]


def beside(record: Model, **asked: Aside | Combinable) -> dict[str, Any]:
    """All that was asked, by its name, in one statement."""
    columns = {f"aside_{k}": v.column() if isinstance(v, Aside) else v for k, v in asked.items()}
    told = type(record)._base_manager.filter(pk=record.pk).values(**columns).get()
    return {
        key: one.read(told[f"aside_{key}"]) if isinstance(one, Aside) else told[f"aside_{key}"]
        for key, one in asked.items()
    }


def _row(model: type[Model], told: Mapping[str, Any]) -> Model:
    named = [field for field in model._meta.concrete_fields if field.name in told]
    others = defaultdict[str, dict[str, Any]](dict)
    more = {key: value for key, value in told.items() if key not in {f.name for f in named}}
    row = model.from_db(
        None, [field.attname for field in named], [f.to_python(told[f.name]) for f in named]
    )
    for path, value in more.items():
        name, _sep, rest = path.partition("__")
        if rest:
            others[name][rest] = value
        else:
            setattr(row, name, value)
    for name, part in others.items():
        to: Any = model._meta.get_field(name).related_model
        setattr(row, name, _row(to, part) if part["id"] is not None else None)
    return row
