from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """The import engine and its ledger."""

    name = "leadflow.imports"
    label = "imports"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from leadflow.imports import intent, privacy, targets, work  # noqa: PLC0415 - models exist only now

        targets.install()
        intent.install()
        work.install()
        privacy.install()
