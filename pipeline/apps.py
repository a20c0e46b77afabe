from django.apps import AppConfig


class PipelineConfig(AppConfig):
    """Pipelines, deals, products and orders."""

    name = "pipeline"
    default_auto_field = "django.db.models.BigAutoField"
