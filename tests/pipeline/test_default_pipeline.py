"""What an empty installation sells with."""

import importlib

import pytest

from pipeline.models import LostReason, Pipeline
from pipeline.services import pipelines

pytestmark = pytest.mark.django_db


def test_an_empty_installation_has_the_pipeline_sales_with_its_stages():
    Pipeline.objects.all().delete()

    pipeline = pipelines.ensure_default()

    stages = [(stage.name, stage.probability) for stage in pipeline.stages.all()]
    assert pipeline.name == "Sales"
    assert stages == [
        ("Qualified", 20), ("Discovery", 40), ("Proposal", 60), ("Negotiation", 80),
        ("Contract", 90), ("Won", 100), ("Lost", 0),
    ]  # fmt: skip


def test_the_migration_and_the_service_make_the_same_pipeline():
    migration = importlib.import_module("pipeline.migrations.0002_default_pipeline")

    assert [tuple(map(str, row)) for row in migration.STAGES] == [
        tuple(map(str, row)) for row in pipelines.STANDARD
    ]
    assert list(migration.REASONS) == [name for name, _asks, _counts in pipelines.REASONS]


def test_ensure_default_finds_what_is_there():
    assert pipelines.ensure_default() == pipelines.ensure_default()
    assert LostReason.objects.filter(asks_competitor=True).get().name == "Competitor"
