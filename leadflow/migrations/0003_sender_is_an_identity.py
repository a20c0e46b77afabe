"""Whom mail comes from is a sender identity of `leadflow.mail`; it took the values over before this."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("leadflow", "0002_database_rules")]

    operations = [
        migrations.RemoveField("organisation", "sender_name"),
        migrations.RemoveField("organisation", "sender_email"),
        migrations.RemoveField("organisation", "reply_to"),
    ]
