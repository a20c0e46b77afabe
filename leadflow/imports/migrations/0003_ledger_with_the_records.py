"""A line enters the ledger together with what it made, no more as one that waits."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("imports", "0002_import_states")]

    operations = [
        # an import that was under way goes on with these lines from its file
        migrations.RunSQL(
            "DELETE FROM imports_importrow WHERE state = 'pending'", migrations.RunSQL.noop
        ),
        migrations.RemoveIndex(model_name="importrow", name="import_pending"),
        migrations.AlterField(
            model_name="importrow",
            name="state",
            field=models.CharField(
                choices=[
                    ("created", "Created"),
                    ("updated", "Updated"),
                    ("unchanged", "Unchanged"),
                    ("skipped", "Skipped"),
                    ("failed", "Rejected"),
                ],
                max_length=9,
            ),
        ),
    ]
