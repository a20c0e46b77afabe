from django.apps import AppConfig


class PipelineConfig(AppConfig):
    """Pipelines, deals, products and orders."""

    name = "pipeline"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from leadflow.services import company_trash, privacy, retention  # noqa: PLC0415 - models are loaded only now
        from pipeline import fields, importers  # noqa: PLC0415 - the same
        from pipeline.services import chances, companies, upkeep  # noqa: PLC0415 - the same
        from pipeline.services.privacy import HOLDER  # noqa: PLC0415 - the same

        privacy.register(HOLDER)
        retention.register_trash(upkeep.empty_trash)
        company_trash.needed_by(companies.with_open_deals)
        chances.install()
        fields.install()
        importers.install()
