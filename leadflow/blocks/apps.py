from django.apps import AppConfig


class BlocksConfig(AppConfig):
    """Documents of typed blocks and their versions."""

    name = "leadflow.blocks"
    label = "blocks"
    default_auto_field = "django.db.models.BigAutoField"
