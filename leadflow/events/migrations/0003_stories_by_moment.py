"""Stories are told by when things happened, whatever was recorded first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0002_append_only")]

    operations = [
        migrations.RemoveIndex("event", "event_timeline"),
        migrations.RemoveIndex("event", "event_of_record"),
        migrations.AddIndex(
            "event",
            models.Index(fields=["lead_id", "-occurred_at", "-id"], name="event_timeline"),
        ),
        migrations.AddIndex(
            "event",
            models.Index(
                fields=["subject_type", "subject_id", "-occurred_at", "-id"],
                condition=models.Q(subject_id__isnull=False),
                name="event_of_record",
            ),
        ),
    ]
