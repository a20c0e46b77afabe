"""Take away indexes of the ledger that another one holds already: each message writes them four times."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mail", "0022_begin_and_finish")]

    operations = [
        migrations.RemoveIndex(model_name="delivery", name="delivery_key_start"),
        migrations.AlterField(
            model_name="delivery",
            name="lead",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="leadflow.lead",
            ),
        ),
        migrations.AlterField(
            model_name="attempt",
            name="delivery",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tries_made",
                to="mail.delivery",
            ),
        ),
    ]
