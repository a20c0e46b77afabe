"""The first pipeline with its stages and the usual reasons for losing, so that selling can begin."""

from django.db import migrations
from django.utils import timezone

STAGES = [
    ("Qualified", "open", 20, 14, 10, "pipeline"),
    ("Discovery", "open", 40, 14, 10, "pipeline"),
    ("Proposal", "open", 60, 14, 7, "best"),
    ("Negotiation", "open", 80, 14, 7, "commit"),
    ("Contract", "open", 90, 7, 5, "commit"),
    ("Won", "won", 100, None, None, "closed"),
    ("Lost", "lost", 0, None, None, "omitted"),
]
REASONS = [
    "Price", "Competitor", "No decision", "Timing", "Missing feature", "No budget", "Lost contact",
    "Bad fit", "Legal", "Duplicate", "Bad data",
]  # fmt: skip


def make(apps, schema_editor):
    Pipeline = apps.get_model("pipeline", "Pipeline")
    if Pipeline.objects.exists():
        return
    pipeline = Pipeline.objects.create(name="Sales", created_at=timezone.now())
    apps.get_model("pipeline", "BoardRevision").objects.create(pipeline=pipeline)
    Stage = apps.get_model("pipeline", "PipelineStage")
    for position, (name, kind, probability, planned, quiet, category) in enumerate(STAGES):
        Stage.objects.create(
            pipeline=pipeline, name=name, kind=kind, probability=probability, position=position,
            expected_days=planned, rot_days=quiet, category=category,
        )  # fmt: skip
    Reason = apps.get_model("pipeline", "LostReason")
    for position, name in enumerate(REASONS):
        Reason.objects.create(
            name=name,
            position=position,
            asks_competitor=name == "Competitor",
            counts=name not in {"Duplicate", "Bad data"},
        )


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0001_pipelines_and_deals")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
