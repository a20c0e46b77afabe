"""An index that the report of missed opportunities asks for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leadflow", "0022_negotiation")]

    operations = [
        migrations.AddIndex(
            model_name="engagement",
            index=models.Index(
                condition=models.Q(("kind", "form.started")),
                fields=["occurred_at"],
                name="engagement_begun",
            ),
        ),
    ]
