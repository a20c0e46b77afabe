from django.apps import AppConfig


class CaptureConfig(AppConfig):
    """Forms, landing pages, visits and submissions."""

    name = "capture"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the form's blocks known to the editor and the stage's rows known to privacy."""
        from capture import fields, importers  # noqa: PLC0415
        from capture.blocks import FORM_BLOCKS  # noqa: PLC0415 models are not loaded before
        from capture.blocks.page import PAGE_BLOCKS  # noqa: PLC0415
        from capture.blocks.report import REPORT_BLOCKS, fitted  # noqa: PLC0415
        from capture.forms.answers import form_class, rendered  # noqa: PLC0415
        from capture.selectors import mailing, spoken  # noqa: PLC0415
        from capture.services import forms, later, registrations, sharing, submissions, visits  # noqa: PLC0415
        from leadflow.assets import content, files  # noqa: PLC0415
        from leadflow.blocks import registry  # noqa: PLC0415
        from leadflow.mail import merge_fields  # noqa: PLC0415
        from leadflow.services import privacy  # noqa: PLC0415

        registry.register(FORM_BLOCKS, lambda content: rendered(form_class(content)()))
        registry.register(PAGE_BLOCKS)
        registry.register(REPORT_BLOCKS, fitting=fitted)
        forms.install()
        fields.install()
        importers.install()
        spoken.install()
        merge_fields.add(sharing.merge_paths, sharing.merge_values)
        merge_fields.add(mailing.paths, mailing.values, mailing.offered)
        privacy.register(
            privacy.Holder("submissions", submissions.personal_rows, submissions.erase)
        )
        privacy.register(privacy.Holder("unfinished forms", later.personal_rows, later.erase))
        privacy.register(privacy.Holder("events", registrations.personal_rows, registrations.erase))
        privacy.register(privacy.Holder("visits", visits.personal_rows, visits.erase))
        privacy.register(privacy.Holder("content", content.personal_rows, content.erase))
        privacy.register(privacy.Holder("files", files.personal_rows, files.erase))
