"""A published version, a publishing and a decision are never rewritten."""

from django.db import migrations

TRIGGERS = """
CREATE TRIGGER published_is_immutable BEFORE UPDATE OR DELETE ON rulesets_ruleversion
FOR EACH ROW WHEN (OLD.state <> 'draft')
EXECUTE FUNCTION leadflow_append_only('state', 'saved_by_id', 'published_by_id');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON rulesets_publishevent
FOR EACH ROW EXECUTE FUNCTION leadflow_append_only('by_id');
CREATE TRIGGER append_only BEFORE UPDATE ON rulesets_decision
FOR EACH ROW EXECUTE FUNCTION leadflow_append_only();
"""
UNDO = """
DROP TRIGGER published_is_immutable ON rulesets_ruleversion;
DROP TRIGGER append_only ON rulesets_publishevent;
DROP TRIGGER append_only ON rulesets_decision;
"""


class Migration(migrations.Migration):
    dependencies = [("rulesets", "0001_initial"), ("events", "0002_append_only")]

    operations = [migrations.RunSQL(TRIGGERS, UNDO)]
