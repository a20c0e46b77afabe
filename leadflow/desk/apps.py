from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Screens that show several stages."""

    name = "leadflow.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Its fields name models, which exist only once every app is loaded.
        from leadflow.desk import customer_rules  # noqa: PLC0415

        customer_rules.install()
