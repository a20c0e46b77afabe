from django.apps import AppConfig


class NurturingConfig(AppConfig):
    """Sequences, enrolments and broadcasts."""

    name = "nurturing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from leadflow.mail import personal  # noqa: PLC0415  models exist only now
        from leadflow.services.privacy import register  # noqa: PLC0415
        from nurturing.services import (  # noqa: PLC0415
            existing,
            forecast,
            letting_in,
            selling,
            sending,
            sequences,
        )
        from nurturing.services.acts import kinds  # noqa: PLC0415
        from nurturing.services.automations import editing as automations  # noqa: PLC0415
        from nurturing.services.privacy import HOLDER  # noqa: PLC0415

        kinds.install()
        automations.install()
        sequences.install()
        sending.install()
        forecast.install()
        existing.install()
        letting_in.install()
        register(HOLDER)
        personal.prepares(selling.prepared)
