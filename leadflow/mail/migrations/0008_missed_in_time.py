"""Indexes that the report of missed opportunities asks for."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leadflow', '0023_missed_in_time'),
        ('mail', '0007_essential_mail_first'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='inboundmail',
            index=models.Index(condition=models.Q(('lead__isnull', False)), fields=['received_at'], name='inbound_in_time'),
        ),
    ]
