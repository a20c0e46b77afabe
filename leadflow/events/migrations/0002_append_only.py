"""Let the database itself refuse to rewrite the log.

`leadflow_append_only(column, …)` is a trigger function for every table of facts: an UPDATE may touch
the named columns only, a DELETE is refused, unless the transaction is erasing a person
(leadflow.events.erasing).
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION leadflow_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('leadflow.erasing', true) = 'on' THEN
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - TG_ARGV = to_jsonb(OLD) - TG_ARGV THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
END $$;
"""
TRIGGER = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON events_event
FOR EACH ROW EXECUTE FUNCTION leadflow_append_only('dispatched_at', 'seq');
"""
SEQUENCE = "CREATE SEQUENCE events_event_seq_order AS bigint;"


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION leadflow_append_only();"),
        migrations.RunSQL(TRIGGER, "DROP TRIGGER append_only ON events_event;"),
        migrations.RunSQL(SEQUENCE, "DROP SEQUENCE events_event_seq_order;"),
    ]
