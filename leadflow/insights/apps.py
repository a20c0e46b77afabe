from django.apps import AppConfig


class InsightsConfig(AppConfig):
    """KPIs, roll-ups and dashboards."""

    name = "leadflow.insights"
    label = "insights"
    default_auto_field = "django.db.models.BigAutoField"
