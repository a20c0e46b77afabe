from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mail", "0017_marketing_in_time"),
    ]

    operations = [
        migrations.AddField(
            model_name="mailbox",
            name="knows_plus_addresses",
            field=models.BooleanField(default=False, verbose_name="its server knows plus-addresses"),
        ),
    ]
