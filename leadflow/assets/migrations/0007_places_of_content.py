"""Items that were there before are found by their address too."""

from django.db import migrations

from leadflow.kit import touches


def fill(apps, schema_editor):
    item = apps.get_model("assets", "ContentItem")
    taken = set()
    for row in item.objects.exclude(url="").order_by("pk").iterator():
        place = touches.place(row.url)
        if place and place not in taken:  # of two rows with one address the older is found
            taken.add(place)
            item.objects.filter(pk=row.pk, place="").update(place=place)


class Migration(migrations.Migration):
    dependencies = [("assets", "0006_readings")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
