"""Names without legal form of the companies that are here already; may be run again."""

from typing import Any

from django.db import migrations
from django.db.migrations.state import StateApps

from leadflow.kit import firms

BATCH = 5_000


def work_out(apps: StateApps, _editor: Any) -> None:
    """Fill what is empty, a batch at a time along the primary key."""
    rows = apps.get_model("leadflow", "Company").objects.filter(name_key="").order_by("pk")
    last = 0
    while found := list(rows.filter(pk__gt=last)[:BATCH]):
        for company in found:
            company.name_key = firms.key(company.name)
        rows.model.objects.bulk_update(found, ["name_key"], batch_size=1_000)
        last = found[-1].pk


class Migration(migrations.Migration):
    """Data apart from the schema."""

    dependencies = [("leadflow", "0015_company_merges")]
    operations = [migrations.RunPython(work_out, migrations.RunPython.noop)]
