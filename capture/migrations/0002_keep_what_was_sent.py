from django.db import migrations

FREEZE = """
CREATE FUNCTION capture_version_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.content IS DISTINCT FROM OLD.content THEN
    RAISE EXCEPTION 'a published version never changes';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER capture_version_is_frozen BEFORE UPDATE OF content ON capture_formversion
  FOR EACH ROW EXECUTE FUNCTION capture_version_is_frozen();

-- Erasing a person may empty what she sent; nothing may rewrite it.
CREATE FUNCTION capture_raw_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.raw IS DISTINCT FROM OLD.raw AND NEW.raw <> '{}'::jsonb THEN
    RAISE EXCEPTION 'what a visitor sent never changes';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER capture_raw_is_frozen BEFORE UPDATE OF raw ON capture_submission
  FOR EACH ROW EXECUTE FUNCTION capture_raw_is_frozen();
"""

THAW = """
DROP TRIGGER capture_version_is_frozen ON capture_formversion;
DROP FUNCTION capture_version_is_frozen();
DROP TRIGGER capture_raw_is_frozen ON capture_submission;
DROP FUNCTION capture_raw_is_frozen();
"""


class Migration(migrations.Migration):
    """Published versions and raw submissions are kept as they were, whoever writes."""

    dependencies = [("capture", "0001_initial")]

    operations = [migrations.RunSQL(FREEZE, THAW)]
