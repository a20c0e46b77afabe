"""Indexes that the report of missed opportunities asks for."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('capture', '0015_offer_of_a_form'),
        ('experiments', '0001_experiments'),
        ('leadflow', '0023_missed_in_time'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='formview',
            index=models.Index(condition=models.Q(('started_at__isnull', False)), fields=['started_at'], name='form_views_begun'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('state', 'processed'), models.Q(('reason', ''), _negated=True)), fields=['processed_at'], name='answers_restored'),
        ),
    ]
