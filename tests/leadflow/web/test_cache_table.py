import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE = [("web", "0001_saved_views")]
AFTER = [("web", "0002_cache_table")]


@pytest.mark.django_db
def test_migrating_makes_the_table_in_which_limits_are_counted() -> None:
    MigrationExecutor(connection).migrate(BEFORE)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE cache")
    MigrationExecutor(connection).migrate(AFTER)
    assert "cache" in connection.introspection.table_names()
