from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mail', '0019_count_opens_by_mail'),
    ]

    operations = [
        migrations.CreateModel(
            name='MailHold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('reason', models.CharField(max_length=200)),
                ('at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.AddField(
            model_name='delivery',
            name='held_for',
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('held_for', ''), _negated=True), fields=['held_for'], name='delivery_held_for'),
        ),
    ]
