from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """API keys and hooks."""

    name = "leadflow.integrations"
    label = "integrations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from leadflow.integrations import inbound, outbound  # noqa: PLC0415 - models exist only now

        inbound.install()
        outbound.install()
