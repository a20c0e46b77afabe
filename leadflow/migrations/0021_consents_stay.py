"""Let the database refuse to take a proof of consent out, as it refuses to change one.

Only a transaction that erases (`leadflow.models.erasing`) may: a person who asked for it, an import that
is taken back, a merge that is taken apart, the demo that goes.
"""

from django.db import migrations

GUARD = """
CREATE OR REPLACE FUNCTION leadflow_consent_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF current_setting('leadflow.erasing', true) = 'on' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'leadflow_consent is append-only: DELETE refused'
            USING ERRCODE = 'restrict_violation';
    END IF;
    -- merging moves a proof to the surviving person; nothing else of it may change
    IF to_jsonb(NEW) - 'lead_id' - 'by_id' <> to_jsonb(OLD) - 'lead_id' - 'by_id' THEN
        RAISE EXCEPTION 'A consent row is proof and cannot be changed; add another row instead.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_stays BEFORE DELETE ON leadflow_consent
    FOR EACH ROW EXECUTE FUNCTION leadflow_consent_is_append_only();
"""
UNDO = "DROP TRIGGER consent_stays ON leadflow_consent;"


class Migration(migrations.Migration):
    dependencies = [("leadflow", "0020_target_companies")]

    operations = [migrations.RunSQL(GUARD, UNDO)]
