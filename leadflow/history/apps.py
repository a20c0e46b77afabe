from django.apps import AppConfig


class HistoryConfig(AppConfig):
    """Append-only history of fields and availability."""

    name = "leadflow.history"
    label = "history"
    default_auto_field = "django.db.models.BigAutoField"
