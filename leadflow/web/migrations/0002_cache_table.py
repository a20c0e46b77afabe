from django.core.management import call_command
from django.db import migrations


def make(apps, schema_editor):
    """The table behind the cache "fallback": rate limits and sign-in throttling count in it."""
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    """`migrate` alone makes a database that the product runs on."""

    dependencies = [("web", "0001_saved_views")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop, elidable=False)]
