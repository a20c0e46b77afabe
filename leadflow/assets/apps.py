from django.apps import AppConfig


class AssetsConfig(AppConfig):
    """Files, gated links and content items."""

    name = "leadflow.assets"
    label = "assets"
    default_auto_field = "django.db.models.BigAutoField"
