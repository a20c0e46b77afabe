"""What target companies scored day by day."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leadflow', '0023_missed_in_time'),
    ]

    operations = [
        migrations.CreateModel(
            name='AccountScore',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('score', models.FloatField()),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scores', to='leadflow.company')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('company', 'on'), name='account_score_once_a_day')],
            },
        ),
    ]
