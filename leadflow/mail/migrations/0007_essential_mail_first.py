"""The claim takes what people wait for before what went to many: its index is in that order."""

from django.db import migrations, models
from django.db.models import ExpressionWrapper, Q


class Migration(migrations.Migration):
    dependencies = [("mail", "0006_received_mail")]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                ExpressionWrapper(Q(kind="marketing"), output_field=models.BooleanField()),
                "not_before",
                "id",
                condition=Q(state="queued"),
                name="delivery_next",
            ),
        ),
        migrations.RemoveIndex(model_name="delivery", name="delivery_queued"),
    ]
