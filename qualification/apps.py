from django.apps import AppConfig


class QualificationConfig(AppConfig):
    """Score models, BANT and disqualification."""

    name = "qualification"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from qualification import fields  # noqa: PLC0415  models exist only now
        from qualification.services import briefing, buying, changeover, models, privacy  # noqa: PLC0415  models exist only now

        models.install()
        buying.install()
        privacy.install()
        changeover.install()
        briefing.install()
        fields.install()
