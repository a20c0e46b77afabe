"""The small world as tables: every field once as a column and once in JSON."""

from typing import Any

from django.db import connection, models

from leadflow.conditions.language import Catalogue
from leadflow.conditions.sql import Json, Many, Rows
from tests.leadflow.conditions.world import catalogue_from, typed, vectors


class Person(models.Model):
    name = models.TextField(null=True)
    size = models.FloatField(null=True)
    worth = models.DecimalField(max_digits=30, decimal_places=6, null=True)
    born = models.DateField(null=True)
    seen = models.DateTimeField(null=True)
    country = models.CharField(max_length=9, null=True)
    grade = models.CharField(max_length=9, null=True)
    agreed = models.BooleanField(null=True)
    source = models.IntegerField(null=True)
    custom = models.JSONField(default=dict)

    class Meta:
        app_label = "conditions_world"

    def __str__(self) -> str:
        return str(self.pk)


class Tagged(models.Model):
    person = models.ForeignKey(Person, models.CASCADE, related_name="tagged")
    tag = models.IntegerField()

    class Meta:
        app_label = "conditions_world"

    def __str__(self) -> str:
        return str(self.pk)


class Deed(models.Model):
    person = models.ForeignKey(Person, models.CASCADE, related_name="deeds")
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    data = models.JSONField(default=dict)

    class Meta:
        app_label = "conditions_world"

    def __str__(self) -> str:
        return str(self.pk)


COLUMNS = ("name", "size", "worth", "born", "seen", "country", "grade", "agreed", "source")
IN_JSON = ("name", "size", "worth", "born", "due", "country", "grade", "topics", "agreed")
ALWAYS_JSON = ("topics", "due")
TAGS = Many(Tagged, "person", "tag")


def make_tables() -> None:
    with connection.schema_editor() as editor:
        for model in (Person, Tagged, Deed):
            editor.create_model(model)


def world(*, in_json: bool = False) -> Catalogue:
    """The vectors' catalogue over the tables; with what JSON can hold read from JSON."""
    data = vectors()
    sql: dict[str, Any] = {name: name for name in COLUMNS}
    sql |= {name: Json("custom", name) for name in ALWAYS_JSON}
    if in_json:
        sql |= {name: Json("custom", name) for name in IN_JSON}
    sql |= {"tags": TAGS, "path": Json("data", "path"), "seconds": Json("data", "seconds")}
    rows = {
        kind["key"]: Rows(Deed, "person", "at", {"kind": kind["key"]}) for kind in data["events"]
    }
    return catalogue_from(data, sql, rows)


def store(
    catalogue: Catalogue, records: list[tuple[dict[str, Any], list[dict[str, Any]]]]
) -> list[Person]:
    """One row per record, with its tags and deeds."""
    people = Person.objects.bulk_create(
        Person(
            **{key: typed(catalogue, record).get(key) for key in COLUMNS if key in record},
            custom={key: record[key] for key in IN_JSON if key in record},
        )
        for record, _events in records
    )
    pairs = list(zip(people, records, strict=True))
    Tagged.objects.bulk_create(
        Tagged(person=person, tag=tag)
        for person, (record, _events) in pairs
        for tag in record.get("tags") or []
    )
    Deed.objects.bulk_create(
        Deed(person=person, kind=one["kind"], at=one["at"], data=one.get("data", {}))
        for person, (_record, events) in pairs
        for one in events
    )
    return people
