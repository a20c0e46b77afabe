"""What import-linter cannot see: foreign keys by name, migrations, packages without a layer, bare lists."""

import ast
import tomllib

from django.apps import apps
from django.db.migrations.loader import MigrationLoader

from tests.guards.sources import ROOT, STAGES, our_files

# Screens: whatever a stage or the core owns may not point up at them.
SCREENS = ("desk", "insights", "console")
# Reads of `.objects.` in views that need no `visible_to`, each with its reason.
ALLOWED_READS = {
    "Team": "everybody may know the teams",
    "ExchangeRate": "settings, admins only",
    "SenderIdentity": "settings, admins only",
    "Invitation": "settings, admins only",
    "Session": "her own, by key",
    "UserSession": "her own, filtered by user",
    "EventFailure": "the flow page is for admins",
    "Pipeline": "settings, no records",
    "SavedMapping": "which column is which field, no records",
    "PipelineStage": "settings, no records",
    "leadflow/console/audit.py Event": "narrowed there to what an admin or a manager may see",
    "leadflow/console/audit.py FieldChange": "narrowed there to what an admin or a manager may see",
    "leadflow/console/audit.py User": "names of actors; everybody may know who works here",
    "CustomField": "settings, no records",
    "Segment": "segment.view is for everybody; the people in it are listed visibly",
    "Automation": "automation.view is for everybody; what its log names is listed visibly",
    "Sequence": "sequence.view is for everybody; the people in it are listed visibly",
    "ApiKey": "settings, admins only; a key itself is never shown again",
    "HookCall": "the log of a hook: settings, admins only",
    "nurturing/views/people.py Enrolment": "filtered there by the leads that she may see",
    "nurturing/views/people.py Refusal": "filtered there by the leads that she may see",
    "leadflow/desk/views/companies.py Customer": "of companies, which everybody sees, or filtered by lead",
    "leadflow/desk/views/companies.py Lead": "only how many are out of her sight",
    "pipeline/views/deals.py Activity": "of a deal that she was found to see",
    "pipeline/views/deals.py Event": "of a deal that she was found to see",
    "pipeline/views/deals.py Note": "of a deal that she was found to see, others' private ones left out",
    "pipeline/views/settings.py Deal": "only how many stand in a stage, for admins",
}


def test_a_stage_points_at_no_other_stage():
    found = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in apps.get_models()
        if model._meta.app_label in STAGES
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and field.related_model is not None
        if field.related_model._meta.app_label in {*STAGES, *SCREENS} - {model._meta.app_label}
    ]

    assert not found


def test_the_core_points_at_no_stage_and_no_screen():
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("leadflow")}
    found = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in apps.get_models()
        if model._meta.app_label in ours - set(SCREENS)
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and field.related_model is not None
        if field.related_model._meta.app_label in {*STAGES, *SCREENS}
    ]

    assert not found


def test_a_migration_waits_for_no_other_stage():
    loader = MigrationLoader(None, ignore_no_migrations=True)
    found = [
        f"{app}.{name} waits for {other}"
        for (app, name), migration in loader.disk_migrations.items()
        for other, _other_name in migration.dependencies
        if other in STAGES and app != other and (app in STAGES or app not in SCREENS)
    ]

    assert not found


def test_every_package_has_a_layer():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = " ".join(settings["contracts"][1]["layers"])
    placed = {word.strip("()|") for word in layers.split()}
    unplaced = [
        f"leadflow.{entry.stem}"
        for entry in sorted((ROOT / "leadflow").iterdir())
        if (entry.suffix == ".py" or (entry / "__init__.py").exists())
        and entry.stem not in {"__init__", "__main__", "settings", "wsgi", "celery", "migrations"}
        and f"leadflow.{entry.stem}" not in placed
    ]

    assert not unplaced, f"give it a layer in pyproject.toml: {unplaced}"


def has_views(tree):
    """Whether the file gates doors."""
    return any(
        isinstance(node, ast.ImportFrom) and node.module == "leadflow.web.gate"
        for node in tree.body
    )


def bare_reads(tree):
    """Model names whose `.objects.<verb>` is not `visible_to`, with their lines."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Attribute)
            and node.value.attr == "objects"
            and isinstance(node.value.value, ast.Name)
            and node.attr not in {"visible_to", "in_trash_of", "none"}
        ):
            yield node.value.value.id, node.lineno


def test_a_view_lists_only_what_its_reader_may_see():
    found = [
        f"{path}:{line} {model}"
        for path, tree in our_files()
        if has_views(tree)
        for model, line in bare_reads(tree)
        if not {model, f"{path} {model}"} & set(ALLOWED_READS)
    ]

    assert not found, "start with .visible_to(user)"


def test_an_allowance_that_nobody_needs_is_dropped():
    used = {
        name
        for path, tree in our_files()
        if has_views(tree)
        for model, _line in bare_reads(tree)
        for name in (model, f"{path} {model}")
    }

    assert not set(ALLOWED_READS) - used
