"""Mappings kept under a name, for the next file with these headings."""

from django.db import transaction

from leadflow.imports import mapping, services
from leadflow.imports.models import Import, SavedMapping
from leadflow.kit import clock, text
from leadflow.people.models import User

_KEPT = ("existing", "create", "dates", "decimals", "system", "make", "pipeline", "match")


@transaction.atomic
def keep(imported: Import, *, name: str, by: User | None) -> SavedMapping:
    """Keep how a file is understood; the same name is overwritten."""
    values = {
        "columns": {imported.headers[int(n)]: key for n, key in imported.mapping.items()},
        "values": imported.values,
        "choices": {key: imported.choices[key] for key in _KEPT if key in imported.choices},
        "by": by,
    }
    return SavedMapping.objects.update_or_create(
        entity=imported.entity,
        name=text.one_line(name)[:120],
        defaults=values,
        create_defaults={**values, "created_at": clock.now()},
    )[0]


def follow(imported: Import, saved: SavedMapping) -> Import:
    """Understand a file as a kept mapping says; headings that it lacks are left out."""
    here = {mapping.plain(header) for header in imported.headers}
    columns = {name: key for name, key in saved.columns.items() if mapping.plain(name) in here}
    return services.plan_as(
        imported,
        columns=mapping.by_header(columns, imported.headers),
        values=saved.values,
        choices=saved.choices,
    )
