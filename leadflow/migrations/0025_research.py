"""What to find out about leads and companies, and notes that are research."""


import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leadflow', '0024_account_scores'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='note',
            name='kind',
            field=models.CharField(choices=[('note', 'Note'), ('research', 'Research')], db_default='note', default='note', max_length=8, verbose_name='kind'),
        ),
        migrations.CreateModel(
            name='ResearchItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(choices=[('lead', 'Lead'), ('company', 'Company')], max_length=7, verbose_name='about')),
                ('label', models.CharField(max_length=120, verbose_name='what to find out')),
                ('hint', models.CharField(blank=True, help_text='Stands below the line for whoever does it for the first time.', max_length=200, verbose_name='where to look')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='position')),
                ('is_archived', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ['subject', 'position', 'label', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('subject', 'label'), name='research_item_once', violation_error_message='The list has this line already.')],
            },
        ),
        migrations.CreateModel(
            name='ResearchCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='what you found')),
                ('at', models.DateTimeField()),
                ('origin', models.CharField(choices=[('live', 'live'), ('import', 'import'), ('demo', 'demo'), ('api', 'API')], default='live', max_length=6)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('company', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='research', to='leadflow.company')),
                ('lead', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='research', to='leadflow.lead')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checks', to='leadflow.researchitem')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('company__isnull', False), ('lead', None)), models.Q(('company', None), ('lead__isnull', False)), _connector='OR'), name='research_about_one'), models.UniqueConstraint(fields=('item', 'lead'), name='research_of_lead_once'), models.UniqueConstraint(fields=('item', 'company'), name='research_of_company_once')],
            },
        ),
    ]
