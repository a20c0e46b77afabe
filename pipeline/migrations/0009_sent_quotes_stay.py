"""What was sent to a customer, and what she said to it, cannot be rewritten by anybody.

Of a sent version only its state goes on; the people who made it may lose their account.
"""

from django.db import migrations

VERSION = """
CREATE TRIGGER sent_stays BEFORE UPDATE ON pipeline_quoteversion
FOR EACH ROW WHEN (OLD.state <> 'draft')
EXECUTE FUNCTION leadflow_append_only('state', 'created_by_id', 'sent_by_id');
"""
ANSWER = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON pipeline_quoteanswer
FOR EACH ROW EXECUTE FUNCTION leadflow_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0008_quotes"), ("events", "0002_append_only")]

    operations = [
        migrations.RunSQL(VERSION, "DROP TRIGGER sent_stays ON pipeline_quoteversion;"),
        migrations.RunSQL(ANSWER, "DROP TRIGGER append_only ON pipeline_quoteanswer;"),
    ]
