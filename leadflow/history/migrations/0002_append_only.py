"""What was remembered stays as it was."""

from django.db import migrations

TRIGGERS = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON history_fieldchange
FOR EACH ROW EXECUTE FUNCTION leadflow_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("history", "0001_initial"), ("events", "0002_append_only")]

    operations = [
        migrations.RunSQL(TRIGGERS, "DROP TRIGGER append_only ON history_fieldchange;"),
    ]
