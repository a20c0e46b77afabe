from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the log goes on being written meanwhile

    dependencies = [
        ("nurturing", "0019_reasons_of_anybody"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="automationrun",
            index=models.Index(fields=["automation", "-at", "-id"], name="automation_run_latest"),
        ),
        RemoveIndexConcurrently(
            model_name="automationrun",
            name="automation_run_newest",
        ),
    ]
