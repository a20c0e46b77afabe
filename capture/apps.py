from django.apps import AppConfig


class CaptureConfig(AppConfig):
    """Forms, landing pages, visits and submissions."""

    name = "capture"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the form's blocks known to the editor and the stage's rows known to privacy."""
        from capture.blocks import FORM_BLOCKS  # noqa: PLC0415 models are not loaded before
        from capture.forms.answers import form_class, rendered  # noqa: PLC0415
        from capture.services import forms, submissions  # noqa: PLC0415
        from leadflow.blocks import registry  # noqa: PLC0415
        from leadflow.services import privacy  # noqa: PLC0415

        registry.register(FORM_BLOCKS, lambda content: rendered(form_class(content)()))
        forms.install()
        privacy.register(
            privacy.Holder("submissions", submissions.personal_rows, submissions.erase)
        )
