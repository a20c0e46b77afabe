"""Shares that are there already count in the team that a deal of their person would."""

from django.db import migrations

FILL = """
UPDATE pipeline_dealsplit split SET team_id = (
    SELECT team_id FROM people_membership WHERE user_id = split.user_id ORDER BY id LIMIT 1)
"""


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0021_split_team"), ("people", "0003_reset_request")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop, elidable=True)]
