"""What the database itself guarantees: consent is never changed, hot tables leave room for updates."""

from django.db import migrations

CONSENT_IS_APPEND_ONLY = """
CREATE FUNCTION leadflow_consent_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- merging moves a proof to the surviving person; nothing else of it may change
    IF to_jsonb(NEW) - 'lead_id' - 'by_id' <> to_jsonb(OLD) - 'lead_id' - 'by_id' THEN
        RAISE EXCEPTION 'A consent row is proof and cannot be changed; add another row instead.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_is_append_only BEFORE UPDATE ON leadflow_consent
    FOR EACH ROW EXECUTE FUNCTION leadflow_consent_is_append_only();
"""

UNDO_CONSENT = """
DROP TRIGGER consent_is_append_only ON leadflow_consent;
DROP FUNCTION leadflow_consent_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("leadflow", "0001_initial")]

    operations = [
        migrations.RunSQL(CONSENT_IS_APPEND_ONLY, UNDO_CONSENT),
        migrations.RunSQL(
            "ALTER TABLE leadflow_leadscore SET (fillfactor = 70);"
            "ALTER TABLE leadflow_engagementsum SET (fillfactor = 70);",
            "ALTER TABLE leadflow_leadscore RESET (fillfactor);"
            "ALTER TABLE leadflow_engagementsum RESET (fillfactor);",
        ),
    ]
