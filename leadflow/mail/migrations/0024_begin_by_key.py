"""Begin a message by its key: what was claimed is few rows, so the planner walked through all of those.

It took the index of leases, which holds a batch and whatever was claimed since the last vacuum, for each
message anew. The same function otherwise; the state is asked in a form that no partial index answers.
"""

from importlib import import_module

from django.db import migrations

_BEFORE = import_module("leadflow.mail.migrations.0022_begin_and_finish").BEGIN.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
_BY_LEASE = "WHERE id = p_id AND token = p_token AND state = 'claimed' AND lease_until"
_BY_KEY = "WHERE id = p_id AND token = p_token AND state || '' = 'claimed' AND lease_until"


class Migration(migrations.Migration):
    dependencies = [("mail", "0023_fewer_indexes")]

    operations = [migrations.RunSQL(_BEFORE.replace(_BY_LEASE, _BY_KEY), _BEFORE)]
